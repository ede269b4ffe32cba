"""Launching and stopping: one process a SQLite file, one engine a process, and a loop that still works afterwards."""

import asyncio
import logging
from pathlib import Path

import pytest

from models import tables as rows
from resolvers.commands import pause_investigation
from resolvers.operation import House
from tests.engine.conftest import Gate, guess_passwords, kinds, open_case, status_is, undisturbed, until
from tests.engine.test_commands import held
from tests.world import World
from workers import runtime, sole


def test_a_second_process_on_the_same_file_is_refused(tmp_path: Path) -> None:
    held = sole.take_alone(tmp_path / "casegraph.db")
    with pytest.raises(sole.AlreadyServed, match=r"casegraph\.db is served by another process already \(number \d+\)"):
        sole.take_alone(tmp_path / "casegraph.db")
    with pytest.raises(sole.AlreadyServed):
        sole.check_alone(tmp_path / "casegraph.db")
    sole.let_go(held)
    sole.check_alone(tmp_path / "casegraph.db")
    sole.let_go(sole.take_alone(tmp_path / "casegraph.db"))
    sole.check_alone(tmp_path / "nowhere" / "casegraph.db")
    assert not (tmp_path / "nowhere").exists()


async def test_a_file_that_is_served_already_launches_nothing(house: House) -> None:
    if not house.database.is_sqlite:
        pytest.skip("several workers share a PostgreSQL database")
    held = sole.take_alone(Path(house.database.path))
    with pytest.raises(sole.AlreadyServed):
        await runtime.start(house)
    sole.let_go(held)
    await runtime.start(house)
    with pytest.raises(RuntimeError, match="one a process"):
        await runtime.start(house)
    await runtime.stop(drain_s=0)


async def test_stopping_in_the_middle_and_starting_again_goes_on(world: World, house: House, gate: Gate) -> None:
    await runtime.start(house)
    number = await held(world, gate, 2)
    await runtime.stop(drain_s=0)
    assert await asyncio.to_thread(lambda: 1 + 1) == 2
    gate.opened.set()
    if not house.database.is_sqlite:  # Its lease ended with it, so the next worker takes its jobs at once.
        assert await world.all(rows.WorkerLease) == []
    await runtime.start(house)
    case = await until(lambda: status_is(world, number, "complete"))
    await runtime.stop(drain_s=0)
    assert await kinds(world, f"inv:{number}") == undisturbed(case.risk_score)


async def test_stopping_waits_for_nothing_that_waits_for_it(world: World, house: House, gate: Gate) -> None:
    """With a drain, which lets writes end, a run that waits for its analysis must not hold the stop up."""
    await runtime.start(house)
    await held(world, gate, 2)
    async with asyncio.timeout(8):
        await runtime.stop()
    await runtime.stop()  # Nothing to do.


async def test_a_pause_is_no_alarm_in_the_log(
    world: World, engine: runtime.Engine, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    number = await held(world, gate, 2)
    with caplog.at_level(logging.WARNING):
        await pause_investigation(world.op(), investigation_id=number)
        gate.opened.set()
        await asyncio.sleep(2.5)  # The engine looks for cancelled jobs once a second.
    assert [record.getMessage() for record in caplog.records] == []


async def test_an_operation_of_the_engine_sees_its_own_organisation_only(world: World, engine: runtime.Engine) -> None:
    await guess_passwords(world, 20, owner=world.partner)
    number = await open_case(world)
    case = await until(lambda: status_is(world, number, "complete"))
    assert (case.records_seen, await world.all(rows.Evidence)) == (0, [])
