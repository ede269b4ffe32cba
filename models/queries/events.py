"""Reading streams: their heads, what is new, and a page from a place on.

These take no viewer: a stream's key is no secret and opens nothing. Who may see an event is asked where it is handed
over, case by case, with `visible_cases`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import and_, or_, select
from sqlmodel import col

from models import tables as rows
from models.database import Session
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer

KEYS_AT_ONCE = 500
"""Keys in one statement: far below what either driver takes (SQLite 32,766 parameters, PostgreSQL 32,767)."""

RANGES_AT_ONCE = 50
"""Ranges in one statement. Each is one index search; both planners take a short OR of them, and not a long one."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One row of `event`. `data` is its wire form."""

    stream: str
    seq: int
    kind: str
    data: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class StreamPage:
    """`events` follow one another by number, from the first kept one after the place that was asked for.

    `head` is the last number given, `low` the number up to which events were pruned; both 0 for an unused stream.
    """

    head: int
    low: int
    events: list[StoredEvent]


_FIELDS = (col(rows.Event.stream), col(rows.Event.seq), col(rows.Event.kind), col(rows.Event.data), col(rows.Event.at))
_ORDER = (col(rows.Event.stream), col(rows.Event.seq))


async def heads(session: Session, streams: Collection[str]) -> dict[str, int]:
    """The last number of each stream that has one."""
    found: dict[str, int] = {}
    keys = iter(streams)
    while chunk := list(islice(keys, KEYS_AT_ONCE)):
        wanted = select(col(rows.Stream.key), col(rows.Stream.head)).where(col(rows.Stream.key).in_(chunk))
        found.update((key, head) for key, head in (await session.execute(wanted)).all())
    return found


async def between(session: Session, ranges: Mapping[str, tuple[int, int]]) -> list[StoredEvent]:
    """The events numbered `after < seq <= upto` of each stream, by stream and number."""
    found: list[StoredEvent] = []
    wanted = iter(ranges.items())
    while chunk := list(islice(wanted, RANGES_AT_ONCE)):
        parts = [
            and_(col(rows.Event.stream) == stream, col(rows.Event.seq) > after, col(rows.Event.seq) <= upto)
            for stream, (after, upto) in chunk
        ]
        statement = select(*_FIELDS).where(or_(*parts)).order_by(*_ORDER)
        found += [StoredEvent(*row) for row in (await session.execute(statement)).all()]
    return found


async def extent(session: Session, stream: str) -> tuple[int, int]:
    """(head, low) of a stream; (0, 0) for an unused one."""
    wanted = select(col(rows.Stream.head), col(rows.Stream.low)).where(col(rows.Stream.key) == stream)
    row = (await session.execute(wanted)).one_or_none()
    return (row.head, row.low) if row else (0, 0)


async def page(
    session: Session, stream: str, after: int, *, limit: int, kinds: Sequence[str] | None = None
) -> StreamPage:
    """At most `limit` events numbered above `after`; with `kinds`, only of those.

    The stream's row is read first. Every event up to its head is committed by then, so without `kinds` an event that is
    not found was pruned: a page that starts late, or is empty below the head, is proof of it.
    """
    head, low = await extent(session, stream)
    statement = select(*_FIELDS).where(col(rows.Event.stream) == stream, col(rows.Event.seq) > max(after, low))
    if kinds is not None:
        statement = statement.where(col(rows.Event.kind).in_(kinds))
    found = (await session.execute(statement.order_by(col(rows.Event.seq)).limit(limit))).all()
    return StreamPage(head, low, [StoredEvent(*event) for event in found])


async def visible_cases(session: Session, viewer: Viewer, investigation_ids: Collection[int]) -> frozenset[int]:
    """Which of these cases the viewer may see now."""
    if not investigation_ids:
        return frozenset()
    key = col(rows.Investigation.id)
    statement = select(key).where(key.in_(sorted(investigation_ids)), visible(rows.Investigation))
    return frozenset((await session.scalars(statement, viewer_parameters(viewer))).all())
