"""One reader of events a process, for all its subscribers.

On a wake-up, or once a second without one, it reads the heads of the streams that somebody follows, then the new events
of all of them, once. Of each stream it keeps the newest events in one short tail that all followers share: a follower
remembers only where it stands. So a slow one costs nothing, holds nobody up, and, once the tail has moved past it, goes
back to the table by itself.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from contextvars import Context
from itertools import groupby, islice

from foundation import telemetry
from models.database import Database
from models.queries import events
from resolvers.answers import Answers
from resolvers.stream_items import Delivered, Places

POLL_S = 1.0  # how late an event comes whose wake-up was lost
TAIL = 256  # events of one stream kept for its followers, shared by them
BATCH = 64  # events a follower takes at once

log = telemetry.logger("casegraph.hub")


class Watched:
    """A stream that somebody follows: its head as last read, and its newest events without a hole up to it."""

    def __init__(self) -> None:
        self.head: int | None = None
        self.tail: deque[Delivered] = deque(maxlen=TAIL)
        self.followers: set[Follower] = set()

    def extend(self, first: int, head: int, news: Sequence[Delivered]) -> None:
        """`news` should be all events from `first` to `head`; with a hole in them nothing is kept, and followers look
        in the table."""
        if first != (self.head or 0) + 1 or len(news) != head - first + 1:
            self.tail.clear()
        if len(news) == head - first + 1:
            self.tail.extend(news)
        self.head = head
        self.wake()

    def wake(self) -> None:
        for follower in self.followers:
            follower.wake()


class Follower:
    """One subscription's ear at a stream."""

    def __init__(self, stream: str, watched: Watched) -> None:
        self.stream = stream
        self._watched = watched
        self._news = asyncio.Event()

    @property
    def head(self) -> int:
        return self._watched.head or 0

    def after(self, sequence: int) -> Sequence[Delivered] | None:
        """The next events behind this number: at most BATCH, empty when there are none, None: look in the table."""
        tail = self._watched.tail
        if self.head <= sequence:
            return ()
        if not tail or tail[0].sequence > sequence + 1:
            return None
        start = sequence + 1 - tail[0].sequence
        return tuple(islice(tail, start, start + BATCH))

    def wake(self) -> None:
        self._news.set()

    async def news(self, timeout_s: float) -> None:
        """Returns when the stream has moved since the last call, or after the timeout."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        self._news.clear()


class Hub:
    """Runs while anybody follows anything. `look` is what wake-ups call."""

    def __init__(self, database: Database, places: Places, *, poll_s: float = POLL_S) -> None:
        self._database = database
        self.places = places
        self._poll_s = poll_s
        self.answers = Answers()
        self._watched: dict[str, Watched] = {}
        self._due: set[str] | None = set()  # None: all of them
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def follower_count(self) -> int:
        return sum(len(watched.followers) for watched in self._watched.values())

    def join(self, stream: str) -> Follower:
        """Registers a follower; `leave` must follow. Nothing that commits from now on escapes it."""
        watched = self._watched.setdefault(stream, Watched())
        follower = Follower(stream, watched)
        watched.followers.add(follower)
        if watched.head is None:
            self.look({stream})
        if self._task is None or self._task.done():
            # An empty context: the task must not go on under the request that happened to be the first to subscribe.
            self._task = asyncio.create_task(self._run(), name="hub", context=Context())
        return follower

    def leave(self, follower: Follower) -> None:
        watched = self._watched.get(follower.stream)
        if watched is None:
            return
        watched.followers.discard(follower)
        if not watched.followers:
            del self._watched[follower.stream]
        if not self._watched:
            self._news.set()  # The task looks once more, finds nobody, and ends.

    def look(self, streams: Collection[str] | None) -> None:
        """There may be news in these streams; None: in any."""
        if streams is None:
            self._due = None
        elif self._due is not None:
            self._due.update(stream for stream in streams if stream in self._watched)
            if not self._due:
                return
        self._news.set()

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        failing, look_at = False, loop.time() + self._poll_s
        while self._watched:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(look_at):
                    await self._news.wait()
            self._news.clear()
            due, self._due = self._due, set()
            if loop.time() >= look_at:
                # On time even while wake-ups pour in: those of another stream may be the ones that are lost.
                due, look_at = None, loop.time() + self._poll_s
            try:
                await self._read(list(self._watched) if due is None else [s for s in due if s in self._watched])
                failing = False
            except Exception as error:
                # The database is away: nothing is lost by looking again later, and one line says so.
                if not failing:
                    log.warning("events cannot be read", cause=f"{type(error).__name__}: {error}"[:200])
                failing = True
                telemetry.count("hub.failed")
                self._due = None
                await asyncio.sleep(self._poll_s)

    async def _read(self, streams: Sequence[str]) -> None:
        if not streams:
            return
        ranges: dict[str, tuple[int, int]] = {}
        watched = {stream: self._watched[stream] for stream in streams}
        async with self._database.reading() as session:
            heads = await events.heads(session, streams)
            for stream, one in watched.items():
                head = heads.get(stream, 0)
                if one.head is None:
                    one.head = head
                    one.wake()
                elif head > one.head:
                    ranges[stream] = (max(one.head, head - TAIL), head)
            news = await events.between(session, ranges) if ranges else []
        self.answers.move()
        found = {stream: list(group) for stream, group in groupby(news, key=lambda event: event.stream)}
        for stream, (after, head) in ranges.items():
            watched[stream].extend(after + 1, head, self._shaped(found.get(stream, [])))

    def _shaped(self, stored: Iterable[events.StoredEvent]) -> list[Delivered]:
        return [self.places.delivered(event) for event in stored]
