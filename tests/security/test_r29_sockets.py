"""R29: who may open a socket, how many, and how one ends. More of it: tests/door/test_graphql_socket.py."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from foundation.rates import Rate
from schema.door import GraphQLDoor
from schema.doorman import Numbers
from tests.door import graph, server

PROTOCOL = [Subprotocol("graphql-transport-ws")]
COUNT = "subscription { count(to: 1000, everyS: 30) { number } }"


def test_the_numbers() -> None:
    numbers = Numbers()
    assert (numbers.frame_bytes, numbers.init_timeout_s, numbers.operations) == (64 * 1024, 10, 50)
    assert (numbers.sockets_per_user, numbers.strangers) == (20, 200)


def test_the_limit_of_messages_is_the_setting() -> None:
    desk = graph.desk()
    assert GraphQLDoor(graph.schema, desk, settings=desk.settings).socket.numbers.messages == Rate(1_000, 60)
    for off in ({"rate_limits": False}, {"limit_messages": None}):
        settings = desk.settings.model_copy(update=off)
        assert GraphQLDoor(graph.schema, desk, settings=settings).socket.numbers.messages is None


@pytest.fixture
async def place() -> AsyncIterator[str]:
    """The numbers of the product; but for strangers and messages, which would take long to count up to."""
    desk = graph.desk()
    numbers = Numbers(strangers=3, messages=Rate(60, 3_600))
    async with server.beside(GraphQLDoor(graph.schema, desk, settings=desk.settings, numbers=numbers)) as at:
        yield at


async def opened(leaving: AsyncExitStack, place: str, token: str | None = "ada", **options: Any) -> ClientConnection:
    socket = await leaving.enter_async_context(connect(f"ws://{place}/graphql", subprotocols=PROTOCOL, **options))
    await socket.send(json.dumps({"type": "connection_init", "payload": {"token": token} if token else {}}))
    await socket.recv()
    return socket


async def ended(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            await socket.recv()
    return closed.value.rcvd.code if closed.value.rcvd else 1006


async def test_pages_of_other_origins_are_refused_before_anything_is_accepted(place: str) -> None:
    async with AsyncExitStack() as leaving:
        for origin in ("https://evil.example", "null", f"http://{place}.evil.example", "http://["):
            with pytest.raises(InvalidStatus) as refused:
                await opened(leaving, place, origin=Origin(origin))
            assert refused.value.response.status_code == 403
        await opened(leaving, place, origin=Origin(f"http://{place}"))


async def test_one_protocol_and_no_other(place: str) -> None:
    async with connect(f"ws://{place}/graphql", subprotocols=[Subprotocol("graphql-ws")]) as socket:
        assert await ended(socket) == 4406


async def test_a_user_has_twenty_sockets_and_everybody_else_has_twenty_too(place: str) -> None:
    async with AsyncExitStack() as leaving:
        for _ in range(20):
            await opened(leaving, place)
        with pytest.raises(ConnectionClosed) as closed:
            await opened(leaving, place)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1013
        await opened(leaving, place, "bob")
        # A stream of events is a place like a socket.
        async with httpx.AsyncClient() as client:
            for name, status in (("ada", 429), ("bob", 200)):
                headers = {"accept": "text/event-stream", "authorization": f"Bearer {name}"}
                body = {"query": "subscription { count(to: 1) { number } }"}
                answer = await client.post(f"http://{place}/graphql", json=body, headers=headers)
                assert answer.status_code == status


async def test_strangers_share_a_few_places(place: str) -> None:
    async with AsyncExitStack() as leaving:
        for _ in range(3):
            await opened(leaving, place, None)
        with pytest.raises(InvalidStatus):
            await opened(leaving, place, "ada")


async def test_a_socket_has_fifty_operations_and_so_many_messages(place: str) -> None:
    """One too many is told in an error, and the socket stays."""
    async with AsyncExitStack() as leaving:
        socket = await opened(leaving, place)
        for n in range(51):
            await socket.send(json.dumps({"id": str(n), "type": "subscribe", "payload": {"query": COUNT}}))
        message = json.loads(await socket.recv())
        assert (message["type"], message["id"]) == ("error", "50")
        assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        for n in range(50):  # The end of an operation is heard, however many messages came before it.
            await socket.send(json.dumps({"id": str(n), "type": "complete"}))
        await socket.send(json.dumps({"id": "51", "type": "subscribe", "payload": {"query": "{ me }"}}))
        message = json.loads(await socket.recv())
        assert (message["type"], message["id"]) == ("error", "51")
        assert message["payload"][0]["extensions"]["details"]["retryAfterS"] > 3_000


@pytest.mark.parametrize(
    "frame",
    [
        b"\x00",
        "",
        "5",
        "null",
        "[]",
        "{",
        '"x"',
        "{}",
        '{"type":5}',
        '{"type":null}',
        '{"type":"' + "x" * 1_000 + '"}',
        '{"type":"subscribe"}',
        '{"type":"subscribe","id":[],"payload":{}}',
        '{"type":"subscribe","id":"1","payload":null}',
        '{"type":"subscribe","id":"1","payload":{"query":5}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{me}","variables":"x"}}',
        '{"type":"ping","payload":[]}',
        '{"type":"ping","payload":{"token":5}}',
        '{"type":"connection_init"}',
        "[" * 5_000,
        '{"type":' + "9" * 5_000 + "}",
        '{"type":"ping","type":"pong"}',
        '{"id":"\\ud800","type":"complete"}',
    ],
)
async def test_what_is_malformed_closes_by_its_own_code(place: str, frame: str | bytes) -> None:
    async with AsyncExitStack() as leaving:
        socket = await opened(leaving, place)
        await socket.send(frame)
        assert await ended(socket) in (1003, 1007, 1009, *range(4400, 4500))
