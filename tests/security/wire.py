"""The product on a real port, in the loop of the test, and requests to it byte by byte: no client mends them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from app import make_app
from cli.serve import uvicorn_server
from resolvers.operation import House

PATIENCE_S = 20
HOST = "casegraph.test"


@asynccontextmanager
async def serving(house: House) -> AsyncIterator[int]:
    """Gives the port. The server has the very configuration that `casegraph serve` runs it with."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    server = uvicorn_server(make_app(house, working=False), house.settings)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    async with asyncio.timeout(PATIENCE_S):
        while not server.started:
            await asyncio.sleep(0.01)
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await running


@dataclass(frozen=True)
class Reply:
    """`status` 0: the connection was closed without a word."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_json(self) -> bool:
        kind = self.headers.get("content-type", "").partition(";")[0]
        return kind in ("application/json", "application/graphql-response+json", "application/taxii+json")


def request(
    method: str = "POST",
    path: str = "/graphql",
    body: bytes | str | dict[str, Any] = b"",
    headers: Mapping[str, str | None] | None = None,
    *,
    more: bytes = b"",
) -> bytes:
    """A request as bytes, which are not looked at. A header set to None is left out; `more` are raw header lines."""
    content = json.dumps(body) if isinstance(body, dict) else body
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    lines: dict[str, str | None] = {"host": HOST, "connection": "close"}
    if data or method in ("POST", "PUT", "PATCH"):
        lines |= {"content-type": "application/json", "content-length": str(len(data))}
    lines |= headers or {}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"{method} {path} HTTP/1.1\r\n{head}".encode("utf-8", "surrogateescape") + more + b"\r\n" + data


def path_of(raw: bytes) -> str:
    """The path of a request, decoded as the server decodes it."""
    target = raw.split(b" ", 2)[1].partition(b"?")[0]
    return unquote_to_bytes(target).decode("utf-8", "replace")


async def exchange(port: int, raw: bytes, *, wait_s: float | None = None) -> Reply:
    """The answer to these bytes on a connection of their own. `wait_s`: for so long, then without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(wait_s or PATIENCE_S):
            writer.write(raw)
            await writer.drain()
            told = await reader.read()
    except ConnectionError:
        told = b""
    except TimeoutError:
        if wait_s is None:
            raise
        told = b""
    finally:
        writer.close()
    head, _, body = told.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = b"".join(_chunks(body))
    return Reply(int(status.split(" ")[1]) if status else 0, headers, body)


def _chunks(body: bytes) -> list[bytes]:
    found = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        found.append(body[:length])
        body = body[length + 2 :]
    return found
