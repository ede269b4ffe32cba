"""Every committed row gets one place in the chain of its organisation, whoever seals and whenever it commits."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from models import tables as rows
from models.queries import audit
from models.walls import EVERYTHING
from resolvers import sealing
from resolvers.audit_check import check_all, check_chain
from resolvers.operation import House
from resolvers.sealing import seal_new
from rules.access.keyring import KeyRing
from rules.audit_chain import GENESIS, audit_key, link
from tests.audit.trail import seals, tamper, write
from tests.world import World
from workers import upkeep as worker


async def test_each_organisation_has_a_chain_of_its_own(world: World) -> None:
    await write(world, "a", "b")
    await write(world, "c", by=world.stranger)
    await write(world, "d")
    assert (await seal_new(world.house)).count == 4
    mine, theirs = await seals(world), await seals(world, world.partner.id)
    assert [(seal.sequence, seal.audit_id) for seal in mine] == [(1, 1), (2, 2), (3, 4)]
    assert [(seal.sequence, seal.audit_id) for seal in theirs] == [(1, 3)]
    assert {seal.key_id for seal in mine} == {"k1"}
    assert {seal.at for seal in mine} == {world.house.clock.now()}
    checks, waiting = await check_all(world.house)
    assert {check.organization_id: (check.checked, check.fault) for check in checks} == {
        world.operator.id: (3, None),
        world.partner.id: (1, None),
    }
    assert waiting == 0


async def test_a_second_round_finds_nothing_to_do(world: World) -> None:
    await write(world, "a")
    await seal_new(world.house)
    before = await world.counts()
    assert (await seal_new(world.house)).count == (await seal_new(world.house, thorough=True)).count == 0
    assert await world.counts() == before


async def test_the_seal_is_over_the_one_before_and_every_column(world: World) -> None:
    await write(world, "a", "b")
    await seal_new(world.house)
    async with world.house.database.reading(EVERYTHING) as session:
        (_, first), (seal, second) = await audit.places(session, world.operator.id, after=0, limit=9)
    key = audit_key(world.house.keys, "k1")
    assert first is not None and second is not None and key is not None
    one = link(key, GENESIS, replace(seal.place, sequence=1), first)
    assert seal.hash == link(key, one, seal.place, second)
    for name in second.__slots__:
        assert link(key, one, seal.place, replace(second, **{name: 99})) != seal.hash, name
    for name in seal.place.__slots__:
        other: Any = {name: 99}
        assert link(key, one, replace(seal.place, **other), second) != seal.hash, name


async def test_a_row_that_commits_late_is_sealed_all_the_same(world: World, url: str) -> None:
    """Numbers are taken before the commit: of two writers the one with the smaller number may be the later one."""
    await write(world, "a", "held up", "b")
    tamper(url, "CREATE TABLE apart AS SELECT * FROM audit WHERE id = 2", "DELETE FROM audit WHERE id = 2")
    await seal_new(world.house)
    tamper(url, "INSERT INTO audit SELECT * FROM apart", "DROP TABLE apart")
    await seal_new(world.house)
    assert [(seal.sequence, seal.audit_id) for seal in await seals(world)] == [(1, 1), (2, 3), (3, 2)]
    assert (await check_chain(world.house, world.operator.id)).fault is None


async def test_one_that_was_held_up_for_long_is_found_by_a_thorough_round(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "LOOK_BACK", 1)
    await write(world, "held up", "a", "b", "c")
    tamper(url, "CREATE TABLE apart AS SELECT * FROM audit WHERE id = 1", "DELETE FROM audit WHERE id = 1")
    await seal_new(world.house)
    tamper(url, "INSERT INTO audit SELECT * FROM apart", "DROP TABLE apart")
    assert (await seal_new(world.house)).count == 0
    assert (await seal_new(world.house, thorough=True)).count == 1


async def test_many_sealers_seal_each_row_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 7)

    async def writing() -> None:
        for number in range(20):
            await write(world, str(number))

    async def sealing_on() -> None:
        for _ in range(8):
            await seal_new(world.house)

    await asyncio.gather(writing(), writing(), sealing_on(), sealing_on(), sealing_on())
    await seal_new(world.house)
    assert [seal.sequence for seal in await seals(world)] == list(range(1, 41))
    assert len({seal.audit_id for seal in await seals(world)}) == 40
    assert (await check_chain(world.house, world.operator.id)).checked == 40


async def test_an_older_key_still_verifies(world: World) -> None:
    await write(world, "a")
    await seal_new(world.house)
    ring = KeyRing("k2", {**world.house.keys.masters, "k2": b"n" * 32})
    house: House = replace(world.house, key_source=ring)
    await write(world, "b")
    await seal_new(house)
    assert [seal.key_id for seal in await seals(world)] == ["k1", "k2"]
    assert (await check_chain(house, world.operator.id)).fault is None


async def test_rows_are_sealed_within_a_moment_while_the_process_runs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "EVERY_S", 0.01)
    async with worker.upkeep(world.house, working=False):
        await write(world, "a")
        async with asyncio.timeout(10):
            while not await seals(world):
                await asyncio.sleep(0.01)
        await write(world, "b")
    assert len(await seals(world)) == 2, "what was written last is sealed before the process ends"


async def test_a_failed_round_is_made_up_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await write(world, "a")

    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(audit, "put_seals", broken)
        await worker._once(worker.Sealing(world.house).round)
    assert await seals(world) == []
    await worker._once(worker.Sealing(world.house).round)
    assert len(await seals(world)) == 1


@pytest.mark.parametrize("table", ["audit", "audit_seal"])
async def test_neither_table_can_be_changed(world: World, url: str, table: str) -> None:
    await write(world, "a")
    await seal_new(world.house)
    column = {"audit": "action", "audit_seal": "hash"}[table]
    tries = [f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"]
    if url.startswith("sqlite"):
        tries.append(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    else:
        tries.append(f"TRUNCATE {table} CASCADE")
    before = await world.all(rows.AuditSeal if table == "audit_seal" else rows.Audit)
    for statement in tries:
        with pytest.raises(Exception, match="audit rows are never changed"):
            async with world.house.database.transaction(EVERYTHING) as session:
                await session.execute(text(statement))
    assert await world.all(type(before[0])) == before
