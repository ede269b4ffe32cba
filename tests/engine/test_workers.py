"""Workers that share their cases: one dies, one freezes and wakes up again, and every change is there once."""

import signal
from collections import Counter

import pytest
from sqlalchemy import text

from models import tables as rows
from models.walls import EVERYTHING
from resolvers.operation import House
from tests.engine.conftest import case_of, guess_passwords, kinds, open_case, undisturbed, until
from tests.engine.test_crash import Spawn, spawn, take_dead_jobs, whole  # noqa: F401 - a fixture
from tests.world import World

CASES = 10


async def at_work(house: House) -> Counter[str]:
    """How many jobs each worker holds."""
    async with house.database.reading(EVERYTHING) as session:
        held = await session.execute(
            text("SELECT executor_id, count(*) FROM dbos.workflow_status WHERE status = 'PENDING' GROUP BY 1")
        )
        return Counter({str(executor): int(count) for executor, count in held.all()})


async def complete(world: World) -> int:
    return len(await world.all(rows.Investigation, rows.Investigation.status == "complete"))


async def test_two_workers_share_ten_cases_of_which_one_dies_and_one_freezes(
    world: World,
    house: House,
    spawn: Spawn,  # noqa: F811
) -> None:
    if house.database.is_sqlite:
        pytest.skip("one process serves a SQLite file")
    workers = [spawn(CASES, "delay", 500) for _ in range(2)]
    for worker in workers:
        await worker.runs()
    numbers = []
    for n in range(CASES):
        await guess_passwords(world, ip=f"203.0.113.{n}")
        numbers.append(await open_case(world, ip=f"203.0.113.{n}"))

    async def both_are_at_work() -> bool:
        return len(await at_work(house)) == 2

    await until(both_are_at_work)
    dying, freezing = workers
    freezing.send_signal(signal.SIGSTOP)
    try:
        dying.send_signal(signal.SIGKILL)
        assert await dying.ended() == -signal.SIGKILL
        assert await complete(world) < CASES
        await take_dead_jobs(house)  # as their leases' running out would
        replacement = spawn(CASES, "delay", 50)

        async def half_are_complete() -> bool:
            return await complete(world) >= CASES // 2

        await until(half_are_complete, 60.0)
    finally:
        freezing.send_signal(signal.SIGCONT)
    assert await replacement.ended() == 0
    assert await freezing.ended() == 0
    for number in numbers:
        await whole(world, number)

    # In the organisation's stream too, where the cases are mixed, nothing was told twice and no number is missing.
    told = Counter(await kinds(world, f"org:{world.operator.id}"))
    scores = [(await case_of(world, number)).risk_score for number in numbers]
    crossed = sum(undisturbed(score).count("risk_threshold_breached") for score in scores)
    assert told == {
        "investigation_status_changed": 2 * CASES,
        "risk_updated": CASES,
        "risk_threshold_breached": crossed,
    }
