"""R25: how large a body may be, at each door, whatever its length says."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app import make_app
from tests.door import server
from tests.identity.conftest import Identity

KB, MB = 1024, 1024 * 1024
LOGIN, REFRESH, GRAPH, NOWHERE = "/api/auth/login/", "/api/v1/auth/refresh", "/graphql", "/nothing"


@pytest.fixture
async def place(identity: Identity) -> AsyncIterator[str]:
    async with server.beside(make_app(identity.house, working=False)) as at:
        yield at


def body(size: int, path: str) -> bytes:
    """JSON of exactly this size that would be refused for something else, could it be read."""
    name = b"query" if path == GRAPH else b"password"
    return b'{"' + name + b'":"' + b"x" * (size - len(name) - 7) + b'"}'


def chunks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), 64 * KB):
        yield data[start : start + 64 * KB]


async def sent(place: str, path: str, data: bytes, chunked: bool, **headers: str) -> httpx.Response:
    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks(data):
            yield chunk

    headers = {"content-type": "application/json", "accept": "application/json", **headers}
    async with httpx.AsyncClient(base_url=f"http://{place}", timeout=60) as client:
        return await client.post(path, content=stream() if chunked else data, headers=headers)


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
@pytest.mark.parametrize(
    ("path", "limit", "known"),
    [(LOGIN, 8 * KB, False), (REFRESH, 8 * KB, False), (GRAPH, 64 * KB, False), (GRAPH, 8 * MB, True)],
    ids=["login", "refresh", "graphql, nobody", "graphql"],
)
async def test_a_body_of_the_limit_is_read_and_one_byte_more_is_not(
    identity: Identity, place: str, path: str, limit: int, known: bool, chunked: bool
) -> None:
    headers = {"authorization": f"Bearer {(await identity.login('Per')).access_token}"} if known else {}
    read = await sent(place, path, body(limit, path), chunked, **headers)
    refused = await sent(place, path, body(limit + 1, path), chunked, **headers)
    assert (read.status_code, refused.status_code) == (200 if path == GRAPH else 400, 413)
    told: Any = refused.json()
    code = told["errors"][0]["extensions"]["contractCode"] if path == GRAPH else told["code"]
    assert code == "PAYLOAD_TOO_LARGE"


async def test_no_door_takes_more_than_ten_megabytes(place: str) -> None:
    """By what it declares, before its first byte is sent."""
    reader, writer = await asyncio.open_connection(*place.split(":"))
    head = f"POST {NOWHERE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {10 * MB + 1}"
    writer.write(head.encode() + b"\r\n\r\n")
    assert (await asyncio.wait_for(reader.readline(), 20)).startswith(b"HTTP/1.1 413")
    writer.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-encoding": "gzip"}, 415),
        ({"content-encoding": "br, gzip"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "application/json; charset=utf-16"}, 415),
        ({"content-type": "application/jsonx"}, 415),
    ],
)
@pytest.mark.parametrize("path", [LOGIN, GRAPH])
async def test_one_media_type_and_no_compression(place: str, path: str, headers: dict[str, str], status: int) -> None:
    assert (await sent(place, path, body(100, path), False, **headers)).status_code == status


async def test_a_frame_has_sixty_four_kilobytes(place: str) -> None:
    async with connect(f"ws://{place}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send('{"type":"connection_init","payload":{"x":"' + "x" * (64 * KB - 45) + '"}}')
        assert await socket.recv() == '{"type":"connection_ack"}'
        await socket.send('{"type":"ping","payload":{"x":"' + "x" * (64 * KB) + '"}}')
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009
