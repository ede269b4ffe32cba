"""The gateway to the engine, without a launched one: jobs in our transactions, and commands."""

import pytest
from sqlalchemy import text

from gateways.jobs import ANALYSE, INVESTIGATE, QUEUES, DbosJobs, JobExists, migrate_engine
from gateways.ports import Job
from models.database import Database
from models.walls import EVERYTHING
from resolvers.operation import House

CASE = Job(INVESTIGATE, "investigations", "INV-7:1", ("INV-7",))


@pytest.fixture
async def jobs(house: House) -> DbosJobs:
    assert isinstance(house.jobs, DbosJobs)
    return house.jobs


async def enqueue(house: House, job: Job = CASE) -> None:
    async with house.database.transaction(EVERYTHING) as session:
        await session.run_sync(lambda transaction: house.jobs.enqueue_within(transaction, job))


def table(database: Database, name: str) -> str:
    return name if database.is_sqlite else f"dbos.{name}"


async def test_a_job_is_enqueued_with_the_transaction_or_not_at_all(house: House, jobs: DbosJobs) -> None:
    with pytest.raises(ZeroDivisionError):
        async with house.database.transaction(EVERYTHING) as session:
            await session.run_sync(lambda transaction: house.jobs.enqueue_within(transaction, CASE))
            raise ZeroDivisionError
    assert await jobs.status(CASE.id) is None
    await enqueue(house)
    assert await jobs.status(CASE.id) == "ENQUEUED"


async def test_an_id_that_was_used_undoes_the_whole_write(house: House, jobs: DbosJobs) -> None:
    await enqueue(house)
    with pytest.raises(JobExists):
        async with house.database.transaction(EVERYTHING) as session:
            await session.execute(text("INSERT INTO installation (key, value) VALUES ('left', 'over')"))
            await session.run_sync(lambda transaction: house.jobs.enqueue_within(transaction, CASE))
    async with house.database.reading(EVERYTHING) as session:
        assert (await session.execute(text("SELECT key FROM installation WHERE key = 'left'"))).all() == []


async def test_a_job_and_its_children_are_cancelled_and_resumed_each_on_its_queue(house: House, jobs: DbosJobs) -> None:
    child = Job(ANALYSE, "analysis", "INV-7:1:authentication", ("INV-7", "authentication", ""))
    done = Job(ANALYSE, "analysis", "INV-7:1:network", ("INV-7", "network", ""))
    for job in (CASE, child, done):
        await enqueue(house, job)
    statuses, status = table(house.database, "workflow_status"), "UPDATE {} SET {} WHERE workflow_uuid = '{}'"
    async with house.database.transaction(EVERYTHING) as session:
        for job in (child, done):
            await session.execute(text(status.format(statuses, f"parent_workflow_id = '{CASE.id}'", job.id)))
        await session.execute(text(status.format(statuses, "status = 'SUCCESS'", done.id)))
    ids = [CASE.id, child.id, done.id]

    await jobs.cancel(CASE.id)
    assert await jobs.statuses(ids) == dict(zip(ids, ("CANCELLED", "CANCELLED", "SUCCESS"), strict=True))
    await jobs.cancel(CASE.id)
    await jobs.resume(CASE.id, queue="investigations")
    assert await jobs.statuses(ids) == dict(zip(ids, ("ENQUEUED", "ENQUEUED", "SUCCESS"), strict=True))
    async with house.database.reading(EVERYTHING) as session:
        queues = await session.execute(
            text(f"SELECT workflow_uuid, queue_name FROM {statuses} WHERE status = 'ENQUEUED'")
        )
        assert {row[0]: row[1] for row in queues} == {CASE.id: "investigations", child.id: "analysis"}


async def test_what_runs_is_not_resumed_and_what_is_unknown_is_no_error(house: House, jobs: DbosJobs) -> None:
    await enqueue(house)
    statuses = table(house.database, "workflow_status")
    async with house.database.transaction(EVERYTHING) as session:
        await session.execute(text(f"UPDATE {statuses} SET status = 'PENDING', executor_id = 'w1'"))
    await jobs.resume(CASE.id, queue="investigations")
    assert await jobs.status(CASE.id) == "PENDING"
    await jobs.cancel("INV-8:1")
    await jobs.resume("INV-8:1", queue="investigations")
    assert await jobs.statuses(["INV-8:1"]) == {}
    assert await jobs.stranded({"w1"}) == {}
    assert await jobs.stranded({"w2"}) == {CASE.id: "investigations"}


async def test_migrating_twice_changes_nothing_and_every_queue_is_known(url: str, house: House) -> None:
    queues = table(house.database, "queues")
    migrate_engine(url)
    async with house.database.reading(EVERYTHING) as session:
        rows = (await session.execute(text(f"SELECT name, polling_interval_sec FROM {queues} ORDER BY name"))).all()
    assert [(name, interval) for name, interval in rows] == sorted(
        (name, options.polling_interval_s) for name, options in QUEUES.items()
    )
    migrate_engine(url, polling_interval_s=0.02)
