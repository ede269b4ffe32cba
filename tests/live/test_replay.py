"""The events of a stream as a list."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from foundation.cursors import BadCursor
from foundation.errors import InvalidInput, Unauthenticated
from models import tables as rows
from models.walls import EVERYTHING
from resolvers import replay
from resolvers.replay import EventPage, list_events
from resolvers.stream_items import Places
from rules.access.viewer import ANONYMOUS
from rules.events import EventKind
from rules.investigation.refusals import InvestigationNotFound
from tests.live.conftest import announce, gap, numbers, progressed, status_changed, take, watch
from tests.world import World


async def case_with(world: World, count: int) -> rows.Investigation:
    case = await world.case()
    await announce(world.op(), *(progressed(case, n) for n in range(count)))
    return case


async def page(world: World, case: rows.Investigation | None, **arguments: object) -> EventPage:
    return await list_events(world.op(), investigation_id=case.id if case else None, **arguments)  # type: ignore[arg-type]


async def test_a_stream_is_read_a_page_at_a_time(world: World) -> None:
    case = await case_with(world, 45)
    found, after = [], None
    for size, more in ((20, True), (20, True), (5, False)):
        got = await page(world, case, after=after)
        assert (len(got.items), got.has_next_page, got.has_previous_page) == (size, more, after is not None)
        assert got.start_cursor == got.items[0].cursor
        assert got.end_cursor == got.items[-1].cursor
        after = got.end_cursor
        found += got.items
    assert numbers(found) == list(range(1, 46))
    last = await page(world, case, after=after)
    assert (last.items, last.has_next_page, last.end_cursor) == ([], False, after)


async def test_the_end_of_the_list_is_the_beginning_of_the_stream(world: World) -> None:
    case = await case_with(world, 3)
    got = await page(world, case, kinds=[EventKind.EVIDENCE_FOUND])
    assert got.items == []
    items = await watch(world.op(), case, got.end_cursor)
    await announce(world.op(), progressed(case, 50))
    assert numbers(await take(items, 1)) == [4]
    await items.aclose()


async def test_kinds_and_rights_choose_and_the_walk_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await case_with(world, 230)
    await announce(world.op(), status_changed(case))
    kinds = [EventKind.INVESTIGATION_STATUS_CHANGED]
    assert numbers((await page(world, case, kinds=kinds)).items) == [231]

    foreign = await world.case(world.stranger)
    await announce(world.op(world.stranger), *[status_changed(foreign, world.operator.id) for _ in range(250)])
    await announce(world.op(), status_changed(case))
    got = await page(world, None)
    assert (numbers(got.items), got.has_next_page) == ([1, 252], False)
    monkeypatch.setattr(replay, "SCANNED", 200)
    got = await page(world, None)
    assert (numbers(got.items), got.has_next_page) == ([1], True)
    got = await page(world, None, after=got.end_cursor)
    assert (numbers(got.items), got.has_next_page) == ([252], False)


async def test_what_is_gone_is_told(world: World) -> None:
    case = await case_with(world, 10)
    stream = f"inv:{case.id}"
    places = world.house.hub.places
    async with world.house.database.transaction(EVERYTHING) as session:
        await session.execute(update(rows.Stream).where(col(rows.Stream.key) == stream).values(low=6))
        await session.execute(delete(rows.Event).where(col(rows.Event.stream) == stream, col(rows.Event.seq) <= 6))
    got = await page(world, case, after=places.seal(stream, 2), first=3)
    assert gap(got.items[0]) == (3, 6, "pruned")
    assert (numbers(got.items[1:]), got.has_next_page) == ([7, 8], True)
    got = await page(world, case)  # from the first one kept, about which nothing need be said
    assert (numbers(got.items), got.has_previous_page) == ([7, 8, 9, 10], False)
    earlier = Places(world.house.cursors, "the epoch before")
    got = await page(world, case, after=earlier.seal(stream, 20))
    assert ([gap(item) for item in got.items], got.has_next_page) == ([(21, 10, "restored")], False)
    assert got.end_cursor == places.seal(stream, 10)


async def test_refusals(world: World) -> None:
    case = await case_with(world, 1)
    for first in (0, -1, 101):
        with pytest.raises(InvalidInput):
            await page(world, case, first=first)
    with pytest.raises(BadCursor):
        await page(world, case, after="forged")
    with pytest.raises(InvestigationNotFound):
        await list_events(world.op(world.stranger), investigation_id=case.id)
    with pytest.raises(Unauthenticated):
        await list_events(world.op(ANONYMOUS), investigation_id=case.id)
    assert (await list_events(world.op(replace(world.viewer)), investigation_id=case.id)).items
