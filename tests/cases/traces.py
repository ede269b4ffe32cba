"""What a write leaves behind, and how to look that a refusal left nothing."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from foundation.errors import Refusal
from models import tables as rows
from models.walls import EVERYTHING
from tests.world import World

Refused = TypeVar("Refused", bound=Refusal)


async def jobs(world: World) -> list[tuple[str, str, str]]:
    """(workflow, queue, id) of every durable job, in the order of their ids."""
    database = world.house.database
    table = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
    statement = text(f"SELECT name, queue_name, workflow_uuid FROM {table} ORDER BY workflow_uuid")
    async with database.reading(EVERYTHING) as session:
        return [(name, queue, id_) for name, queue, id_ in (await session.execute(statement)).all()]


async def events(world: World) -> list[tuple[str, int, str]]:
    """(stream, number, kind) of every event."""
    return [(event.stream, event.seq, event.kind) for event in await world.all(rows.Event)]


async def refused(
    world: World, error: type[Refused], act: Callable[[], Awaitable[Any]], *, audited: bool = True
) -> Refused:
    """The refusal, after looking that nothing was written but its own audit line, announced or enqueued."""
    before, told, enqueued = await world.counts(), len(world.house.wake.called), await jobs(world)  # type: ignore[attr-defined]
    with pytest.raises(error) as caught:
        await act()
    assert await world.counts() == {**before, "audit": before["audit"] + (1 if audited else 0)}
    assert len(world.house.wake.called) == told  # type: ignore[attr-defined]
    assert await jobs(world) == enqueued
    if audited:
        line = (await world.all(rows.Audit))[-1]
        assert (line.outcome, line.details) == ("refused", {"code": caught.value.code})
    return caught.value
