"""What cases looked up in shared intelligence, kept for as long as their people are told of what comes later."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models import tables as rows
from models.queries.homes import SHARED
from models.queries.indicators import Observed
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Watch:
    """`observed` is what is looked up, `known` the keys of the originals that are no news, `head` the newest place in
    the shared collection before it was read."""

    investigation_id: int
    observed: tuple[Observed, ...]
    known: frozenset[str]
    looked_at: datetime
    head: int


async def keep(
    session: AsyncSession,
    case: rows.Investigation,
    observed: Sequence[Observed],
    known: Collection[str],
    *,
    now: datetime,
    until: datetime,
) -> None:
    """What the newest run of a case looked up, in the place of what an older one did. It is looked through once more
    at once, for what came in while the run judged."""
    watch = rows.CaseWatch(
        investigation_id=case.id,
        organization_id=case.organization_id,
        observed=[list(one) for one in observed],
        known=sorted(known),
        head=0,
        looked_at=now,
        until=until,
    )
    await session.merge(watch)


async def behind(session: AsyncSession, *, now: datetime, before: datetime, most: int) -> list[tuple[int, str]]:
    """Cases that were last looked after before that time, and since when something was shared or seen otherwise: the
    longest ago first, each with its organisation."""
    watch, case, shared = rows.CaseWatch, rows.Investigation, rows.Collection
    statement = (
        select(col(watch.investigation_id), col(watch.organization_id))
        .join(case, col(case.id) == col(watch.investigation_id))
        .join(shared, col(shared.alias) == SHARED)
        .where(
            col(watch.looked_at) <= before,
            col(watch.until) > now,
            col(watch.head) < col(shared.head),
            col(case.archived_at).is_(None),
        )
        .order_by(col(watch.looked_at), col(watch.investigation_id))
        .limit(most)
    )
    return [(number, organization) for number, organization in (await session.execute(statement)).all()]


async def watch_of(session: AsyncSession, viewer: Viewer, investigation_id: int) -> Watch | None:
    watch, shared = rows.CaseWatch, rows.Collection
    head = select(col(shared.head)).where(col(shared.alias) == SHARED).scalar_subquery()
    statement = (
        select(col(watch.investigation_id), col(watch.observed), col(watch.known), col(watch.looked_at), head)
        .join(rows.Investigation, col(rows.Investigation.id) == col(watch.investigation_id))
        .where(
            col(watch.investigation_id) == investigation_id,
            col(watch.organization_id) == viewer.organization_id,
            visible(rows.Investigation),
        )
    )
    found = (await session.execute(statement, viewer_parameters(viewer))).one_or_none()
    if found is None:
        return None
    number, observed, known, looked_at, newest = found
    pairs = tuple((kind, value) for kind, value in observed)
    return Watch(number, pairs, frozenset(known), looked_at, newest or 0)


async def looked(session: AsyncSession, watch: Watch, news: Collection[str], now: datetime) -> bool:
    """That it was looked through; whether nobody else did so meanwhile."""
    table = rows.CaseWatch
    statement = (
        update(table)
        .where(col(table.investigation_id) == watch.investigation_id, col(table.looked_at) == watch.looked_at)
        .values(looked_at=now, head=watch.head, known=sorted(watch.known | set(news)))
        .returning(col(table.investigation_id))
    )
    return (await session.scalar(statement)) is not None


async def forget(session: AsyncSession, now: datetime, *, limit: int) -> int:
    """Removes some of those that are looked after no longer; how many."""
    table = rows.CaseWatch
    over = select(col(table.investigation_id)).where(col(table.until) <= now).limit(limit)
    gone = await session.execute(delete(table).where(col(table.investigation_id).in_(over)))
    return int(gone.rowcount)  # type: ignore[attr-defined]
