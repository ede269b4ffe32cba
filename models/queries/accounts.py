"""Making accounts and keys: what must be unique, and whose it is."""

from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlmodel import col

from models.database import Session
from models.organizations import Organization
from models.people import ApiKey, User
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer


async def organization_by_name(session: Session, name: str) -> Organization | None:
    return (await session.scalars(select(Organization).where(col(Organization.name) == name))).one_or_none()


async def account_names_taken(session: Session, name_key: str, email_key: str | None) -> tuple[bool, bool]:
    """Whether the name, and whether the address, belong to somebody already. Both are in their normal form."""
    found = select(col(User.name_key), col(User.email_key)).where(
        or_(col(User.name_key) == name_key, col(User.email_key) == email_key)
    )
    taken = (await session.execute(found)).all()
    return any(row[0] == name_key for row in taken), email_key is not None and any(row[1] == email_key for row in taken)


async def service_user(session: Session, name_key: str) -> User | None:
    """Locked until this transaction ends: two keys made at once under one new name are counted one after the other."""
    return (await session.scalars(select(User).where(col(User.name_key) == name_key).with_for_update())).one_or_none()


async def live_keys(session: Session, organization_id: str, now: datetime) -> int:
    """How many keys of an organisation are neither revoked nor expired."""
    found = select(func.count()).where(
        col(ApiKey.organization_id) == organization_id, col(ApiKey.revoked_at).is_(None), col(ApiKey.expires_at) > now
    )
    return (await session.scalar(found)) or 0


async def api_key(session: Session, viewer: Viewer, key_id: str) -> ApiKey | None:
    """A key, if this viewer may see it."""
    found = select(ApiKey).where(col(ApiKey.id) == key_id, visible(ApiKey))
    return (await session.scalars(found, viewer_parameters(viewer))).one_or_none()


async def revoke_key(session: Session, viewer: Viewer, key_id: str, now: datetime) -> ApiKey | None:
    """The key, revoked now or before; None when there is none that this viewer may see."""
    mine = select(col(ApiKey.id)).where(col(ApiKey.id) == key_id, visible(ApiKey))
    await session.execute(
        update(ApiKey)
        .where(col(ApiKey.id).in_(mine), col(ApiKey.revoked_at).is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False),
        viewer_parameters(viewer),
    )
    return await api_key(session, viewer, key_id)
