"""A house whose wake-ups are real, events to write, and ways to listen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from foundation.ids import new_id
from gateways.wake import Wakes
from models import tables as rows
from models.walls import EVERYTHING
from resolvers.live import Item, Items, follow_investigation
from resolvers.operation import House, Operation
from resolvers.stream_items import Delivered, Gap
from rules.access.actions import Action
from rules.access.person import seal_personal
from rules.access.viewer import Viewer
from rules.events import Event, InvestigationProgressed, InvestigationStatusChanged
from rules.investigation.words import InvestigationPhase, InvestigationStatus
from tests.world import World, viewer_of

PATIENCE_S = 30  # a test that waits longer has lost something


@pytest.fixture
async def awake(house: House) -> AsyncIterator[House]:
    """The house, with wake-ups that reach its hub."""
    wakes = Wakes("memory://")
    made = replace(house, wake=wakes)
    wakes.listen(made.look)
    await wakes.open()
    yield made
    await wakes.close()
    await made.hub.close()


@pytest.fixture
async def world(awake: House) -> World:
    """Everybody is signed in: a stream is cut off with the session it was opened in."""
    made = await World.make(awake)
    for name in ("admin", "publisher", "viewer", "stranger"):
        setattr(made, name, await sign_in(made, getattr(made, name)))
    return made


async def sign_in(world: World, viewer: Viewer) -> Viewer:
    now = world.house.clock.now()
    session = await world.put(
        rows.LoginSession(
            user_id=viewer.user_id,
            organization_id=viewer.organization_id,
            created_at=now,
            last_used_at=now,
            expires_at=now + timedelta(days=1),
        )
    )
    return replace(viewer, session_id=session.id)


async def sign_out(world: World, viewer: Viewer) -> None:
    async with world.house.database.transaction(EVERYTHING) as session:
        ended = update(rows.LoginSession).where(col(rows.LoginSession.id) == viewer.session_id)
        await session.execute(ended.values(ended_at=world.house.clock.now()))


async def colleague_of(world: World, viewer: Viewer) -> Viewer:
    """Another publisher of the same organisation, signed in."""
    now = world.house.clock.now()
    id_ = new_id()
    person = rows.User(
        id=id_,
        organization_id=viewer.organization_id,
        name="Cole",
        name_key="cole",
        **seal_personal(world.house.keys, id_, email="cole@example.org"),
        role="publisher",
        created_at=now,
        updated_at=now,
    )
    return await sign_in(world, viewer_of(await world.put(person)))


def progressed(case: rows.Investigation, percent: int) -> InvestigationProgressed:
    assert case.id is not None
    return InvestigationProgressed(
        investigation_id=case.id, current_phase=InvestigationPhase.ANALYSIS, progress_percent=percent
    )


def status_changed(case: rows.Investigation, *organization_ids: str) -> InvestigationStatusChanged:
    assert case.id is not None
    return InvestigationStatusChanged(
        investigation_id=case.id,
        organization_ids=organization_ids or (case.organization_id,),
        old_status=None,
        new_status=InvestigationStatus.RUNNING,
        current_phase=InvestigationPhase.INITIATION,
        progress_percent=0,
    )


async def announce(op: Operation, *happened: Event, pause_s: float = 0) -> None:
    """One write with these events."""
    async with op.write(Action.NOTE_ADD) as door:
        for event in happened:
            door.announce(event)
        await asyncio.sleep(pause_s)


async def watch(op: Operation, case: rows.Investigation | None, after: str | None = None) -> Items:
    return await follow_investigation(op, investigation_id=case.id if case else None, after=after)


async def take(items: Items, count: int) -> list[Item]:
    """The next `count` items."""
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(items) for _ in range(count)]


async def first(items: Items, count: int) -> list[Item]:
    """The next `count` items, then an end."""
    async with aclosing(items):
        return await take(items, count)


def numbers(items: list[Item]) -> list[int]:
    assert all(isinstance(item, Delivered) for item in items), items
    return [item.sequence for item in items if isinstance(item, Delivered)]


def gap(item: Item) -> tuple[int, int, str]:
    assert isinstance(item, Gap)
    return item.first, item.last, item.reason


def percents(items: list[Item]) -> list[int]:
    return [
        item.event.progress_percent
        for item in items
        if isinstance(item, Delivered) and isinstance(item.event, InvestigationProgressed)
    ]


async def until(condition: object, seconds: float = PATIENCE_S) -> None:
    """Waits for a condition that a few turns of the loop, or a poll, will bring about."""
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
