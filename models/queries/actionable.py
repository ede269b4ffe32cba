"""Indicators of a collection that a reader sees as they were sent, and that are good now."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, or_, select
from sqlmodel import col

from models import tables as rows
from models.database import Session
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer


class Listed(NamedTuple):
    id: str
    type: str
    value: str
    confidence: int | None
    valid_from: datetime
    valid_until: datetime | None
    tlp: str
    name: str | None


async def collection_named(session: Session, viewer: Viewer, name: str) -> str | None:
    """The key of a collection, by its key or alias: that of the installation, the own ones, and those of who shares
    something with the viewer's organisation."""
    collection, access = rows.Collection, rows.Access
    shares = exists().where(
        col(access.reader_id) == viewer.organization_id,
        col(access.producer_id) == col(collection.organization_id),
        col(access.level) > 0,
    )
    found = select(col(collection.id)).where(
        or_(col(collection.id) == name, col(collection.alias) == name),
        or_(
            col(collection.organization_id).is_(None),
            col(collection.organization_id) == viewer.organization_id,
            shares,
        ),
    )
    return await session.scalar(found)


async def page(
    session: Session,
    viewer: Viewer,
    collection_id: str,
    types: Sequence[str],
    now: datetime,
    *,
    after: str,
    limit: int,
) -> list[Listed]:
    """The next ones in the order of their keys, behind `after`. `types`: none for all of them."""
    indicator, entry = rows.Indicator, rows.CollectionEntry
    found = (
        select(
            col(indicator.id), col(indicator.type), col(indicator.value), col(indicator.confidence),
            col(indicator.valid_from), col(indicator.valid_until), col(indicator.tlp), col(indicator.name),
        )
        .join(entry, (col(entry.object_id) == col(indicator.original_id)) & col(entry.is_live))
        .where(
            visible(indicator),
            col(indicator.form_from) == 0,
            col(entry.collection_id) == collection_id,
            col(indicator.id) > after,
            col(indicator.revoked).is_(False),
            col(indicator.value).is_not(None),
            col(indicator.type).in_(types) if types else col(indicator.type).is_not(None),
            col(indicator.valid_from) <= now,
            or_(col(indicator.valid_until).is_(None), col(indicator.valid_until) > now),
        )
        .order_by(col(indicator.id))
        .limit(limit)
    )  # fmt: skip
    return [Listed._make(row) for row in (await session.execute(found, viewer_parameters(viewer))).all()]
