"""What explaining somebody's access to an object takes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models import tables as rows
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer


async def seen_object(session: AsyncSession, viewer: Viewer, key: str, original: str | None) -> rows.StixObject | None:
    """The object in the row that the viewer sees, by its key or STIX id, or by the key of the original behind a
    pseudonym. Who looks after the whole installation finds every object by its key, as it was sent."""
    held = rows.StixObject
    named = or_(col(held.id) == key, and_(col(held.stix_id) == key, col(held.form_from) == 0))
    if original is not None:
        named = or_(named, and_(col(held.original_id) == original, col(held.form_from) > 0))
    given = viewer_parameters(viewer)
    order = (col(held.organization_id) != viewer.organization_id, col(held.id))
    found = (await session.scalars(select(held).where(named, visible(held)).order_by(*order), given)).first()
    if found is None and viewer.is_platform_admin:
        found = (await session.scalars(select(held).where(col(held.id) == key, col(held.form_from) == 0))).first()
    return found


async def rows_of(session: AsyncSession, original_id: str) -> Sequence[rows.StixObject]:
    """The object as it was sent and its renditions."""
    held = rows.StixObject
    return (await session.scalars(select(held).where(col(held.original_id) == original_id))).all()


async def right_of(session: AsyncSession, reader_id: str, producer_id: str) -> rows.Access | None:
    return await session.get(rows.Access, (reader_id, producer_id))


async def relationship(session: AsyncSession, reader_id: str, producer_id: str) -> rows.TrustRelationship | None:
    """What the producer decided about the reader."""
    told = rows.TrustRelationship
    wanted = select(told).where(col(told.trustor_id) == producer_id, col(told.trustee_id) == reader_id)
    return (await session.scalars(wanted)).one_or_none()


async def group_level(session: AsyncSession, reader_id: str, producer_id: str) -> int | None:
    """The best level of the groups that both are active members of."""
    group: Any = rows.TrustGroup
    mine, theirs = (rows.TrustMember.__table__.alias(name) for name in ("mine", "theirs"))  # type: ignore[attr-defined]
    best = (
        select(func.max(col(group.granted)))
        .join(mine, and_(mine.c.group_id == col(group.id), mine.c.organization_id == reader_id))
        .join(theirs, and_(theirs.c.group_id == col(group.id), theirs.c.organization_id == producer_id))
        .where(mine.c.is_active == true(), theirs.c.is_active == true())
    )
    found: int | None = await session.scalar(best)
    return found
