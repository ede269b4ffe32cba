"""Twins of the outside that stand still and remember: for tests and for commands that start nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateways.ports import Job, Letter


class MemoryJobs:
    """Keeps what was enqueued; runs nothing."""

    def __init__(self) -> None:
        self.enqueued: list[Job] = []
        self.cancelled: list[str] = []
        self.resumed: list[str] = []

    def enqueue_within(self, transaction: Any, job: Job) -> None:
        self.enqueued.append(job)

    async def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)

    async def resume(self, job_id: str, *, queue: str) -> None:
        self.resumed.append(job_id)

    async def status(self, job_id: str) -> str | None:
        return None

    async def over(self, before: datetime, *, limit: int) -> list[str]:
        return []

    async def parts_of(self, job_ids: Sequence[str]) -> list[str]:
        return []

    async def forget(self, job_ids: Sequence[str]) -> None:
        pass


class MemoryWake:
    """Remembers which streams were called out."""

    def __init__(self) -> None:
        self.called: list[list[str]] = []

    def soon(self, streams: list[str]) -> None:
        self.called.append(streams)


class MemoryMailer:
    """Keeps what was sent; `refusals` are raised first, one a try."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.refusals: list[Exception] = []

    async def send(self, letter: Letter) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.sent.append(letter)
