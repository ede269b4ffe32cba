"""Processes that die anywhere: the next one completes the case, and every event is there once.

CASEGRAPH_TEST_KILLS sets how often the random test kills: 3 by default; with 20 or more, what to demand of a
release, the points at which a process ends itself are more too.
"""

import asyncio
import contextlib
import multiprocessing
import os
import random
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from models import tables as rows
from models.walls import EVERYTHING
from resolvers.operation import House
from tests.engine import crasher
from tests.engine.conftest import OPENED, guess_passwords, kinds, open_case, undisturbed, until
from tests.world import World

KILLS = int(os.environ.get("CASEGRAPH_TEST_KILLS", "3"))
PATIENCE_S = 120
# Forked from a process that has imported everything already: each would take longer to import it than to run.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([crasher.__name__])


class Worker:
    """A worker process (tests/engine/crasher.py)."""

    def __init__(self, *arguments: Any) -> None:
        self._hearing, telling = FORKS.Pipe(duplex=False)
        self._process = FORKS.Process(target=crasher.begin, args=(telling, *arguments))
        self._process.start()
        telling.close()

    async def runs(self) -> None:
        """Waits until its engine does. Raises EOFError when it ends before."""
        await asyncio.to_thread(self._hearing.recv)

    def send_signal(self, number: int) -> None:
        assert self._process.pid
        with contextlib.suppress(ProcessLookupError):  # it was quicker than the signal
            os.kill(self._process.pid, number)

    async def ended(self) -> int:
        """The exit code, once the process has ended; what it wrote is shown when the test fails."""
        await asyncio.to_thread(self._process.join, PATIENCE_S)
        assert self._process.exitcode is not None
        return self._process.exitcode

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._hearing.close()


Spawn = Callable[..., Worker]


@pytest.fixture
def spawn(house: House) -> Iterator[Spawn]:
    """Starts a worker process; a test that fails leaves none behind."""
    begun: list[Worker] = []

    def start(cases: int, point: str = "none", count: int = 0) -> Worker:
        begun.append(Worker(house.settings.database, house.settings.data_dir, cases, point, count))
        return begun[-1]

    yield start
    for worker in begun:
        worker.end()


async def take_dead_jobs(house: House) -> None:
    """On PostgreSQL each process is another worker: the dead one's lease is over, so that no test waits for it.

    And no job is blamed: these tests kill more often than a job that kills its workers may.
    """
    async with house.database.transaction(EVERYTHING) as session:
        await session.execute(text("DELETE FROM worker_lease"))
        await session.execute(text("DELETE FROM job_takeover"))


async def whole(world: World, number: int) -> None:
    """The case is complete and left exactly what an undisturbed one leaves."""
    (case,) = await world.all(rows.Investigation, rows.Investigation.id == number)
    assert (case.status, case.run, case.progress_percent) == ("complete", 1, 100)
    assert await kinds(world, f"inv:{number}") == undisturbed(case.risk_score)
    evidence = await world.all(rows.Evidence, rows.Evidence.investigation_id == number)
    assert [piece.code for piece in evidence] == ["authentication.failures", "authentication.burst"]
    points = await world.all(rows.RiskPoint, rows.RiskPoint.investigation_id == number)
    assert sum(point.delta for point in points) == pytest.approx(case.risk_score, abs=1e-9)
    assert len(await world.all(rows.TimelineEvent, rows.TimelineEvent.investigation_id == number)) == 6


POINTS = [("before-commit", 6), ("after-commit", 5)]
if KILLS >= 20:
    POINTS += [(point, count) for point in ("before-checkpoint", "after-checkpoint") for count in (1, 3, 5)]


@pytest.mark.parametrize(("point", "count"), POINTS)
async def test_a_process_that_dies_at_a_commit_or_checkpoint_leaves_each_write_once(
    world: World, house: House, spawn: Spawn, point: str, count: int
) -> None:
    await guess_passwords(world)
    number = await open_case(world)
    assert await spawn(1, point, count).ended() == 9
    await take_dead_jobs(house)
    assert await spawn(1).ended() == 0
    await whole(world, number)


async def test_a_process_killed_at_random_moments_completes_its_cases_when_started_again(
    world: World, house: House, spawn: Spawn
) -> None:
    """SIGKILL, which nothing can catch, after a random part of a run that takes about a second and a half."""
    numbers: list[int] = []
    moments, killed = random.Random(4711), 0
    while killed < KILLS:
        if not numbers or (await world.all(rows.Investigation))[-1].status == "complete":
            address = f"203.0.113.{len(numbers)}"
            await guess_passwords(world, ip=address)
            numbers.append(await open_case(world, ip=address))
        process = spawn(len(numbers), "delay", 150)
        await process.runs()
        await asyncio.sleep(moments.uniform(0.0, 0.8))
        process.send_signal(signal.SIGKILL)
        code = await process.ended()
        assert code in (-signal.SIGKILL, 0)  # 0: it was quicker than the signal
        killed += code != 0
        await take_dead_jobs(house)
    assert await spawn(len(numbers)).ended() == 0
    for number in numbers:
        await whole(world, number)


async def test_a_frozen_worker_that_wakes_up_changes_nothing_another_has_done(
    world: World, house: House, spawn: Spawn
) -> None:
    if house.database.is_sqlite:
        pytest.skip("one process serves a SQLite file")
    await guess_passwords(world)
    number = await open_case(world)
    frozen = spawn(1, "delay", 400)
    await frozen.runs()
    await until(lambda: has_begun(world, number))
    frozen.send_signal(signal.SIGSTOP)
    try:
        await take_dead_jobs(house)
        assert await spawn(1).ended() == 0
        await whole(world, number)
    finally:
        frozen.send_signal(signal.SIGCONT)
    assert await frozen.ended() == 0
    await whole(world, number)


async def has_begun(world: World, number: int) -> bool:
    return len(await kinds(world, f"inv:{number}")) > len(OPENED)
