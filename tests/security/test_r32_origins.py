"""R32: no page of another origin makes this server do anything, and no forged Host leads anybody astray."""

import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from models import tables as rows
from tests.rest.shapes import DOCUMENT
from tests.security.callers import caller
from tests.security.test_hostile_inputs import ONCE
from tests.security.test_r40_headers import asking
from tests.security.wire import serving
from tests.world import World

UI, EVIL = "https://ui.example", "https://evil.example"
CREATE = """mutation { createApiKey(input: {name: "planted", scopes: [READ], expiresInDays: 1}) { secret } }"""


@ONCE
async def test_a_get_never_runs_anything(world: World) -> None:
    admin = (await caller(world, "admin")).headers
    before = await world.counts()
    async with asking(world.house) as client:
        for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = await client.request(method, "/graphql", params={"query": CREATE}, headers=admin)
            assert answer.status_code == 405
    assert await world.counts() == before


SIMPLE = [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; json",
    "application/json+x", "application/jsonx", "text/json", "*/*", "", "application/json, text/plain",
]  # fmt: skip
"""What a page may send across origins without asking first, and what lenient servers take for JSON."""


@ONCE
@pytest.mark.parametrize("type_", SIMPLE)
async def test_only_what_a_page_may_not_send_unasked_is_read(world: World, type_: str) -> None:
    admin = (await caller(world, "admin")).headers
    before = await world.counts()
    async with asking(world.house) as client:
        for path, body in (("/graphql", {"query": CREATE}), ("/api/auth/login/", {"username": "a", "password": "b"})):
            headers = {**admin, "content-type": type_, "origin": EVIL}
            answer = await client.post(path, content=json.dumps(body), headers=headers)
            assert answer.status_code == 415
    assert await world.counts() == before


@ONCE
async def test_a_cookie_is_nobody(world: World) -> None:
    token = (await caller(world, "admin")).headers["authorization"].removeprefix("Bearer ")
    cookies = dict.fromkeys(("token", "access", "session", "authorization", "sessionid", "jwt"), token)
    async with asking(world.house) as client:
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        answer = await client.post("/graphql", json={"query": "{ viewer { user { name } } }"}, headers=headers)
        assert "admin" not in answer.text and "set-cookie" not in answer.headers
        assert (await client.post("/api/auth/logout/", headers=headers)).status_code == 401


@ONCE
async def test_other_origins_are_named_one_by_one(world: World) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    granted = "access-control-allow-origin"
    async with asking(world.house, allowed_origins=(UI,)) as client:
        allowed = await client.options("/graphql", headers={"origin": UI, **asked})
        assert (allowed.status_code, allowed.headers[granted]) == (200, UI)
        answer = await client.post("/graphql", json={"query": "{ viewer { __typename } }"}, headers={"origin": UI})
        assert answer.headers[granted] == UI
        assert "access-control-allow-credentials" not in {**allowed.headers, **answer.headers}
        for origin in (EVIL, "null", f"{UI}.evil.example", "https://ui.example:8443", "http://ui.example", "*", ""):
            for told in (
                await client.options("/graphql", headers={"origin": origin, **asked}),
                await client.post("/graphql", json={}, headers={"origin": origin}),
            ):
                assert granted not in told.headers, origin
    async with asking(world.house, allowed_origins=()) as client:
        for origin in (UI, EVIL, "http://casegraph.test", "null"):
            told = await client.options("/graphql", headers={"origin": origin, **asked})
            assert granted not in told.headers


@ONCE
async def test_a_socket_is_for_pages_of_ours(world: World) -> None:
    options: dict[str, Any] = {"subprotocols": [Subprotocol("graphql-transport-ws")], "proxy": None}
    async with serving(world.house) as port:
        for origin in (EVIL, "null", "http://127.0.0.1", f"http://127.0.0.1:{port}.evil.example", "file://"):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://127.0.0.1:{port}/graphql", **options, origin=Origin(origin))
            assert refused.value.response.status_code == 403
        async with connect(f"ws://127.0.0.1:{port}/graphql", **options, origin=Origin(f"http://127.0.0.1:{port}")):
            pass


@ONCE
async def test_a_forged_host_is_refused_and_no_path_redirects(world: World) -> None:
    spellings = [
        (method.upper(), form)
        for path, entry in DOCUMENT["paths"].items()
        for method in entry
        for form in (path.rstrip("/"), f"{path.rstrip('/')}/")
    ]
    async with asking(world.house, allowed_hosts=("casegraph.test",)) as client:
        for method, path in [*spellings, ("POST", "/graphql"), ("POST", "/graphql/"), ("GET", "/openapi.json/")]:
            forged = await client.request(method, path, headers={"host": "evil.example"})
            assert forged.status_code == 400 and "UNKNOWN_HOST" in forged.text
            answer = await client.request(method, path)
            assert answer.status_code not in (301, 302, 303, 307, 308, 404), path
            assert "location" not in answer.headers and "evil" not in answer.text
        for path in ("/nothing", "/nothing/", "/api/auth", "/graphql//"):
            assert (await client.get(path)).status_code == 404
    assert await world.all(rows.ApiKey) == []
