"""Processes that die anywhere: the next one completes the case, and every event is there once.

CASEGRAPH_TEST_KILLS sets how often the random test kills: 3 by default; with 20 or more, what to demand of a
release, the points at which a process ends itself are more too.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from models import tables as rows
from models.walls import EVERYTHING
from resolvers.operation import House
from tests.engine.conftest import OPENED, guess_passwords, kinds, open_case, undisturbed, until
from tests.world import World

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("CASEGRAPH_TEST_KILLS", "3"))
PATIENCE_S = 120


Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def spawn(house: House) -> Iterator[Spawn]:
    """Starts a worker process (tests/engine/crasher.py); a test that fails leaves none behind."""
    begun: list[subprocess.Popen[str]] = []

    def start(cases: int, point: str = "none", count: int = 0) -> "subprocess.Popen[str]":
        arguments = [house.settings.database, str(house.settings.data_dir), str(cases), point, str(count)]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.crasher", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        if process.returncode is None:
            process.kill()
            process.communicate()


async def ended(process: subprocess.Popen[str]) -> int:
    """The exit code, once the process has ended; what it wrote is shown when the test fails."""
    out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE_S)
    print(out, err)
    return process.returncode


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
    assert await ended(spawn(1, point, count)) == 9
    await take_dead_jobs(house)
    assert await ended(spawn(1)) == 0
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
        assert process.stdout and await asyncio.to_thread(process.stdout.readline) == "running\n"
        await asyncio.sleep(moments.uniform(0.0, 0.8))
        process.send_signal(signal.SIGKILL)
        code = await ended(process)
        assert code in (-signal.SIGKILL, 0)  # 0: it was quicker than the signal
        killed += code != 0
        await take_dead_jobs(house)
    assert await ended(spawn(len(numbers))) == 0
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
    assert frozen.stdout and await asyncio.to_thread(frozen.stdout.readline) == "running\n"
    await until(lambda: has_begun(world, number))
    frozen.send_signal(signal.SIGSTOP)
    try:
        await take_dead_jobs(house)
        assert await ended(spawn(1)) == 0
        await whole(world, number)
    finally:
        frozen.send_signal(signal.SIGCONT)
    assert await ended(frozen) == 0
    await whole(world, number)


async def has_begun(world: World, number: int) -> bool:
    return len(await kinds(world, f"inv:{number}")) > len(OPENED)
