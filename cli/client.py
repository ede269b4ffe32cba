"""A small client of the GraphQL door, over graphql-transport-ws: what `demo` and `watch` speak."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PROTOCOL = Subprotocol("graphql-transport-ws")


class Refused(Exception):
    """The server said no; the text is its own."""


class Client:
    """One socket; operations one after another, or a subscription until it is left."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)

    async def execute(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of one operation. Raises Refused on any error, userErrors among them."""
        async for data in self.subscribe(document, **variables):
            for payload in data.values():
                if isinstance(payload, Mapping) and payload.get("userErrors"):
                    raise Refused("; ".join(error["message"] for error in payload["userErrors"]))
            return data
        raise Refused("The server answered nothing.")

    async def subscribe(self, document: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
        """The data of each message, until the operation is complete."""
        name = str(next(self._ids))
        await self._send(type="subscribe", id=name, payload={"query": document, "variables": variables})
        async for text in self._socket:
            message = json.loads(text)
            if message["type"] == "ping":
                await self._send(type="pong")
            elif message.get("id") != name:
                continue
            elif message["type"] == "next":
                payload = message["payload"]
                if payload.get("errors"):
                    raise Refused("; ".join(error["message"] for error in payload["errors"]))
                yield payload["data"]
            elif message["type"] == "error":
                raise Refused("; ".join(error["message"] for error in message["payload"]))
            else:
                return

    async def _send(self, **message: Any) -> None:
        await self._socket.send(json.dumps(message))


@asynccontextmanager
async def client(url: str, token: str) -> AsyncIterator[Client]:
    """`url` is that of the server (http://...); `token` an access token or an API key."""
    address = url.replace("http", "ws", 1).rstrip("/") + "/graphql"
    async with connect(address, subprotocols=[PROTOCOL], proxy=None) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}))
        if json.loads(await socket.recv())["type"] != "connection_ack":
            raise Refused("The server did not accept the credential.")
        yield Client(socket)
