"""Collections as a reader finds them, and what lies in them as it was sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, text, update
from sqlmodel import col

from models import tables as rows
from models.database import Session
from models.queries.positions import chunks
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer


async def collections_of(session: Session, viewer: Viewer) -> list[rows.Collection]:
    """Those the viewer may know of: the installation's first, then by title."""
    found = select(rows.Collection).where(visible(rows.Collection))
    ordered = found.order_by(col(rows.Collection.organization_id).is_not(None), col(rows.Collection.title))
    return list((await session.scalars(ordered, viewer_parameters(viewer))).all())


async def collection_of(session: Session, viewer: Viewer, name: str) -> rows.Collection | None:
    """By its key or its alias."""
    found = select(rows.Collection).where(
        visible(rows.Collection), or_(col(rows.Collection.id) == name, col(rows.Collection.alias) == name)
    )
    return (await session.scalars(found, viewer_parameters(viewer))).first()


_NAMED = text("SELECT id FROM stix_object WHERE stix_id IN :names").bindparams(bindparam("names", expanding=True))


@dataclass(frozen=True, slots=True)
class Held:
    """One version of an object in a collection. `modified` in microseconds."""

    object_id: str
    version_id: int
    modified: int
    is_live: bool


async def held_in(session: Session, collection_id: str, producer_id: str, stix_id: str) -> list[Held]:
    """The versions of a producer's object that lie in a collection and are not deleted."""
    entry, thing = rows.CollectionEntry, rows.StixObject
    found = (
        select(col(entry.object_id), col(entry.version_id), col(entry.modified), col(entry.is_live))
        .join(thing, col(thing.id) == col(entry.object_id))
        .where(
            col(thing.organization_id) == producer_id,
            col(thing.stix_id) == stix_id,
            col(entry.collection_id) == collection_id,
            col(entry.is_erased).is_(False),
        )
    )
    return [Held(*row) for row in (await session.execute(found)).all()]


async def erase(session: Session, object_id: str, versions: Iterable[int]) -> None:
    """Older versions are shown no more, in no collection."""
    entry = rows.CollectionEntry
    meant = (col(entry.object_id) == object_id, col(entry.version_id).in_(sorted(versions)))
    await session.execute(update(entry).where(*meant).values(is_erased=True))


async def status_of(session: Session, viewer: Viewer, status_id: str, since: datetime) -> dict[str, Any] | None:
    """What became of objects that were sent; None where that was longer ago."""
    status = rows.TaxiiStatus
    found = select(col(status.content)).where(
        visible(status), col(status.id) == status_id, col(status.created_at) > since
    )
    return await session.scalar(found, viewer_parameters(viewer))


async def forget_statuses(session: Session, before: datetime, *, limit: int) -> int:
    """Removes old ones, at most `limit`; how many it were."""
    status = rows.TaxiiStatus
    old = select(col(status.id)).where(col(status.created_at) <= before).limit(limit)
    gone = await session.execute(delete(status).where(col(status.id).in_(old.scalar_subquery())))
    return int(gone.rowcount)  # type: ignore[attr-defined]


async def keys_of(session: Session, stix_ids: Iterable[str]) -> list[str]:
    """The keys of all objects with these ids, whosever they are. Only for asking a page: it says who may see them."""
    return [key for some in chunks(sorted(set(stix_ids))) for key in await session.scalars(_NAMED, {"names": some})]
