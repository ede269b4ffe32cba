"""One question to the database for all who ask it at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context
from typing import Any, TypeVar

Answer = TypeVar("Answer")

KEPT = 1_000  # questions; an answer is of use for one moment only


class Answers:
    """Shares an answer among those who ask while nothing has moved.

    `move` is called whenever events were read. A question put after that is asked anew, so that an answer is never
    older than the events it is about.
    """

    def __init__(self) -> None:
        self._moment = 0
        self._asked: dict[Hashable, tuple[int, float, asyncio.Task[Any]]] = {}

    def move(self) -> None:
        self._moment += 1

    async def of(self, question: Hashable, ask: Callable[[], Awaitable[Answer]], *, fresh_s: float = 1.0) -> Answer:
        """The answer as it is now: shared where the same was asked since the last move, at most `fresh_s` ago."""
        now = asyncio.get_running_loop().time()
        moment, asked_at, task = self._asked.get(question, (-1, 0.0, None))
        if task is None or moment != self._moment or now - asked_at > fresh_s or _failed(task):
            if len(self._asked) >= KEPT:
                self._asked.clear()
            # In a task and a context of its own: whoever asked first may hang up while others wait.
            task = asyncio.create_task(_run(ask), context=Context())
            task.add_done_callback(_failed)
            self._asked[question] = (self._moment, now, task)
        answer: Answer = await asyncio.shield(task)
        return answer


async def _run(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    return await ask()


def _failed(task: asyncio.Task[Any]) -> bool:
    """Also marks a failure as seen, should nobody be left who waits for it."""
    return task.done() and (task.cancelled() or task.exception() is not None)
