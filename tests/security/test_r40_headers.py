"""R40: the headers of safety stand on every answer of every door, and none says what the server is made of."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app import make_app
from foundation.settings import Mode
from resolvers.operation import House
from tests.rest.shapes import DOCUMENT
from tests.security.callers import caller
from tests.security.test_hostile_inputs import ONCE
from tests.security.wire import HOST, exchange, request, serving
from tests.world import World
from web.pages import CONSOLE, page

SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
BANNERS = ("server", "x-powered-by", "via", "x-aspnet-version")


def changed(house: House, **changes: Any) -> House:
    """The same house under other settings."""
    return replace(house, settings=house.settings.model_copy(update={"rate_limits": False, **changes}))


@asynccontextmanager
async def asking(house: House, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = make_app(changed(house, **changes), working=False)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://casegraph.test") as client:
        yield client


def everything() -> Iterator[tuple[str, str]]:
    """Every documented operation, and what is answered where there is none."""
    for path, entry in DOCUMENT["paths"].items():
        for method in entry:
            yield method.upper(), path
    yield from (("POST", "/graphql"), ("GET", "/graphql/"), ("GET", "/openapi.json"), ("GET", "/nothing"))
    yield from (("GET", "/taxii2/nothing"), ("GET", "/api/v1/investigations/x"), ("BREW", "/graphql"))


@ONCE
async def test_every_answer_carries_them(world: World) -> None:
    token = (await caller(world, "publisher")).headers
    async with asking(world.house, mode=Mode.PRODUCTION) as client:
        for method, path in everything():
            for headers in ({}, token):
                answer = await client.request(
                    method, path, headers=headers, json={"query": "{ viewer { __typename } }"}
                )
                place = f"{method} {path} {answer.status_code}"
                assert {name: answer.headers.get(name) for name in SAFE} == SAFE, place
                assert not set(BANNERS) & set(answer.headers), place
                assert "content-security-policy" not in answer.headers, place
                assert "strict-transport-security" not in answer.headers, place
                assert "set-cookie" not in answer.headers, place


@ONCE
async def test_https_is_asked_for_where_it_is_spoken(world: World) -> None:
    async with asking(world.house, public_url="https://graph.example") as client:
        for method, path in (("GET", "/live"), ("POST", "/graphql"), ("GET", "/nothing")):
            told = (await client.request(method, path)).headers["strict-transport-security"]
            assert told == "max-age=31536000; includeSubDomains"


@ONCE
async def test_the_console_alone_has_a_policy_and_is_for_development(world: World) -> None:
    browser = {"accept": "text/html"}
    async with asking(world.house, mode=Mode.DEVELOPMENT) as client:
        answer = await client.get("/graphql", headers=browser)
        assert (answer.status_code, answer.headers["content-security-policy"]) == (
            200,
            page(CONSOLE).headers["content-security-policy"],
        )
        assert {name: answer.headers[name] for name in SAFE} == SAFE
    async with asking(world.house, mode=Mode.PRODUCTION) as client:
        answer = await client.get("/graphql", headers=browser)
        assert (answer.status_code, "content-security-policy" in answer.headers) == (405, False)


@ONCE
async def test_nothing_on_the_wire_names_the_server(world: World) -> None:
    async with serving(world.house) as port:
        for raw in (request("GET", "/live"), request("POST", "/graphql", b"{"), b"nonsense\r\n\r\n"):
            reply = await exchange(port, raw, wait_s=5)
            assert not set(BANNERS) & set(reply.headers)
            assert not any(word in str(reply.headers).lower() for word in ("uvicorn", "python", "starlette"))
        async with connect(
            f"ws://127.0.0.1:{port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None
        ) as socket:
            assert socket.response is not None
            assert not any(word in str(socket.response.headers).lower() for word in ("uvicorn", "python", "websockets"))
        refused = await exchange(
            port,
            request("GET", "/graphql", headers={"upgrade": "websocket", "connection": "upgrade", "host": HOST}),
            wait_s=5,
        )
        assert not set(BANNERS) & set(refused.headers)
