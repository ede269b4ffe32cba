"""Every malformed or hostile input is refused in the documented form of its door, leaves nothing, and harms nobody."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.rest.shapes import is_refusal
from tests.security import hostile
from tests.security.callers import caller
from tests.security.wire import HOST, PATIENCE_S, Reply, exchange, path_of, request, serving
from tests.world import World

LEAST = 150  # of distinct inputs; there are far more
SECRETS = (b"Traceback", b"site-packages", b"sqlalchemy", b"sqlite3", b"asyncpg", b"/tmp/", b".py", b"NoneType")
FAULTS_OF_CALLERS = {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
ENDS = {4400, 4401, 4403, 4406, 4408, 4409, 4429, 1003, 1007, 1009}
TRACES = {"audit", "access_log", "audit_seal", "failed_sign_in", "rate_window", "rate_windows"}
"""What a refusal may leave behind: its line in the audit trail, and its count."""


OPTIONS: dict[str, Any] = {
    "subprotocols": [Subprotocol("graphql-transport-ws")],
    "proxy": None,
    "compression": None,
    "max_size": None,
}
ONCE = pytest.mark.parametrize("template", ["sqlite"], indirect=True)
"""For what is refused before a database is asked."""


@pytest.fixture
def settings(settings):
    # Limits of rate would answer most of it before anybody looks at what it is.
    return settings.model_copy(
        update={"mode": "production", "allowed_hosts": (HOST, "127.0.0.1"), "rate_limits": False}
    )


def faults(name: str, raw: bytes, expected: set[int], reply: Reply) -> list[str]:
    """What is wrong with how this was answered."""
    found = []
    path = path_of(raw)
    if reply.status not in expected:
        found.append(f"status {reply.status} {reply.body[:200]!r}")
    if any(secret in reply.body for secret in SECRETS if secret not in raw):
        found.append("it tells of the inside")
    if raw.startswith(b"HEAD"):
        return [f"{name}: {one}" for one in found]
    if not reply.is_json or not is_refusal(path, reply.json()):
        found.append(f"no envelope of {path[:40]}: {reply.body[:200]!r}")
    if len(reply.body) > 5000:
        found.append("it repeats what was sent")
    if not reply.headers.get("x-request-id") or reply.headers.get("x-content-type-options") != "nosniff":
        found.append("headers are missing")
    if "server" in reply.headers or "location" in reply.headers:
        found.append("headers that should not be")
    return [f"{name}: {one}" for one in found]


@ONCE
async def test_everything_hostile_is_refused_in_its_envelope(world: World) -> None:
    token = (await caller(world, "publisher")).headers
    table = dict(hostile.all_of_them(token))
    assert len({raw for raw, _ in table.values()}) >= LEAST
    before = await world.counts()
    wrong: list[str] = []
    async with serving(world.house) as port:
        for name, (raw, expected) in table.items():
            wrong += faults(name, raw, expected, await exchange(port, raw))
        assert not wrong, "\n".join(wrong)
        await check_alive(port, token)
    await check_untouched(world, before)


async def check_alive(port: int, token: dict[str, str]) -> None:
    reply = await exchange(port, request("POST", "/graphql", {"query": "{ viewer { user { name } } }"}, token))
    assert reply.json()["data"]["viewer"]["user"]["name"].startswith("publisher")


async def check_untouched(world: World, before: dict[str, int]) -> None:
    after = await world.counts()
    assert {name: count for name, count in after.items() if count != before[name] and name not in TRACES} == {}


async def test_hostile_values_are_errors_of_their_field(world: World) -> None:
    token = (await caller(world, "publisher")).headers
    before = await world.counts()
    wrong = []
    async with serving(world.house) as port:
        for name, body in hostile.VALUES.items():
            reply = await exchange(port, request("POST", "/graphql", body, token))
            told = reply.json()
            codes = [error["extensions"]["code"] for error in told.get("errors", ())]
            inside = [e for part in (told.get("data") or {}).values() if part for e in part.get("userErrors", ())]
            answered = any(part is not None for part in (told.get("data") or {}).values())
            if reply.status != 200 or (answered and not inside) or not set(codes) <= FAULTS_OF_CALLERS:
                wrong.append(f"{name}: {reply.status} {reply.body[:300]!r}")
            if any(secret in reply.body for secret in SECRETS):
                wrong.append(f"{name}: it tells of the inside: {reply.body[:300]!r}")
        assert not wrong, "\n".join(wrong)
        await check_alive(port, token)
    await check_untouched(world, before)


@ONCE
async def test_what_is_no_http_is_refused_by_the_server_itself(world: World) -> None:
    token = (await caller(world, "publisher")).headers
    async with serving(world.house) as port:
        # Some of it may still become a request: the server waits for the rest, which is no answer either.
        statuses = {name: (await exchange(port, raw, wait_s=0.2)).status for name, raw in hostile.BROKEN.items()}
        assert {name: status for name, status in statuses.items() if status not in (0, 400, 404, 405)} == {}
        await check_alive(port, token)


@ONCE
async def test_headers_of_proxies_and_browsers_change_nothing(world: World) -> None:
    token = (await caller(world, "publisher")).headers
    async with serving(world.house) as port:
        plain = await exchange(port, request("POST", "/graphql", {"query": "{ viewer { __typename } }"}, token))
        nobody = await exchange(port, request("POST", "/api/auth/logout/"))
        for name, value in hostile.IGNORED:
            named = {name: value}
            one = await exchange(
                port, request("POST", "/graphql", {"query": "{ viewer { __typename } }"}, token | named)
            )
            two = await exchange(port, request("POST", "/api/auth/logout/", b"", named))
            assert (one.status, one.json()) == (plain.status, plain.json()), name
            assert (two.status, two.json()["code"]) == (nobody.status, nobody.json()["code"]), name
            assert "location" not in one.headers and "evil" not in str(one.headers), name


def frames(token: dict[str, str]) -> Iterator[tuple[str, str | bytes, bool, bool]]:
    """(name, frame, whether it is sent as text, whether after a good sign-in)."""
    for name, body in hostile.JSON_BODIES.items():
        yield name, body, True, True
    yield "bytes", b'{"type":"ping"}', False, True
    yield "bytes of nonsense", b"\x00\xff", False, True
    for name, message in hostile.FRAMES.items():
        yield name, json.dumps(message), True, True
    for name, message in hostile.FIRST_FRAMES.items():
        yield name, message if isinstance(message, str) else json.dumps(message), True, False


async def test_hostile_frames_end_the_socket_in_the_words_of_the_protocol(world: World) -> None:
    token = (await caller(world, "publisher")).headers
    init = json.dumps({"type": "connection_init", "payload": token})
    wrong = []
    async with serving(world.house) as port:
        for name, frame, as_text, after_init in frames(token):
            async with connect(f"ws://127.0.0.1:{port}/graphql", **OPTIONS) as socket:
                if after_init:
                    await socket.send(init)
                    assert json.loads(await socket.recv())["type"] == "connection_ack"
                await socket.send(frame, text=as_text)
                with pytest.raises(ConnectionClosed):
                    async with asyncio.timeout(PATIENCE_S):
                        while True:
                            await socket.recv()
                if socket.close_code not in ENDS or not (socket.close_reason or "").isprintable():
                    wrong.append(f"{name}: {socket.close_code} {socket.close_reason}")
        assert not wrong, "\n".join(wrong)
        await check_alive(port, token)


HANDSHAKES: dict[str, tuple[str, dict[str, Any]]] = {
    "a page of another origin": ("/graphql", {"origin": "https://evil.example"}),
    "a page of no origin": ("/graphql", {"origin": "null"}),
    "another host": ("/graphql", {"additional_headers": {"host": "evil.example"}}),
    "another path": ("/nothing", {}),
    "the path of a REST endpoint": ("/api/auth/login/", {}),
    "no protocol": ("/graphql", {"subprotocols": None}),
    "the older protocol": ("/graphql", {"subprotocols": [Subprotocol("graphql-ws")]}),
}


@ONCE
@pytest.mark.parametrize("name", HANDSHAKES)
async def test_hostile_handshakes_get_nowhere(world: World, name: str) -> None:
    path, changes = HANDSHAKES[name]
    async with serving(world.house) as port:
        try:
            async with connect(f"ws://127.0.0.1:{port}{path}", **{**OPTIONS, **changes}) as socket:
                with pytest.raises(ConnectionClosed):
                    await socket.recv()
                assert socket.close_code == 4406
        except InvalidStatus as refused:
            assert refused.response.status_code in (400, 403, 404)
