"""Making accounts and keys: what must be unique, and whose it is."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col

from models.database import Session
from models.organizations import Organization
from models.people import ApiKey, User
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer

ADDRESSES = 4_823_176_091_337_520  # the advisory lock of whoever gives out mail addresses: any number, always the same


async def insert_new(session: Session, row: SQLModel) -> bool:
    """Inserts the row unless one with the same key or the same unique name is there. False: it is.

    Whoever makes the same one at the same moment waits here until this transaction has ended.
    """
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(type(row))
    made = await session.scalar(
        insert.values(**row.model_dump()).on_conflict_do_nothing().returning(type(row).__table__.c.id)  # type: ignore[attr-defined]
    )
    return made is not None


async def hold_name(session: Session, name_key: str) -> None:
    """Until this transaction ends nobody else gives out this name: a person and a service of one name lie under
    different keys, so no unique index keeps them apart. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("name:" + name_key, 0))))


async def organization_like(session: Session, name: str) -> Organization | None:
    """The organisation of this name in any case of its ASCII letters: a stranger's look-alike is no new one."""
    plain = name.translate({upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)})
    found = select(Organization).where(func.lower(col(Organization.name)) == plain)
    exact_first = found.order_by(col(Organization.name) != name, col(Organization.created_at)).limit(1)
    return (await session.scalars(exact_first)).first()


async def organization_by_name(session: Session, name: str) -> Organization | None:
    return (await session.scalars(select(Organization).where(col(Organization.name) == name))).one_or_none()


async def user_by_name(session: Session, name_key: str) -> User | None:
    return (await session.scalars(select(User).where(col(User.name_key) == name_key))).one_or_none()


async def name_taken(session: Session, name_key: str) -> bool:
    """Whether a person, or a service of any organisation, bears this name; until this transaction ends nobody else
    is given it."""
    await hold_name(session, name_key)
    return bool(await user_by_name(session, name_key) or await service_user_called(session, name_key))


async def address_owner(session: Session, indexes: Sequence[str]) -> str | None:
    """Who has the address with these blind indexes; until this transaction ends nobody else takes it.

    Two indexes of one address are two texts, so while keys are rotated the unique column alone would not keep a second
    person from it. On PostgreSQL whoever gives out addresses therefore queues here; SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(ADDRESSES)))
    return await session.scalar(select(col(User.id)).where(col(User.email_key).in_(indexes)).limit(1))


async def address_taken(session: Session, indexes: Sequence[str]) -> bool:
    """Whether somebody has it."""
    return await address_owner(session, indexes) is not None


async def service_user_called(session: Session, name_key: str) -> User | None:
    """A service user of any organisation whose name is this one. Its key leads with its organisation's."""
    found = select(User).where(
        col(User.kind) == "service", col(User.name_key) == col(User.organization_id) + ":" + name_key
    )
    return (await session.scalars(found.limit(1))).first()


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


async def live_key_held(session: Session, viewer: Viewer, key_id: str, now: datetime) -> ApiKey | None:
    """A key that is neither revoked nor expired, if this viewer may see it; nobody else changes it meanwhile."""
    found = select(ApiKey).where(
        col(ApiKey.id) == key_id, visible(ApiKey), col(ApiKey.revoked_at).is_(None), col(ApiKey.expires_at) > now
    )
    return (await session.scalars(found.with_for_update(), viewer_parameters(viewer))).one_or_none()


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
