"""A worker that may die. usage: python -m tests.engine.crasher URL DATA_DIR CASES POINT COUNT

Runs until the CASES cases of its database have ended, then exits with 0. With a POINT it ends itself by os._exit(9)
when that is reached the COUNT-th time: `before-commit`, `after-commit` (of one of our writes), `before-checkpoint`,
`after-checkpoint` (of the engine's own record of a step). With POINT `delay`, COUNT is a pause between the steps in
milliseconds, and it waits to be killed.
"""

import asyncio
import os
import sys
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

URL, DATA, CASES, POINT, COUNT = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
LIVE = ("running", "paused", "waiting")
ENDED = select(func.count()).select_from(rows.Investigation).where(col(rows.Investigation.status).not_in(LIVE))
seen = 0


def mark(point: str) -> None:
    global seen
    if point == POINT:
        seen += 1
        if seen == COUNT:
            os._exit(9)


def set_marks() -> None:
    finish, record = databases._finish, SystemDatabase.record_operation_result

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


async def main() -> None:
    delay_s = COUNT / 1000 if POINT == "delay" else 0.0
    house = await house_of(
        Settings(_env_file=None, database_url=URL, data_dir=DATA, mode="development", analysis_step_delay_s=delay_s)
    )
    set_marks()
    await runtime.start(house)
    print("running", flush=True)
    ended = 0
    while ended < CASES:
        await asyncio.sleep(0.05)
        ended = await steps.patiently(lambda: ended_of(house))  # thawed, it finds connections that are long gone
    await asyncio.sleep(0.1)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
