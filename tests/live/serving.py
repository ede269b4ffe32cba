"""The GraphQL door on a real port, in the loop of the test, so that it shares the test's house."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from foundation.errors import Unauthenticated
from resolvers import identities
from resolvers.operation import Operation
from rules.access.viewer import Viewer
from schema.door import GraphQLDoor
from schema.doorman import Doorman, Numbers
from schema.refusals import Context
from schema.root import build_schema
from tests.live.conftest import PATIENCE_S
from tests.world import World

SCHEMA = build_schema()


@dataclass(frozen=True)
class GraphContext:
    operation: Operation
    reading: str


@dataclass(frozen=True)
class Desk:
    """A doorman who knows the people of the world by their names."""

    world: World

    async def admit(self, headers: Mapping[str, str], client: str) -> Viewer:
        known = {v.name: v for v in (self.world.admin, self.world.publisher, self.world.viewer, self.world.stranger)}
        viewer = known.get(headers.get("authorization", "").removeprefix("Bearer "))
        if viewer is None:
            raise Unauthenticated
        return viewer

    async def recheck(self, viewer: Viewer) -> Viewer:
        return await identities.recheck(self.world.house, viewer)

    def context(self, viewer: Viewer, *, request_id: str, client: str, user_agent: str = "") -> Context:
        return GraphContext(Operation(self.world.house, viewer, request_id=request_id, client=client), "planned")


@asynccontextmanager
async def serving(world: World, doorman: Doorman | None = None, *, recheck_s: float = 0.2) -> AsyncIterator[str]:
    """Gives `127.0.0.1:PORT`."""
    door = GraphQLDoor(
        SCHEMA,
        doorman or Desk(world),
        settings=world.house.settings,
        clock=world.house.clock,
        numbers=Numbers(recheck_s=recheck_s),
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        door,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    async with asyncio.timeout(PATIENCE_S):
        while not server.started:
            await asyncio.sleep(0.01)
    try:
        yield "{}:{}".format(*listener.getsockname())
    finally:
        server.should_exit = True
        await running
        listener.close()


class Connection:
    """A client of graphql-transport-ws."""

    def __init__(self, made: ClientConnection) -> None:
        self._made = made

    async def say(self, **message: Any) -> None:
        await self._made.send(json.dumps(message))

    def cut(self) -> None:
        """The line is dead from now on."""
        self._made.transport.abort()

    async def hear(self) -> dict[str, Any]:
        """The next message that is no ping."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message: dict[str, Any] = json.loads(await self._made.recv())
                if message["type"] != "ping":
                    return message

    async def subscribe(self, query: str, operation: str = "1", **variables: Any) -> None:
        await self.say(id=operation, type="subscribe", payload={"query": query, "variables": variables})

    async def next(self) -> Any:
        """The data of the next event, which has no errors."""
        message = await self.hear()
        assert message["type"] == "next" and "errors" not in message["payload"], message
        return message["payload"]["data"]


@asynccontextmanager
async def connection(place: str, viewer: Viewer) -> AsyncIterator[Connection]:
    # Without end: a client whose queue is full does not read the farewell either, and waits ten seconds for it.
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(f"ws://{place}/graphql", subprotocols=[protocol], max_queue=None) as made:
        client = Connection(made)
        await client.say(type="connection_init", payload={"authorization": f"Bearer {viewer.name}"})
        assert await client.hear() == {"type": "connection_ack"}
        yield client


async def event_stream(
    place: str, viewer: Viewer, query: str, variables: dict[str, Any], *, last: str | None = None, count: int = 1
) -> list[tuple[str, Any]]:
    """(id, data) of the first `count` events over server-sent events; then it hangs up."""
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {viewer.name}"}
    if last is not None:
        headers["last-event-id"] = last
    found: list[tuple[str, Any]] = []
    async with (
        asyncio.timeout(PATIENCE_S),
        httpx.AsyncClient() as client,
        client.stream(
            "POST",
            f"http://{place}/graphql",
            json={"query": query, "variables": variables},
            headers=headers,
            timeout=PATIENCE_S,
        ) as answer,
    ):
        id_ = ""
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                id_ = line.removeprefix("id: ")
            elif line.startswith("data: "):
                found.append((id_, json.loads(line.removeprefix("data: "))))
                if len(found) == count:
                    break
    return found
