"""Indicators by their values: those of a collection that a reader may act on, and those one has already."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
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


async def held_values(session: Session, viewer: Viewer, values: Sequence[str]) -> dict[tuple[str, str], str]:
    """Type and value of what the viewer's organisation has an indicator of that it did not take back, with its key."""
    indicator = rows.Indicator
    found = select(col(indicator.type), col(indicator.value), col(indicator.id)).where(
        visible(indicator),
        col(indicator.organization_id) == viewer.organization_id,
        col(indicator.form_from) == 0,
        col(indicator.revoked).is_(False),
        col(indicator.type).is_not(None),
        col(indicator.id).in_(
            select(col(rows.IndicatorKey.indicator_id)).where(col(rows.IndicatorKey.value).in_(sorted(set(values))))
        ),
        col(indicator.value).in_(sorted(set(values))),
    )
    answer = await session.execute(found, viewer_parameters(viewer))
    return {(str(kind), str(value)): key for kind, value, key in answer.all()}
