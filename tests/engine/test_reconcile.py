"""Engine and case made to agree: every way in which they may differ, without a launched engine."""

from typing import Any

import pytest
from sqlalchemy import text

from gateways.jobs import ANALYSE, INVESTIGATE, DbosJobs
from gateways.ports import Job
from models import tables as rows
from models.walls import EVERYTHING
from resolvers.operation import House
from tests.engine.conftest import case_of, kinds
from tests.engine.test_jobs import enqueue, table
from tests.world import World
from workers import leases
from workers.reconcile import reconcile


async def case_with_job(world: World, status: str, word: str | None, **columns: Any) -> tuple[int, str]:
    """A case and its job, in states that a crash or an error left behind."""
    case = await world.case(status=status, phase="analysis", **columns)
    await world.put(
        rows.DomainAnalysis(
            investigation_id=case.id,
            organization_id=case.organization_id,
            name="authentication",
            status="running",
            updated_at=case.updated_at,
        )
    )
    job = f"INV-{case.id}:1"
    if word is not None:
        await enqueue(world.house, Job(INVESTIGATE, "investigations", job, (f"INV-{case.id}",)))
        await engine_sets(world.house, job, f"status = '{word}'")
    assert case.id is not None
    return case.id, job


async def engine_sets(house: House, job: str, change: str) -> None:
    statuses = table(house.database, "workflow_status")
    async with house.database.transaction(EVERYTHING) as session:
        await session.execute(text(f"UPDATE {statuses} SET {change} WHERE workflow_uuid = '{job}'"))


def jobs_of(world: World) -> DbosJobs:
    assert isinstance(world.house.jobs, DbosJobs)
    return world.house.jobs


@pytest.mark.parametrize(
    ("status", "word", "act", "after"),
    [
        ("paused", "ENQUEUED", "cancelled", "CANCELLED"),
        ("paused", "PENDING", "cancelled", "CANCELLED"),
        ("running", "CANCELLED", "resumed", "ENQUEUED"),
        ("running", None, "enqueued", "ENQUEUED"),
    ],
)
async def test_the_engine_is_made_to_follow_the_case(
    world: World, status: str, word: str | None, act: str, after: str
) -> None:
    number, job = await case_with_job(world, status, word)
    jobs = jobs_of(world)
    assert await reconcile(world.house, jobs) == {job: act}
    assert await jobs.status(job) == after
    assert (await case_of(world, number)).status == status
    assert await kinds(world, f"inv:{number}") == []
    assert await reconcile(world.house, jobs) == {}


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("ERROR", "The run ended by an error of the engine."),
        ("MAX_RECOVERY_ATTEMPTS_EXCEEDED", "The run ended by an error of the engine."),
        ("SUCCESS", "The run ended without a result."),
    ],
)
async def test_a_run_that_the_engine_gave_up_has_failed_and_says_so(world: World, word: str, why: str) -> None:
    number, job = await case_with_job(world, "running", word)
    assert await reconcile(world.house, jobs_of(world)) == {job: "failed"}
    case = await case_of(world, number)
    assert (case.status, case.phase, case.completed_at) == ("failed", "analysis", world.house.clock.now())
    (domain,) = await world.all(rows.DomainAnalysis)
    assert domain.status == "failed"
    assert await kinds(world, f"inv:{number}") == ["timeline_event_recorded", "investigation_status_changed"]
    assert await kinds(world, f"org:{world.operator.id}") == ["investigation_status_changed"]
    (entry,) = await world.all(rows.TimelineEvent)
    assert (entry.summary, entry.success) == (why, False)
    assert await reconcile(world.house, jobs_of(world)) == {}


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("running", "ENQUEUED"),
        ("running", "PENDING"),
        ("paused", "CANCELLED"),
        ("paused", None),
        ("complete", "SUCCESS"),
        ("cancelled", "CANCELLED"),
        ("failed", "ERROR"),
        ("review_needed", "SUCCESS"),
    ],
)
async def test_what_agrees_is_left_alone(world: World, status: str, word: str | None) -> None:
    _, job = await case_with_job(world, status, word)
    before = await world.counts()
    assert await reconcile(world.house, jobs_of(world)) == {}
    assert await jobs_of(world).status(job) == word
    assert await world.counts() == before


async def test_an_archived_case_is_left_alone(world: World) -> None:
    await case_with_job(world, "running", "ERROR", archived_at=world.house.clock.now())
    assert await reconcile(world.house, jobs_of(world)) == {}


async def test_jobs_of_dead_workers_are_handed_out_again_and_those_of_living_ones_are_not(world: World) -> None:
    house, jobs = world.house, jobs_of(world)
    if house.database.is_sqlite:
        pytest.skip("one process serves a SQLite file")
    _, dead = await case_with_job(world, "running", "PENDING")
    _, living = await case_with_job(world, "running", "PENDING", entity_value="203.0.113.8")
    child = f"{dead}:authentication"
    await enqueue(house, Job(ANALYSE, "analysis", child, (dead.split(":")[0], "authentication", "")))
    await engine_sets(house, dead, "executor_id = 'gone', queue_name = 'investigations'")
    await engine_sets(house, child, "status = 'PENDING', executor_id = 'silent'")
    await engine_sets(house, living, "executor_id = 'here'")
    for worker in ("silent", "here"):
        await leases.renew(house, worker)
    async with house.database.transaction(EVERYTHING) as session:
        await session.execute(
            text("UPDATE worker_lease SET at = at - interval '16 seconds' WHERE executor_id = 'silent'")
        )
    assert await leases.take_over(house, jobs) == [dead, child]
    assert await jobs.statuses([dead, child, living]) == {dead: "ENQUEUED", child: "ENQUEUED", living: "PENDING"}
    async with house.database.reading(EVERYTHING) as session:
        queues = await session.execute(
            text("SELECT workflow_uuid, queue_name FROM dbos.workflow_status WHERE status = 'ENQUEUED'")
        )
        assert {row[0]: row[1] for row in queues} == {dead: "investigations", child: "analysis"}
    assert await leases.take_over(house, jobs) == []


async def test_a_job_that_goes_from_dead_worker_to_dead_worker_fails_its_run(world: World) -> None:
    house, jobs = world.house, jobs_of(world)
    if house.database.is_sqlite:
        pytest.skip("one process serves a SQLite file")
    number, job = await case_with_job(world, "running", "PENDING")
    for _ in range(leases.MOST_TAKEOVERS):
        await engine_sets(house, job, "status = 'PENDING', executor_id = 'gone'")
        assert await leases.take_over(house, jobs) == [job]
    await engine_sets(house, job, "status = 'PENDING', executor_id = 'gone'")
    assert await leases.take_over(house, jobs) == []
    assert (await case_of(world, number)).status == "failed"
    assert await jobs.status(job) == "CANCELLED"
    assert await kinds(world, f"inv:{number}") == ["timeline_event_recorded", "investigation_status_changed"]
