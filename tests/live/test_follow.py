"""What a subscriber gets: each event once, in order, from the place it names, and a word where something is gone."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from foundation.cursors import BadCursor, Cursors
from foundation.errors import Forbidden, Unauthenticated
from gateways.memory import MemoryWake
from models import tables as rows
from models.walls import EVERYTHING
from resolvers import hub, live, sight
from resolvers.live import follow_investigation, follow_progress, follow_risk
from resolvers.stream_items import Delivered, Places
from rules.access.viewer import ANONYMOUS
from rules.events import EventKind, RiskThresholdBreached, RiskUpdated
from rules.investigation.refusals import InvestigationNotFound
from rules.investigation.words import ThresholdType
from tests.live.conftest import (
    announce,
    colleague_of,
    first,
    gap,
    numbers,
    percents,
    progressed,
    sign_out,
    status_changed,
    take,
    until,
    watch,
)  # fmt: skip
from tests.world import World


def cursor(world: World, case: rows.Investigation, sequence: int) -> str:
    return world.house.hub.places.seal(f"inv:{case.id}", sequence)


async def many(world: World, case: rows.Investigation, count: int) -> None:
    await announce(world.op(), *(progressed(case, n) for n in range(count)))


async def test_without_a_cursor_it_begins_now(world: World) -> None:
    case = await world.case()
    await many(world, case, 3)
    items = await watch(world.op(), case)
    await announce(world.op(), progressed(case, 50))
    [item] = await first(items, 1)
    assert isinstance(item, Delivered)
    assert (item.sequence, item.occurred_at) == (4, world.house.clock.now())
    assert item.event == progressed(case, 50)


async def test_behind_a_cursor_it_replays_and_then_goes_on_live(world: World) -> None:
    case = await world.case()
    await many(world, case, 700)  # more than a page, more than the tail
    async with aclosing(await watch(world.op(), case, cursor(world, case, 2))) as items:
        replayed = await take(items, 698)
        assert numbers(replayed) == list(range(3, 701))
        await announce(world.op(), progressed(case, 1), progressed(case, 2))
        assert percents(await take(items, 2)) == [1, 2]


async def test_a_lost_wake_up_costs_a_moment_and_no_event(world: World) -> None:
    case = await world.case()
    async with aclosing(await watch(world.op(), case)) as items:
        waiting = asyncio.ensure_future(take(items, 2))
        deaf = replace(world.op(), house=replace(world.house, wake=MemoryWake()))
        await announce(deaf, progressed(case, 1))
        await announce(deaf, progressed(case, 2))
        assert percents(await waiting) == [1, 2]


async def test_a_burst_beyond_the_tail_is_read_from_the_table(world: World) -> None:
    case = await world.case()
    async with aclosing(await watch(world.op(), case)) as items:
        await announce(world.op(), progressed(case, 0))
        await take(items, 1)
        await many(world, case, hub.TAIL + 50)
        assert numbers(await take(items, hub.TAIL + 50)) == list(range(2, hub.TAIL + 52))


async def test_the_organisation_s_stream_carries_the_coarse_events_of_all_cases(world: World) -> None:
    here, there = await world.case(), await world.case(entity_value="203.0.113.8")
    async with aclosing(await watch(world.op(), None)) as items:
        await announce(world.op(), status_changed(here), progressed(here, 5))
        await announce(world.op(), status_changed(there))
        found = await take(items, 2)
    assert [item.event for item in found if isinstance(item, Delivered)] == [
        replace(status_changed(case), organization_ids=()) for case in (here, there)
    ]
    assert numbers(found) == [1, 2]


async def test_kinds_progress_and_risk_choose(world: World) -> None:
    case = await world.case()
    assert case.id is not None
    steps = [
        RiskUpdated(
            investigation_id=case.id,
            old_score=0.0,
            new_score=score,
            confidence=0.5,
            reason="x",
            source="authentication",
        )
        for score in (0.2, 0.7)
    ]
    crossed = RiskThresholdBreached(
        investigation_id=case.id, threshold_type=ThresholdType.HIGH_RISK, threshold=0.7, score=0.7
    )
    start = cursor(world, case, 0)
    await announce(world.op(), progressed(case, 5), *steps, crossed, status_changed(case))
    op, case_id = world.op(), case.id
    kinds = [EventKind.INVESTIGATION_STATUS_CHANGED]
    chosen = await follow_investigation(op, investigation_id=case_id, kinds=kinds, after=start)
    assert numbers(await first(chosen, 1)) == [5]
    assert numbers(await first(await follow_progress(op, investigation_id=case_id, after=start), 2)) == [1, 5]
    assert numbers(await first(await follow_risk(op, investigation_id=case_id, after=start), 3)) == [2, 3, 4]
    high = await follow_risk(op, investigation_id=case_id, minimum_score=0.5, after=start)
    assert numbers(await first(high, 2)) == [3, 4]


async def test_forged_and_foreign_cursors_are_refused(world: World) -> None:
    case, other = await world.case(), await world.case(entity_value="203.0.113.8")
    elsewhere = Places(Cursors(lambda: [b"another key of another installation"]), world.house.epoch)
    for bad in (
        "",
        "x",
        cursor(world, other, 0),
        elsewhere.seal(f"inv:{case.id}", 0),
        world.house.cursors.seal("list", [world.house.epoch, f"inv:{case.id}", 0]),
        world.house.hub.places.seal(f"org:{world.publisher.organization_id}", 0),
    ):
        with pytest.raises(BadCursor):
            await watch(world.op(), case, bad)
    assert world.house.hub.follower_count == 0


async def test_pruned_events_are_told_as_one_gap_and_the_rest_is_replayed(world: World) -> None:
    case = await world.case()
    await many(world, case, 10)
    await prune(world, case, 6)
    found = await first(await watch(world.op(), case, cursor(world, case, 2)), 5)
    assert gap(found[0]) == (3, 6, "pruned")
    assert numbers(found[1:]) == [7, 8, 9, 10]


async def test_all_pruned_is_one_gap_and_then_live(world: World) -> None:
    case = await world.case()
    await many(world, case, 10)
    await prune(world, case, 10)
    async with aclosing(await watch(world.op(), case, cursor(world, case, 2))) as items:
        assert gap((await take(items, 1))[0]) == (3, 10, "pruned")
        await announce(world.op(), progressed(case, 99))
        assert numbers(await take(items, 1)) == [11]


async def test_what_is_pruned_below_a_slow_reader_is_told(world: World) -> None:
    case = await world.case()
    await many(world, case, 10)
    async with aclosing(await watch(world.op(), case, cursor(world, case, 0))) as items:
        await take(items, 10)
        await many(world, case, hub.TAIL + 100)
        await prune(world, case, 60)
        assert gap((await take(items, 1))[0]) == (11, 60, "pruned")
        assert numbers(await take(items, 5)) == [61, 62, 63, 64, 65]


async def test_what_is_given_up_is_not_shown_though_it_still_lies_there(world: World) -> None:
    """Pruning raises the mark first; the rows may go later."""
    case = await world.case()
    await many(world, case, 10)
    async with world.house.database.transaction(EVERYTHING) as session:
        await session.execute(update(rows.Stream).values(low=6))
    found = await first(await watch(world.op(), case, cursor(world, case, 2)), 2)
    assert gap(found[0]) == (3, 6, "pruned")
    assert numbers(found[1:]) == [7]


async def test_a_hole_that_should_not_be_is_told_and_hides_nothing_else(world: World) -> None:
    case = await world.case()
    await many(world, case, 6)
    async with world.house.database.transaction(EVERYTHING) as session:
        await session.execute(delete(rows.Event).where(col(rows.Event.seq).in_([3, 4])))
    found = await first(await watch(world.op(), case, cursor(world, case, 0)), 5)
    assert numbers(found[:2]) == [1, 2]
    assert gap(found[2]) == (3, 4, "pruned")
    assert numbers(found[3:]) == [5, 6]


async def prune(world: World, case: rows.Investigation, upto: int) -> None:
    stream = f"inv:{case.id}"
    async with world.house.database.transaction(EVERYTHING) as session:
        await session.execute(update(rows.Stream).where(col(rows.Stream.key) == stream).values(low=upto))
        await session.execute(delete(rows.Event).where(col(rows.Event.stream) == stream, col(rows.Event.seq) <= upto))


async def test_a_cursor_of_before_a_restore_is_told_and_the_stream_goes_on(world: World) -> None:
    case = await world.case()
    await many(world, case, 4)
    earlier = Places(world.house.cursors, "the epoch before")
    async with aclosing(await watch(world.op(), case, earlier.seal(f"inv:{case.id}", 9))) as items:
        [item] = await take(items, 1)
        assert gap(item) == (10, 4, "restored")
        await announce(world.op(), progressed(case, 7))
        assert numbers(await take(items, 1)) == [5]
    again = await watch(world.op(), case, item.cursor)  # the gap's own cursor does not tell it twice
    assert numbers(await first(again, 1)) == [5]


async def test_a_cursor_beyond_the_head_is_a_history_that_was_lost(world: World) -> None:
    case = await world.case()
    await many(world, case, 4)
    assert gap((await first(await watch(world.op(), case, cursor(world, case, 8)), 1))[0]) == (9, 4, "restored")


async def test_hidden_and_absent_cases_answer_alike_and_leave_nobody_behind(world: World) -> None:
    case = await world.case()
    with pytest.raises(InvestigationNotFound) as hidden:
        await watch(world.op(world.stranger), case)
    with pytest.raises(InvestigationNotFound) as absent:
        await follow_investigation(world.op(), investigation_id=10_000)
    assert (hidden.value.text, hidden.value.code) == (
        absent.value.text.replace("INV-10000", f"INV-{case.id}"),
        absent.value.code,
    )
    with pytest.raises(Unauthenticated):
        await watch(world.op(ANONYMOUS), case)
    with pytest.raises(Forbidden):
        await watch(world.op(replace(world.publisher, scopes=frozenset({"activity:write"}))), case)
    assert world.house.hub.follower_count == 0


async def test_someone_called_in_sees_that_case_until_called_off(world: World) -> None:
    case = await world.case()
    assert case.id is not None
    link = rows.InvestigationAssignee(
        investigation_id=case.id, user_id=world.stranger.user_id, assigned_at=world.house.clock.now()
    )
    await world.put(link)
    organizations = (world.operator.id, world.partner.id)
    async with (
        aclosing(await watch(world.op(world.stranger), case)) as one,
        aclosing(await watch(world.op(world.stranger), None)) as all_of_them,
    ):
        await announce(world.op(), status_changed(case, *organizations))
        assert numbers(await take(one, 1)) == [1]
        assert numbers(await take(all_of_them, 1)) == [1]
        async with world.house.database.transaction(EVERYTHING) as session:
            await session.execute(delete(rows.InvestigationAssignee))
        await announce(world.op(), status_changed(case, *organizations))
        with pytest.raises(InvestigationNotFound):
            await take(one, 1)
        own = await world.case(world.stranger)
        await announce(world.op(world.stranger), status_changed(own))
        assert numbers(await take(all_of_them, 1)) == [3]  # 2 is passed over without a word


async def test_colleagues_of_someone_called_in_see_nothing_of_it(world: World) -> None:
    case = await world.case()
    colleague = await colleague_of(world, world.stranger)
    async with aclosing(await watch(world.op(colleague), None)) as items:
        await announce(world.op(), status_changed(case, world.partner.id))
        own = await world.case(world.stranger)
        await announce(world.op(world.stranger), status_changed(own))
        assert numbers(await take(items, 1)) == [2]


async def test_a_viewer_whose_session_ended_is_cut_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await world.case()
    monkeypatch.setattr(live, "IDLE_S", 0.2)
    monkeypatch.setattr(sight, "FRESH_S", 0.2)
    leaving = world.op(world.viewer)
    async with (
        aclosing(await watch(leaving, case)) as busy,
        aclosing(await watch(leaving, case)) as idle,
        aclosing(await watch(world.op(), case)) as staying,
    ):
        await announce(world.op(), progressed(case, 1))
        assert percents(await take(busy, 1)) == percents(await take(idle, 1)) == percents(await take(staying, 1)) == [1]
        await sign_out(world, world.viewer)
        with pytest.raises(Unauthenticated):
            await take(idle, 1)  # although nothing happens
        await announce(world.op(), progressed(case, 2))
        with pytest.raises(Unauthenticated):
            await take(busy, 1)
        assert percents(await take(staying, 1)) == [2]


async def test_a_change_of_role_ends_what_was_opened_with_the_old_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await world.case()
    monkeypatch.setattr(live, "IDLE_S", 0.2)
    monkeypatch.setattr(sight, "FRESH_S", 0.2)
    async with aclosing(await watch(world.op(world.admin), case)) as items:
        async with world.house.database.transaction(EVERYTHING) as session:
            changed = update(rows.User).where(col(rows.User.id) == world.admin.user_id).values(role="viewer")
            await session.execute(changed)
        with pytest.raises(Unauthenticated):
            await take(items, 1)


async def test_the_end_of_a_token_is_the_connection_s_business(world: World) -> None:
    case = await world.case()
    brief = replace(world.viewer, expires_at=world.house.clock.now())
    async with aclosing(await watch(world.op(brief), case)) as items:
        await announce(world.op(), progressed(case, 1))
        assert percents(await take(items, 1)) == [1]


async def test_one_that_falls_too_far_behind_is_ended_with_its_place(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await world.case()
    monkeypatch.setattr(live, "MAX_BEHIND", 20)
    async with aclosing(await watch(world.op(), case, cursor(world, case, 0))) as items:
        await announce(world.op(), progressed(case, 0))
        await take(items, 1)
        await many(world, case, 30)
        await until(lambda: world.house.hub._watched[f"inv:{case.id}"].head == 31)
        with pytest.raises(live.SlowConsumer) as ended:
            await take(items, 30)
    assert ended.value.kind == "SLOW_CONSUMER"
    rest = await first(await watch(world.op(), case, ended.value.details["cursor"]), 11)
    assert numbers(rest)[-1] >= 11


async def test_one_that_takes_nothing_for_long_is_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await world.case()
    monkeypatch.setattr(live, "MAX_PAUSE_S", 0.01)
    async with aclosing(await watch(world.op(), case)) as items:
        await many(world, case, 2)
        await take(items, 1)
        await asyncio.sleep(0.05)
        with pytest.raises(live.SlowConsumer) as ended:
            await take(items, 1)
    assert ended.value.details["cursor"] == cursor(world, case, 1)


async def test_a_long_replay_is_not_called_slow(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await world.case()
    monkeypatch.setattr(live, "MAX_BEHIND", 20)
    await many(world, case, 300)
    assert len(await first(await watch(world.op(), case, cursor(world, case, 0)), 300)) == 300


async def test_events_of_a_later_version_are_passed_over(world: World) -> None:
    case = await world.case()
    items = await watch(world.op(), case)
    await announce(world.op(), progressed(case, 1))
    async with world.house.database.transaction(EVERYTHING) as session:
        await session.execute(update(rows.Event).values(kind="invented_tomorrow"))
    await announce(world.op(), progressed(case, 2))
    assert numbers(await first(items, 1)) == [2]


async def test_a_stream_that_was_never_begun_leaves_nothing(world: World) -> None:
    case = await world.case()
    await (await watch(world.op(), case)).aclose()
    assert world.house.hub.follower_count == 0
