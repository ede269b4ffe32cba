"""Wake-ups between processes: "look at these streams". A hint, never the news itself.

broadcaster carries them; left alone it goes deaf without an error (a Redis that was away, a connection that was closed
by the server). So this keeps ONE channel and ONE subscription a process, sends itself a ping a second, and when three
have not come back it tears everything down, builds it anew and wakes everybody. What was lost meanwhile costs a
subscriber the second until the hub looks by itself.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from broadcaster import Broadcast, BroadcastBackend

from foundation import telemetry
from foundation.ids import new_id, secret_bytes
from foundation.settings import Settings
from gateways.carriers import CONNECT_S, PostgresCarrier, RedisCarrier

CHANNEL = "casegraph_wake"  # and the installation: several may share a Redis
PING_S = 1.0
MISSED_PINGS = 3  # with PING_S: deafness is noticed within 4 s
PUBLISH_S = 1.0  # a wake-up that takes longer comes later than the hub's own look
BACKOFF_S = (0.1, 5.0)  # first and longest pause before another try, each drawn between half and the whole of it
MAX_PAYLOAD = 7_500  # bytes; PostgreSQL refuses a notification of 8,000
MAX_DUE = 5_000  # streams; beyond that "everything" is shorter and means the same
EVERYTHING = "*"

Heard = Callable[[frozenset[str] | None], None]
"""Told which streams to look at; None: all of them. Must not block nor raise."""

log = telemetry.logger("casegraph.wake")


class Deaf(Exception):
    """Our own pings do not come back."""


def carrier_url(settings: Settings) -> str:
    """Redis where there is one, else the database; memory on SQLite, which serves one process."""
    return settings.redis_url or ("memory://" if settings.is_sqlite else settings.database)


def _broadcast(url: str, channel: str) -> tuple[Broadcast, BroadcastBackend | None]:
    if url.startswith(("redis://", "rediss://")):
        carrier: BroadcastBackend = RedisCarrier(url)
    elif url.startswith("postgresql://"):
        carrier = PostgresCarrier(url, name=channel)
    else:
        return Broadcast(url), None
    return Broadcast(backend=carrier), carrier


class Wakes:
    """`memory://`, `redis://...`, `rediss://...` or `postgresql://...`. Implements gateways.ports.Wake.

    `installation` is at most 48 characters: PostgreSQL cuts the names of channels at 63.
    """

    def __init__(self, url: str, *, installation: str = "", ping_s: float = PING_S) -> None:
        self._url = url
        self._channel = f"{CHANNEL}_{installation}"
        self._ping_s = ping_s
        self._name = new_id()[:8]
        self._listeners: list[Heard] = []
        self._due: set[str] = set()
        self._news = asyncio.Event()
        self._carrying = asyncio.Event()
        self._unheard = 0
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def is_carrying(self) -> bool:
        """Whether wake-ups reach other processes now, for the health report."""
        return self._carrying.is_set()

    def listen(self, heard: Heard) -> None:
        self._listeners.append(heard)

    def soon(self, streams: list[str]) -> None:
        """Tells this process at once and the others as soon as may be. Call on the loop's thread, after the commit."""
        if not streams:
            return
        self._tell(frozenset(streams))
        if self._supervisor is not None:
            self._due.update(streams)  # A set: a burst on one stream is one message.
            if len(self._due) > MAX_DUE:
                self._due = {EVERYTHING}
            self._news.set()

    async def open(self) -> None:
        """Returns when wake-ups are carried, or after some seconds without: nothing depends on them."""
        self._supervisor = asyncio.create_task(self._supervise(), name="wake")
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_S):
                await self._carrying.wait()

    async def close(self) -> None:
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.cancel()
            await asyncio.gather(supervisor, return_exceptions=True)

    def _tell(self, streams: frozenset[str] | None) -> None:
        for heard in self._listeners:
            try:
                heard(streams)
            except Exception:
                log.exception("a listener to wake-ups failed")

    async def _supervise(self) -> None:
        pause = BACKOFF_S[0]
        while True:
            try:
                await self._carry()
            except Exception as error:
                was_carrying = self._carrying.is_set()
                self._carrying.clear()
                pause = BACKOFF_S[0] if was_carrying else min(pause * 2, BACKOFF_S[1])
                telemetry.count("wake.rebuilt")
                log.warning("wake-ups are not carried", cause=_cause(error), next_try_s=round(pause, 1))
            await asyncio.sleep(pause * (0.5 + secret_bytes(1)[0] / 510))

    async def _carry(self) -> None:
        """One life of the carrier: ends with an exception."""
        broadcast, carrier = _broadcast(self._url, self._channel)
        try:
            async with asyncio.timeout(CONNECT_S):
                await broadcast.connect()
            async with broadcast.subscribe(self._channel) as subscriber, asyncio.TaskGroup() as tasks:
                self._unheard = 0
                tasks.create_task(self._listen(subscriber), name="wake listener")
                tasks.create_task(self._publish(broadcast), name="wake publisher")
        finally:
            with suppress(Exception):  # It may never have come up.
                await broadcast.disconnect()
            if carrier is not None:
                await carrier.disconnect()
            await asyncio.sleep(0)  # The listener that broadcaster has cancelled ends in this turn of the loop.

    async def _listen(self, subscriber: Any) -> None:
        while True:
            event = await subscriber.get()
            sender, *streams = event.message.split("\n")
            if sender != self._name:
                self._tell(None if EVERYTHING in streams else frozenset(streams))
                continue
            self._unheard = 0
            if not self._carrying.is_set():
                # Whatever was said while nobody carried it was lost, in both directions.
                self._carrying.set()
                self._tell(None)
                self._due.add(EVERYTHING)
                self._news.set()

    async def _publish(self, broadcast: Broadcast) -> None:
        """The only task that publishes, one message after the other: broadcaster's connection takes no two at once."""
        loop = asyncio.get_running_loop()
        ping_at = loop.time()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(ping_at):
                    await self._news.wait()
            self._news.clear()
            if loop.time() >= ping_at:
                if self._unheard >= MISSED_PINGS:
                    raise Deaf(f"{MISSED_PINGS} pings did not come back")
                self._unheard += 1
                ping_at = loop.time() + self._ping_s
                await self._send(broadcast, self._name)
            due, self._due = self._due, set()
            for payload in _payloads(self._name, due):
                await self._send(broadcast, payload)

    async def _send(self, broadcast: Broadcast, payload: str) -> None:
        try:
            async with asyncio.timeout(PUBLISH_S):
                await broadcast.publish(self._channel, payload)
        except TimeoutError:
            telemetry.count("wake.late")  # If it stays so, the pings will tell.


def _payloads(name: str, streams: set[str]) -> Iterator[str]:
    if EVERYTHING in streams:
        streams = {EVERYTHING}
    lines, size = [name], len(name)
    for stream in sorted(streams):
        if size + 1 + len(stream.encode()) > MAX_PAYLOAD:
            yield "\n".join(lines)
            lines, size = [name], len(name)
        lines.append(stream)
        size += 1 + len(stream.encode())
    if len(lines) > 1:
        yield "\n".join(lines)


def _cause(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:200]
