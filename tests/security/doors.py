"""The whole product in the loop of the test: its HTTP by httpx, its sockets message by message."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.types import ASGIApp

PATIENCE_S = 10.0


@asynccontextmanager
async def browsing(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
        yield client


class Socket:
    """A graphql-transport-ws client. `hear` gives the next message, or the code the server closed with."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.outbox: asyncio.Queue[Any] = asyncio.Queue()

    async def say(self, **message: Any) -> None:
        await self.inbox.put({"type": "websocket.receive", "text": json.dumps(message)})

    async def hear(self) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                sent = await self.outbox.get()
                match sent["type"]:
                    case "websocket.close":
                        return sent["code"]
                    case "websocket.send":
                        message = json.loads(sent["text"])
                        if message["type"] != "ping":
                            return message


@asynccontextmanager
async def connected(app: ASGIApp, *, query: str = "", headers: dict[str, str] | None = None) -> AsyncIterator[Socket]:
    """A socket at /graphql, accepted; `connection_init` is the caller's to say."""
    client = Socket()
    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": "/graphql",
        "raw_path": b"/graphql", "root_path": "", "query_string": query.encode(), "client": ("192.0.2.7", 7),
        "server": ("127.0.0.1", 8000), "subprotocols": ["graphql-transport-ws"], "state": {},
        "headers": [(b"host", b"127.0.0.1:8000")] + [(k.encode(), v.encode()) for k, v in (headers or {}).items()],
    }  # fmt: skip
    serving = asyncio.ensure_future(app(scope, client.inbox.get, client.outbox.put))
    await client.inbox.put({"type": "websocket.connect"})
    assert (await client.outbox.get())["type"] == "websocket.accept"
    try:
        yield client
    finally:
        await client.inbox.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(PATIENCE_S):
            await serving
