"""Trust relationships and groups, held for whoever changes them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlmodel import col

from models.database import Session
from models.organizations import Organization
from models.queries.accounts import insert_new
from models.trust import TrustGroup, TrustMember, TrustRelationship
from rules.access.viewer import Viewer
from rules.relationships import RelationshipStatus


async def organization(session: Session, viewer: Viewer, organization_id: str) -> Organization | None:
    """One that is active, or the viewer's own: whom one can find."""
    found = await session.get(Organization, organization_id)
    return found if found is not None and (found.is_active or found.id == viewer.organization_id) else None


async def propose(session: Session, row: TrustRelationship) -> tuple[TrustRelationship, bool]:
    """The relationship of this pair and direction, held, and whether it was made just now. Whoever proposes the same at
    the same moment waits here."""
    is_new = await insert_new(session, row)
    pair = col(TrustRelationship.trustor_id) == row.trustor_id, col(TrustRelationship.trustee_id) == row.trustee_id
    return (await session.scalars(select(TrustRelationship).where(*pair).with_for_update())).one(), is_new


async def relationship(session: Session, viewer: Viewer, relationship_id: str) -> TrustRelationship | None:
    """One of which the viewer's organisation is a side; nobody else changes it until this transaction ends."""
    found = select(TrustRelationship).where(
        col(TrustRelationship.id) == relationship_id,
        or_(
            col(TrustRelationship.trustor_id) == viewer.organization_id,
            col(TrustRelationship.trustee_id) == viewer.organization_id,
        ),
    )
    return (await session.scalars(found.with_for_update())).one_or_none()


async def relationships_of(session: Session, organization_id: str) -> Sequence[TrustRelationship]:
    """All of which it is a side and that are in force or wait for an answer, held."""
    found = select(TrustRelationship).where(
        col(TrustRelationship.status).in_((RelationshipStatus.ACTIVE, RelationshipStatus.PENDING)),
        or_(col(TrustRelationship.trustor_id) == organization_id, col(TrustRelationship.trustee_id) == organization_id),
    )
    return (await session.scalars(found.order_by(col(TrustRelationship.id)).with_for_update())).all()


async def due(session: Session, now: datetime, *, limit: int) -> Sequence[TrustRelationship]:
    """Those that begin or end by themselves and have not yet, held. Who looks at the same moment waits, and finds
    none left."""
    found = select(TrustRelationship).where(col(TrustRelationship.turns_at) <= now)
    return (await session.scalars(found.order_by(col(TrustRelationship.id)).limit(limit).with_for_update())).all()


async def next_turn(session: Session) -> datetime | None:
    """When the next relationship begins or ends by itself; None: none will."""
    first = select(col(TrustRelationship.turns_at)).where(col(TrustRelationship.turns_at).is_not(None))
    return await session.scalar(first.order_by(col(TrustRelationship.turns_at)).limit(1))


async def group(session: Session, viewer: Viewer, group_id: str) -> tuple[TrustGroup, TrustMember] | None:
    """A group that the viewer's organisation is in or invited to, and its place there. Nobody else changes the group or
    its members until this transaction ends: who would, holds the group first."""
    held = select(TrustGroup).where(col(TrustGroup.id) == group_id, _is_in(viewer.organization_id)).with_for_update()
    found = (await session.scalars(held)).one_or_none()
    mine = None if found is None else await member(session, group_id, viewer.organization_id)
    return None if found is None or mine is None else (found, mine)


async def groups_of(session: Session, organization_id: str) -> Sequence[TrustGroup]:
    """Those it is in or invited to, held."""
    found = select(TrustGroup).where(_is_in(organization_id)).order_by(col(TrustGroup.id))
    return (await session.scalars(found.with_for_update())).all()


def _is_in(organization_id: str) -> ColumnElement[bool]:
    mine = select(col(TrustMember.group_id)).where(col(TrustMember.organization_id) == organization_id)
    return col(TrustGroup.id).in_(mine)


async def member(session: Session, group_id: str, organization_id: str) -> TrustMember | None:
    return await session.get(TrustMember, (group_id, organization_id))


async def members(session: Session, group_id: str) -> Sequence[TrustMember]:
    """Those who agreed, longest there first."""
    found = select(TrustMember).where(col(TrustMember.group_id) == group_id, col(TrustMember.is_active).is_(True))
    return (await session.scalars(found.order_by(col(TrustMember.created_at), col(TrustMember.organization_id)))).all()


async def forget_invited(session: Session, group_id: str) -> None:
    """Those who were asked to join a group in which nobody is left."""
    await session.execute(delete(TrustMember).where(col(TrustMember.group_id) == group_id))


async def count_members(session: Session, group_id: str) -> int:
    """Those invited included."""
    counted = select(func.count()).select_from(TrustMember).where(col(TrustMember.group_id) == group_id)
    return await session.scalar(counted) or 0
