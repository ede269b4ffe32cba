"""Feeds: which are due, and how far each has come."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlmodel import col

from models.database import Session
from models.feeds import Feed
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer

DUE_AT_ONCE = 20


async def feed(session: Session, viewer: Viewer, feed_id: str, *, held: bool = False) -> Feed | None:
    """A feed, if this viewer may see it. `held`: nobody else changes it until this transaction ends."""
    found = select(Feed).where(col(Feed.id) == feed_id, visible(Feed))
    if held:
        found = found.with_for_update()
    return (await session.scalars(found, viewer_parameters(viewer))).one_or_none()


async def under_way(session: Session, feed_id: str, poll: int, *, held: bool = False) -> Feed | None:
    """The feed while this very poll of it is under way, paused or not; None once it is over, or the feed removed."""
    found = select(Feed).where(col(Feed.id) == feed_id, col(Feed.poll) == poll, col(Feed.polling_since).is_not(None))
    return (await session.scalars(found.with_for_update() if held else found)).one_or_none()


async def count(session: Session, organization_id: str) -> int:
    return await session.scalar(select(func.count()).where(col(Feed.organization_id) == organization_id)) or 0


async def is_read_already(session: Session, feed: Feed) -> bool:
    """Whether the organisation has another feed of the same collection."""
    found = select(col(Feed.id)).where(
        col(Feed.organization_id) == feed.organization_id,
        col(Feed.url) == feed.url,
        col(Feed.remote_collection) == feed.remote_collection,
        col(Feed.id) != feed.id,
    )
    return await session.scalar(found.limit(1)) is not None


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(Feed.next_poll_at) <= now, col(Feed.is_paused).is_(False), col(Feed.polling_since).is_(None)


async def is_due(session: Session, now: datetime) -> bool:
    """Whether the time of any feed has come."""
    return await session.scalar(select(col(Feed.id)).where(*_due(now)).limit(1)) is not None


async def begin_due(session: Session, now: datetime) -> list[Feed]:
    """Feeds whose time has come, each marked as under way; those that another process is just marking are passed."""
    due = select(Feed).where(*_due(now)).order_by(col(Feed.next_poll_at), col(Feed.id)).limit(DUE_AT_ONCE)
    found = list((await session.scalars(due.with_for_update(skip_locked=True))).all())
    for one in found:
        one.poll += 1
        one.polling_since = now
    await session.flush()
    return found


async def all_under_way(session: Session) -> list[Feed]:
    found = select(Feed).where(col(Feed.polling_since).is_not(None)).order_by(col(Feed.id))
    return list((await session.scalars(found)).all())


async def advance(session: Session, feed_id: str, counted: Mapping[str, int], **values: Any) -> None:
    """Adds a page to what became of objects, counted by the word for it, and sets the rest."""
    more = {
        "created_count": counted.get("created", 0),
        "updated_count": counted.get("updated", 0) + counted.get("kept", 0),
        "unchanged_count": counted.get("unchanged", 0),
        "refused_count": counted.get("refused", 0),
        "pages": 1,
    }
    sums = {name: col(getattr(Feed, name)) + count for name, count in more.items() if count}
    await session.execute(
        update(Feed)
        .where(col(Feed.id) == feed_id)
        .values(**sums, **values)
        .execution_options(synchronize_session=False)
    )
