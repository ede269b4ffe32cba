"""Pause, resume, cancel and rerun, in every phase; and what each refuses."""

import asyncio
from functools import partial

import pytest

from models import tables as rows
from resolvers.commands import (
    accept_investigation,
    cancel_investigation,
    pause_investigation,
    rerun_investigation,
    resume_investigation,
)
from rules.investigation.phases import IllegalMove
from rules.investigation.refusals import InvestigationArchived, InvestigationNotFound
from tests.engine.conftest import (
    COMMAND,
    Gate,
    case_of,
    guess_passwords,
    kinds,
    open_case,
    status_is,
    undisturbed,
    until,
)
from tests.world import World
from workers.runtime import Engine


async def engine_says(engine: Engine, job: str, *words: str) -> bool:
    return await engine.jobs.status(job) in words


async def held(world: World, gate: Gate, hold_at: int) -> int:
    gate.hold_at = hold_at
    await guess_passwords(world)
    number = await open_case(world)
    async with asyncio.timeout(30):
        await gate.reached.wait()
    return number


@pytest.mark.parametrize(
    ("hold_at", "phase"),
    [(1, "data_collection"), (2, "analysis"), (3, "analysis"), (4, "review"), (5, "summary")],
)
async def test_a_case_is_paused_and_resumed_in_each_phase_and_writes_everything_once(
    world: World, engine: Engine, gate: Gate, hold_at: int, phase: str
) -> None:
    number = await held(world, gate, hold_at)
    job = f"INV-{number}:1"
    await pause_investigation(world.op(), investigation_id=number, reason="lunch")
    before = await kinds(world, f"inv:{number}")
    case = await case_of(world, number)
    assert (case.status, case.phase, before[-2:]) == ("paused", phase, COMMAND)
    assert await engine.jobs.status(job) == "CANCELLED"
    gate.opened.set()  # The bodies go on, and must find that nothing may be written.
    await asyncio.sleep(0.3)
    assert await kinds(world, f"inv:{number}") == before

    await resume_investigation(world.op(), investigation_id=number)
    case = await until(lambda: status_is(world, number, "complete", "failed", "review_needed"))
    assert (case.status, case.run) == ("complete", 1)
    rest = undisturbed(case.risk_score)[len(before) - 2 :]
    assert await kinds(world, f"inv:{number}") == [*before, *COMMAND, *rest]
    await until(lambda: engine_says(engine, job, "SUCCESS"))
    summaries = [entry.summary for entry in await world.all(rows.TimelineEvent) if entry.actor_name == "Per"]
    assert summaries[1:] == ["Paused: lunch", "Resumed."]


