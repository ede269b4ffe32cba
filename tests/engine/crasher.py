"""A worker that may die, in a process of its own.

It runs until so many `cases` of its database have ended, then exits with 0. With a `point` it ends itself by
os._exit(9) when that is reached the `count`-th time: `before-commit`, `after-commit` (of one of our writes),
`before-checkpoint`, `after-checkpoint` (of the engine's own record of a step). With the point `delay`, `count` is a
pause between the steps in milliseconds, and it waits to be killed.
"""

import asyncio
import os
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from dbos._sys_db import SystemDatabase
from sqlalchemy import func, select
from sqlmodel import col

from foundation.clock import SystemClock
from foundation.settings import Settings
from gateways.jobs import DbosJobs
from gateways.memory import MemoryWake
from models import database as databases
from models import tables as rows
from models.database import Database
from models.queries.installation import epoch_of
from models.walls import EVERYTHING
from resolvers.operation import House
from rules.access.keyring import KeyRing
from workers import runtime, steps

LIVE = ("running", "paused", "waiting")
ENDED = select(func.count()).select_from(rows.Investigation).where(col(rows.Investigation.status).not_in(LIVE))


def set_marks(fatal: str, count: int) -> None:
    seen, finish, record = 0, databases._finish, SystemDatabase.record_operation_result

    def mark(point: str) -> None:
        nonlocal seen
        seen += point == fatal
        if point == fatal and seen == count:
            os._exit(9)

    async def finish_marked(session: Any) -> None:
        mark("before-commit")
        await finish(session)
        mark("after-commit")

    def record_marked(self: SystemDatabase, *arguments: Any, **named: Any) -> Any:
        mark("before-checkpoint")
        found = record(self, *arguments, **named)
        mark("after-checkpoint")
        return found

    databases._finish = finish_marked
    SystemDatabase.record_operation_result = record_marked  # type: ignore[method-assign]


async def house_of(settings: Settings) -> House:
    database = Database(settings.database)
    return House(
        settings=settings,
        database=database,
        jobs=DbosJobs(settings.database),
        wake=MemoryWake(),
        clock=SystemClock(),
        key_source=KeyRing("k1", {"k1": b"k" * 32}),
        epoch=await epoch_of(database),
        sharing_secret=b"s" * 32,
    )


async def ended_of(house: House) -> int:
    async with house.database.reading(EVERYTHING) as session:
        return await session.scalar(ENDED) or 0


async def run(telling: Connection, url: str, data_dir: Path, cases: int, point: str, count: int) -> None:
    delay_s = count / 1000 if point == "delay" else 0.0
    house = await house_of(
        Settings(_env_file=None, database_url=url, data_dir=data_dir, mode="development", analysis_step_delay_s=delay_s)
    )
    set_marks(point, count)
    await runtime.start(house)
    telling.send("running")
    ended = 0
    while ended < cases:
        await asyncio.sleep(0.05)
        ended = await steps.patiently(lambda: ended_of(house))  # thawed, it finds connections that are long gone
    await asyncio.sleep(0.1)
    os._exit(0)


def begin(telling: Connection, *arguments: Any) -> None:
    asyncio.run(run(telling, *arguments))
