"""The door inside an application as app.py builds it: routes, middleware, request ids."""

import json

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from foundation.clock import SystemClock
from foundation.settings import Mode
from schema.door import GraphQLDoor
from tests.door import graph, server
from web import middleware
from web.gate import is_guarded
from web.health import Health


@pytest.fixture(scope="module")
def place():
    desk = graph.desk(Mode.DEVELOPMENT)
    door = GraphQLDoor(graph.schema, desk, settings=desk.settings)
    app = Starlette(
        routes=door.routes(),
        middleware=middleware.stack(desk.settings, SystemClock()),
        exception_handlers=middleware.handlers(SystemClock()),
    )
    app.router.redirect_slashes = False
    with server.running(app) as at:
        yield at


@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
async def test_both_spellings_answer_over_both_transports(place, path):
    body = {"query": "{ me }"}
    answer = httpx.post(f"http://{place}{path}", json=body, headers={"X-Request-ID": "r-1"})
    assert (answer.status_code, answer.json()) == (200, {"data": {"me": "anonymous"}})
    assert (answer.headers["x-request-id"], answer.headers["cache-control"]) == ("r-1", "no-store")
    async with connect(f"ws://{place}{path}", subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send('{"type": "connection_init", "payload": {"token": "ada"}}')
        assert await socket.recv() == '{"type":"connection_ack"}'
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": body}))
        assert json.loads(await socket.recv())["payload"] == {"data": {"me": "ada"}}


def test_refusals_of_http_itself_are_graphql_errors(place):
    for method, path, status in (("GET", "/graphql", 405), ("GET", "/graphql/nothing", 404), ("PUT", "/graphql/", 405)):
        answer = httpx.request(method, f"http://{place}{path}")
        assert answer.status_code == status
        assert answer.json()["errors"][0]["extensions"]["code"] in ("BAD_REQUEST", "BAD_USER_INPUT")


def test_a_masked_surprise_names_the_request(place):
    answer = httpx.post(f"http://{place}/graphql", json={"query": "{ surprise }"}, headers={"X-Request-ID": "r-2"})
    assert answer.json()["errors"][0]["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "r-2"}


def test_events_keep_their_headers_apart(place):
    for name in ("r-3", "r-4"):
        answer = httpx.post(
            f"http://{place}/graphql",
            json={"query": "subscription { count(to: 2) { number } }"},
            headers={"Accept": "text/event-stream", "X-Request-ID": name},
        )
        assert [value for key, value in answer.headers.multi_items() if key == "x-request-id"] == [name]
        assert answer.text.count("event: next") == 2


def test_its_routes_say_that_they_are_public():
    desk = graph.desk()
    routes = GraphQLDoor(graph.schema, desk, settings=desk.settings).routes()
    assert len(routes) == 4 and all(is_guarded(route) for route in routes)
    health = Health({}, version="1")
    assert is_guarded(Route("/health", health.health)) and is_guarded(Route("/live", health.live))
