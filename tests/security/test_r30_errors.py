"""R30: in production a stranger learns nothing of the schema, over whichever transport, and nobody of the inside."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from foundation import telemetry
from foundation.settings import Mode
from tests.rest.shapes import is_refusal
from tests.security.callers import caller
from tests.security.test_r40_headers import asking, changed
from tests.security.wire import serving
from tests.world import World

RESPONSE, EVENTS = "application/graphql-response+json", "text/event-stream"
INTROSPECTION = ["{ __schema { types { name } } }", '{ __type(name: "User") { fields { name } } }',
                 "query A { ...B } fragment B on Query { x: __schema { queryType { name } } }"]  # fmt: skip
HINTED = [
    ("{ viewr { __typename } }", {}),
    ("{ viewer { usr { name } } }", {}),
    ("{ node(idd: 5) { id } }", {}),
    ("{ ... on Usr { id } }", {}),
    ("mutation { logn(input: {}) { tokens { access } } }", {}),
    ('mutation { login(input: {usernam: "a", password: "b"}) { tokens { access } } }', {}),
    ("mutation ($i: LoginInput!) { login(input: $i) { tokens { access } } }", {"i": {"usernam": "a", "password": "b"}}),
    ("query ($i: LoginInpt!) { viewer { __typename } }", {}),
    ("{ viewer @inclde(if: true) { __typename } }", {}),
]


async def over_http(
    client: httpx.AsyncClient, accept: str, query: str, headers: dict[str, str], **variables: Any
) -> str:
    body = {"query": query, "variables": variables}
    return (await client.post("/graphql", json=body, headers={**headers, "accept": accept})).text


async def over_socket(port: int, query: str, token: dict[str, str], **variables: Any) -> str:
    async with connect(
        f"ws://127.0.0.1:{port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None
    ) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": token}))
        await socket.recv()
        payload = {"query": query, "variables": variables}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        return str(await socket.recv())


@asynccontextmanager
async def every_transport(world: World) -> AsyncIterator[Any]:
    """Sends a document in each of the four ways, and gives the four answers as text."""
    production = changed(world.house, mode=Mode.PRODUCTION)
    async with asking(production) as client, serving(production) as port:

        async def send(query: str, headers: dict[str, str], **variables: Any) -> list[str]:
            plain = [await over_http(client, a, query, headers, **variables) for a in ("*/*", RESPONSE, EVENTS)]
            return [*plain, await over_socket(port, query, headers, **variables)]

        yield send


async def test_the_schema_is_closed_to_strangers(world: World) -> None:
    token = (await caller(world, "viewer")).headers
    async with every_transport(world) as send:
        for query in INTROSPECTION:
            for told in await send(query, {}):
                assert "introspection" in told and '"data"' not in told
            for told in await send(query, token):
                assert '"data"' in told and "errors" not in told


async def test_strangers_get_no_hints(world: World) -> None:
    token = (await caller(world, "viewer")).headers
    async with every_transport(world) as send:
        for query, variables in HINTED:
            for told in await send(query, {}, **variables):
                assert ("Did you mean" not in told and "errors" in told) or '"error"' in told
        assert all("Did you mean" in told for told in await send(HINTED[0][0], token))


INSIDE = re.compile(
    r"Traceback|File \\?\"|\.py\b|site-packages|sqlalchemy|sqlite|asyncpg|psycopg|SELECT |INSERT |no such table"
    r"|UndefinedTable|relation \\?\"|login_session|/tmp/",
    re.IGNORECASE,
)


@asynccontextmanager
async def without(world: World, table: str) -> AsyncIterator[None]:
    """The database lacks a table meanwhile."""
    async with world.house.database.transaction() as session:
        await session.execute(text(f"ALTER TABLE {table} RENAME TO gone"))
    try:
        yield
    finally:
        async with world.house.database.transaction() as session:
            await session.execute(text(f"ALTER TABLE gone RENAME TO {table}"))


async def test_a_fault_of_ours_is_a_code_and_a_number(world: World) -> None:
    """A table is gone: every door that needs it says that something went wrong, and the log says what."""
    person = await caller(world, "publisher")
    before = telemetry.counters()
    async with without(world, "investigation"), every_transport(world) as send:
        answers = await send("{ investigations(first: 1) { totalCount } }", person.headers)
        answers += await send(CREATE, person.headers)
    assert [told for told in answers if INSIDE.search(told)] == []
    for told in answers:
        assert '"code":"INTERNAL_SERVER_ERROR"' in told and "requestId" in told, told
    after = telemetry.counters()
    assert after["graphql.surprises"] - before.get("graphql.surprises", 0) == len(answers)


CREATE = """mutation { createInvestigation(input: {
  entity: {type: IP, value: "203.0.113.7"},
  timeWindow: {start: "2026-11-20T00:00:00Z", end: "2026-11-21T00:00:00Z"}
}) { investigation { ref } userErrors { code } } }"""


async def test_a_fault_of_ours_over_rest(world: World) -> None:
    person = await caller(world, "publisher")
    async with without(world, "login_session"), asking(changed(world.house, mode=Mode.PRODUCTION)) as client:
        answer = await client.post("/api/auth/logout/", headers={**person.headers, "x-request-id": "r-1"})
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert is_refusal("/api/auth/logout/", answer.json()) and answer.json()["request_id"] == "r-1"
    assert not INSIDE.search(answer.text)