async def test_a_pause_whose_command_to_the_engine_was_lost_still_stops_the_run(
    world: World, engine: Engine, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await held(world, gate, 2)

    async def lost(job_id: str) -> None:
        raise ConnectionError("the process died between commit and command")

    with monkeypatch.context() as patched:
        patched.setattr(world.house.jobs, "cancel", lost)
        await pause_investigation(world.op(), investigation_id=number)
    before = await kinds(world, f"inv:{number}")
    gate.opened.set()
    await until(lambda: engine_says(engine, f"INV-{number}:1", "CANCELLED"))
    assert await kinds(world, f"inv:{number}") == before
    await resume_investigation(world.op(), investigation_id=number)
    case = await until(lambda: status_is(world, number, "complete"))
    rest = undisturbed(case.risk_score)[len(before) - 2 :]
    assert await kinds(world, f"inv:{number}") == [*before, *COMMAND, *rest]


@pytest.mark.parametrize("hold_at", [1, 2, 4])
async def test_a_cancelled_run_writes_nothing_more(world: World, engine: Engine, gate: Gate, hold_at: int) -> None:
    number = await held(world, gate, hold_at)
    await cancel_investigation(world.op(), investigation_id=number, reason="a mistake")
    before = await kinds(world, f"inv:{number}")
    gate.opened.set()
    await asyncio.sleep(0.3)
    case = await case_of(world, number)
    assert (case.status, case.completion_reason) == ("cancelled", "cancelled")
    (domain,) = await world.all(rows.DomainAnalysis)
    assert domain.status == ("complete" if hold_at == 4 else "cancelled")
    assert await kinds(world, f"inv:{number}") == before


async def test_a_rerun_sets_aside_what_was_found_and_finds_it_again(world: World, engine: Engine) -> None:
    await guess_passwords(world)
    number = await open_case(world)
    first = await until(lambda: status_is(world, number, "complete"))
    whole = undisturbed(first.risk_score)
    assert await kinds(world, f"inv:{number}") == whole

    await rerun_investigation(world.op(), investigation_id=number, reason="new data")
    again = await until(lambda: status_is(world, number, "complete"))
    assert (again.run, again.risk_score, again.confidence) == (2, first.risk_score, first.confidence)
    evidence = await world.all(rows.Evidence)
    assert [(piece.run, piece.superseded) for piece in evidence] == [(1, True)] * 2 + [(2, False)] * 2
    (domain,) = await world.all(rows.DomainAnalysis)
    assert (domain.run, domain.status, domain.evidence_count) == (2, "complete", 2)
    points = await world.all(rows.RiskPoint)
    assert sum(point.delta for point in points) == pytest.approx(again.risk_score, abs=1e-9)
    rerun = ["investigation_status_changed", "risk_updated", "timeline_event_recorded"]
    assert await kinds(world, f"inv:{number}") == [*whole, *rerun, *whole[2:]]
    for run in (1, 2):
        await until(partial(engine_says, engine, f"INV-{number}:{run}", "SUCCESS"))


async def test_a_rerun_of_a_cancelled_run_is_not_disturbed_by_it(world: World, engine: Engine, gate: Gate) -> None:
    number = await held(world, gate, 2)
    await cancel_investigation(world.op(), investigation_id=number)
    await rerun_investigation(world.op(), investigation_id=number)
    await until(lambda: status_is(world, number, "complete"))
    before = await kinds(world, f"inv:{number}")
    gate.opened.set()  # What is left of the first run wakes up in a case that is in its second.
    await asyncio.sleep(0.3)
    assert await kinds(world, f"inv:{number}") == before
    assert [piece.run for piece in await world.all(rows.Evidence)] == [2, 2]


COMMANDS = {
    "pause": pause_investigation,
    "resume": resume_investigation,
    "cancel": cancel_investigation,
    "rerun": rerun_investigation,
    "accept": accept_investigation,
}
LEGAL = {
    "running": {"pause": "paused", "cancel": "cancelled"},
    "paused": {"resume": "running", "cancel": "cancelled"},
    "waiting": {"resume": "running", "pause": "paused", "cancel": "cancelled"},
    "review_needed": {"rerun": "running", "accept": "complete"},
    "complete": {"rerun": "running"},
    "failed": {"rerun": "running"},
    "cancelled": {"rerun": "running"},
}


@pytest.mark.parametrize("command", COMMANDS)
async def test_only_legal_moves_are_made_and_a_refused_one_leaves_only_its_audit_line(
    world: World, command: str
) -> None:
    for n, (status, legal) in enumerate(LEGAL.items()):
        case = await world.case(status=status, entity_value=f"203.0.113.{n}")
        before = await world.counts()
        act = partial(COMMANDS[command], world.op(), investigation_id=case.id)
        if command in legal:
            await act()
            assert (await case_of(world, case.id)).status == legal[command]
        else:
            with pytest.raises(IllegalMove):
                await act()
            assert (await case_of(world, case.id)).status == status
            assert await world.counts() == {**before, "audit": before["audit"] + 1}


async def test_an_archived_case_does_not_move_and_a_foreign_one_is_absent(world: World) -> None:
    now = world.house.clock.now()
    archived = await world.case(phase="archived", archived_at=now, status="cancelled")
    with pytest.raises(InvestigationArchived):
        await rerun_investigation(world.op(), investigation_id=archived.id)
    mine = await world.case(entity_value="203.0.113.9")
    before = await world.counts()
    for number in (mine.id, 4711):
        for command in COMMANDS.values():
            with pytest.raises(InvestigationNotFound):
                await command(world.op(world.stranger), investigation_id=number)
    assert await world.counts() == {**before, "audit": before["audit"] + 10}


async def test_a_repeated_key_is_told_the_same_and_pauses_once(world: World) -> None:
    case = await world.case()
    act = partial(pause_investigation, investigation_id=case.id)
    for _ in range(2):
        assert await world.op().once("user:u:k", "pause", lambda op: act(op)) == case.id
    assert await kinds(world, f"inv:{case.id}") == COMMAND
