"""Domains that others report, that get lost and that take too long: the run ends all the same, and says so."""

import asyncio

import pytest

from foundation.clock import FixedClock
from models import tables as rows
from resolvers.domains import report_domain_progress
from rules.investigation.words import AnalysisStatus, DomainName
from tests.engine.conftest import Gate, case_of, guess_passwords, open_case, status_is, until
from tests.world import World
from workers import investigation
from workers.runtime import Engine

BOTH = [DomainName.AUTHENTICATION, DomainName.LOGS]


@pytest.fixture(autouse=True)
def asks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(investigation, "ASK_ENGINE_EVERY_S", 0.05)


async def with_an_agent(world: World, gate: Gate) -> int:
    """A case whose logs an outside agent took before the run looked for who analyses what."""
    gate.hold_at = 1
    await guess_passwords(world)
    number = await open_case(world, BOTH)
    async with asyncio.timeout(30):
        await gate.reached.wait()
    await report(world, number, AnalysisStatus.RUNNING)
    gate.opened.set()
    return number


async def report(world: World, number: int, status: AnalysisStatus) -> None:
    await report_domain_progress(world.op(), investigation_id=number, domain=DomainName.LOGS, status=status)


async def domain(world: World, name: str, *statuses: str) -> rows.DomainAnalysis | None:
    (found,) = await world.all(rows.DomainAnalysis, rows.DomainAnalysis.name == name)
    row: rows.DomainAnalysis = found
    return row if not statuses or row.status in statuses else None


async def test_the_run_waits_for_an_outside_agent(world: World, engine: Engine, gate: Gate) -> None:
    number = await with_an_agent(world, gate)
    await until(lambda: domain(world, "authentication", "complete"))
    await asyncio.sleep(0.5)
    assert ((await case_of(world, number)).status, (await case_of(world, number)).phase) == ("running", "analysis")
    await report(world, number, AnalysisStatus.COMPLETE)
    await until(lambda: status_is(world, number, "complete"))


async def test_an_agent_that_is_not_heard_of_any_more_times_out(
    world: World, engine: Engine, gate: Gate, clock: FixedClock
) -> None:
    number = await with_an_agent(world, gate)
    await until(lambda: domain(world, "authentication", "complete"))
    clock.forward(minutes=11)
    case = await until(lambda: status_is(world, number, "review_needed", "complete"))
    assert (case.status, case.phase) == ("review_needed", "complete")
    logs = await domain(world, "logs")
    assert logs and (logs.status, logs.summary) == ("timeout", "Nothing was heard of Per for too long.")


@pytest.mark.parametrize(("loss", "status"), [("cancel", "timeout"), ("forget", "failed")])
async def test_an_analysis_that_the_engine_lost_ends_and_the_run_goes_on(
    world: World, engine: Engine, gate: Gate, monkeypatch: pytest.MonkeyPatch, loss: str, status: str
) -> None:
    gate.hold_at = 2
    await guess_passwords(world)
    number = await open_case(world)
    async with asyncio.timeout(30):
        await gate.reached.wait()
    child = f"INV-{number}:1:authentication"
    if loss == "cancel":  # as the engine does when its time is up
        await engine.jobs.cancel(child)
    else:
        known = engine.jobs.statuses

        async def without(job_ids: list[str]) -> dict[str, str]:
            return {job: word for job, word in (await known(job_ids)).items() if job != child}

        monkeypatch.setattr(engine.jobs, "statuses", without)
    case = await until(lambda: status_is(world, number, "review_needed", "complete"))
    assert case.status == "review_needed"
    lost = await domain(world, "authentication")
    assert lost and lost.status == status
    gate.opened.set()  # The analysis wakes up in a run that has ended, and writes nothing.
    await asyncio.sleep(0.3)
    assert await world.all(rows.Evidence) == []
