"""How much of a process's time one caller may have for reading new documents.

One process reads one document at a time, and everybody else waits meanwhile. Points and requests are counted by the
minute, so within them a caller could still keep the process busy for seconds on end with documents that are refused or
never sent twice. Here the time itself is shared out: who has had more than his part of it waits, and others do not.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from math import ceil
from typing import TypeVar

from foundation.errors import TooMany
from foundation.settings import Settings

Read = TypeVar("Read")

ALLOWANCE_S = 0.5
"""Processor time at once: a page that asks some fifty new questions, each of up to ten milliseconds, does not wait."""

REFUSED = 10
"""What is read and refused counts so many times. People err now and then; who does nothing else is not in a hurry."""

MOST_WAIT_S = 5.0
"""Who would wait longer is told to come back, so that nobody can make us hold thousands of his requests."""

HELD = 10_000
"""Callers remembered before those who owe nothing are forgotten."""


class Pacing:
    """One a process. `percent` of its time is what one caller gets, beyond an allowance of half a second."""

    def __init__(
        self,
        percent: int,
        *,
        now: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.thread_time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._share = percent / 100
        self._now, self._used, self._sleep = now, used, sleep
        self._ready: dict[str, float] = {}

    @classmethod
    def of(cls, settings: Settings) -> "Pacing | None":
        """What the operator asks for; None where nobody has to wait."""
        percent = settings.graphql_reading_percent
        return cls(percent) if settings.rate_limits and percent < 100 else None

    async def turn(self, caller: str) -> None:
        """Waits until it is the caller's turn: to be followed by `read` at once. Raises TooMany."""
        while (wait := self._ready.get(caller, 0.0) - self._now()) > 0:
            if wait > MOST_WAIT_S:
                raise TooMany(retry_after_s=ceil(wait))
            await self._sleep(wait)

    def read(self, caller: str, read: Callable[[], Read], is_refused: Callable[[Read], bool]) -> Read:
        """What `read` returns, done in the caller's time."""
        before = self._used()
        made = read()
        used, now = self._used() - before, self._now()
        idle = now - ALLOWANCE_S / self._share  # as far back as one can save up
        if len(self._ready) >= HELD:
            self._ready = {known: ready for known, ready in self._ready.items() if ready > idle}
        counted = used * (REFUSED if is_refused(made) else 1)
        self._ready[caller] = max(self._ready.get(caller, 0.0), idle) + counted / self._share
        return made
