"""What carries wake-ups between processes: broadcaster's backends for Redis and PostgreSQL, written to be torn down.

The backends that broadcaster 0.3.1 ships leave a listener task and an open connection behind when connecting fails, and
wait without limit for a server that has stopped to answer. A supervisor has to be able to throw a carrier away at any
moment, so these hold exactly one connection for listening, set a limit to everything but listening, and `disconnect`
releases whatever there is, in any state, twice if need be.
"""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
from broadcaster import BroadcastBackend, Event
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECT_S = 3.0  # the server is near; one that takes longer is as good as away
CLOSE_S = 1.0


class RedisCarrier(BroadcastBackend):
    """Publish and subscribe on Redis."""

    def __init__(self, url: str) -> None:
        # Trying again is the supervisor's part: a retry in here would only hide how long the outage lasts.
        self._client: Any = Redis.from_url(url, socket_connect_timeout=CONNECT_S, retry=Retry(NoBackoff(), 0))
        self._pubsub: Any = self._client.pubsub(ignore_subscribe_messages=True)
        self._subscribed = asyncio.Event()

    async def connect(self) -> None:
        await self._pubsub.connect()

    async def disconnect(self) -> None:
        with suppress(Exception):
            await self._pubsub.aclose()
        with suppress(Exception):
            await self._client.aclose()

    async def subscribe(self, group: str) -> None:
        await self._pubsub.subscribe(group)
        self._subscribed.set()

    async def unsubscribe(self, group: str) -> None:
        """Closing the connection does it; asking a dead server to would only wait for it."""

    async def publish(self, channel: str, message: str) -> None:
        await self._client.publish(channel, message)

    async def next_published(self) -> Event:
        await self._subscribed.wait()  # redis-py answers at once, with nothing, while there is no subscription
        while True:
            message = await self._pubsub.get_message(timeout=None)
            if message is not None:
                return Event(message["channel"].decode(), message["data"].decode(errors="replace"))


class PostgresCarrier(BroadcastBackend):
    """LISTEN and NOTIFY. One connection does both, so publishing must not overlap: the supervisor publishes in turn."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._name = name  # what pg_stat_activity shows
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._heard: asyncio.Queue[Event] = asyncio.Queue()

    async def connect(self) -> None:
        self._connection = await asyncpg.connect(
            self._url, timeout=CONNECT_S, server_settings={"application_name": self._name}
        )

    async def disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await connection.close(timeout=CLOSE_S)
        except Exception:
            connection.terminate()

    async def subscribe(self, group: str) -> None:
        assert self._connection is not None
        await self._connection.add_listener(group, self._hear)

    async def unsubscribe(self, group: str) -> None:
        """Closing the connection does it."""

    async def publish(self, channel: str, message: str) -> None:
        assert self._connection is not None
        await self._connection.execute("SELECT pg_notify($1, $2)", channel, message)

    async def next_published(self) -> Event:
        return await self._heard.get()

    def _hear(self, _connection: Any, _pid: int, channel: str, payload: object) -> None:
        self._heard.put_nowait(Event(channel, str(payload)))
