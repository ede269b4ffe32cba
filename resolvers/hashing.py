"""Hashing passwords beside the event loop: few at once, and no endless queue (SECURITY R4)."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from foundation.errors import Unavailable
from rules.access.passwords import Hasher

Result = TypeVar("Result")

AT_ONCE = 2
"""One hash takes 64 MiB and about 0.2 s: two at once bound the memory and leave the loop its share of the processor."""

WAITING = 100
"""About 10 s of work. Who comes after that is better told to come back than left to time out."""


class Hashing:
    """One a process. Inline, a hash would stop every other caller; unbounded, a hundred of them are a memory bomb."""

    def __init__(self, hasher: Hasher | None = None, *, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._hasher = hasher or Hasher()
        # Threads of our own rather than a semaphore over shared ones: a caller who hangs up leaves his thread at work,
        # and a semaphore would already let the next one in.
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="hashing")
        self._room = at_once + waiting
        self._inside = 0

    async def hash(self, password: str) -> str:
        """Raises Unavailable when the queue is full, as `matches` does."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether it is the password behind the hash. None does the same work and says no."""
        return await self._run(lambda: self._hasher.matches(password, stored))

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._inside >= self._room:
            raise Unavailable("Too many sign-ins at once. Try again in a moment.")
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._inside -= 1
