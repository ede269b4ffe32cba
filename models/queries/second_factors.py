"""Second factors at work. Each use is one conditional statement: of many at once, one wins (SECURITY R6).

These statements carry no viewer but name the person: who it is was found out by the password or the session. The
person's row is locked before any row here, by everyone, so that nobody waits in a circle.
"""

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from models.database import Session
from models.people import User
from models.reading.visibility import viewer_parameters, visible
from models.second_factors import Device, RecoveryCode, TotpSeed
from rules.access.viewer import Viewer


async def seed_of(session: Session, user_id: str) -> TotpSeed | None:
    """The person's seed, whether begun or confirmed."""
    return (await session.scalars(select(TotpSeed).where(col(TotpSeed.user_id) == user_id))).one_or_none()


async def begin(session: Session, seed: TotpSeed) -> bool:
    """Puts a new seed in the place of one that was begun. False where one is confirmed."""
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(TotpSeed)
    values = seed.model_dump()
    begun = await session.scalar(
        insert.values(**values)
        .on_conflict_do_update(
            index_elements=[col(TotpSeed.user_id)], set_=values, where=col(TotpSeed.confirmed_at).is_(None)
        )
        .returning(col(TotpSeed.id))
    )
    return begun is not None


async def confirm(session: Session, user: User, seed_id: str, counter: int, now: datetime) -> bool:
    """Makes the seed a second factor, its first code spent. False when it is one already, or another was begun."""
    confirmed = await session.scalar(
        update(TotpSeed)
        .where(col(TotpSeed.id) == seed_id, col(TotpSeed.confirmed_at).is_(None))
        .values(confirmed_at=now, last_counter=counter)
        .returning(col(TotpSeed.id))
    )
    if confirmed is not None:
        user.totp_since = user.updated_at = now
    return confirmed is not None


async def spend_counter(session: Session, seed_id: str, counter: int) -> bool:
    """Takes the code of this step, once. False when it, or one after it, was taken before, or the seed is gone."""
    newer = or_(col(TotpSeed.last_counter).is_(None), col(TotpSeed.last_counter) < counter)
    taken = await session.scalar(
        update(TotpSeed)
        .where(col(TotpSeed.id) == seed_id, col(TotpSeed.confirmed_at).is_not(None), newer)
        .values(last_counter=counter)
        .returning(col(TotpSeed.id))
    )
    return taken is not None


async def remove(session: Session, user: User, now: datetime) -> None:
    """Takes the second factor away, begun or confirmed, with all that hangs on it."""
    user.totp_since, user.updated_at = None, now
    await session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user.id))
    await session.execute(delete(TotpSeed).where(col(TotpSeed.user_id) == user.id))
    await revoke_devices(session, user.id, now)


async def unused_recovery_code(session: Session, user_id: str, digest: str) -> str | None:
    """The id of the person's recovery code with this digest, while it is good."""
    found = select(col(RecoveryCode.id)).where(
        col(RecoveryCode.user_id) == user_id, col(RecoveryCode.digest) == digest, col(RecoveryCode.used_at).is_(None)
    )
    return (await session.scalars(found)).first()


async def spend_recovery_code(session: Session, code_id: str, now: datetime) -> bool:
    """Takes the code, once. False when it was taken, or replaced, before."""
    taken = await session.scalar(
        update(RecoveryCode)
        .where(col(RecoveryCode.id) == code_id, col(RecoveryCode.used_at).is_(None))
        .values(used_at=now)
        .returning(col(RecoveryCode.id))
    )
    return taken is not None


async def replace_recovery_codes(session: Session, user_id: str, digests: list[str], now: datetime) -> None:
    """These, and none of those before."""
    await session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))
    session.add_all([RecoveryCode(user_id=user_id, digest=digest, created_at=now) for digest in digests])


async def live_device(session: Session, user_id: str, digest: str, now: datetime) -> str | None:
    """The id of the person's device with this token, unless it is revoked or has run out."""
    found = select(col(Device.id)).where(
        col(Device.user_id) == user_id,
        col(Device.digest) == digest,
        col(Device.revoked_at).is_(None),
        col(Device.expires_at) > now,
    )
    return (await session.scalars(found)).first()


async def note_device_used(session: Session, device_id: str, now: datetime) -> bool:
    """Notes it, and holds the device until this transaction ends. False when it was revoked meanwhile."""
    used = await session.scalar(
        update(Device)
        .where(col(Device.id) == device_id, col(Device.revoked_at).is_(None))
        .values(last_used_at=now)
        .returning(col(Device.id))
    )
    return used is not None


async def revoke_device(session: Session, viewer: Viewer, device_id: str, now: datetime) -> bool:
    """Revokes the viewer's own device, now or before. False when he has none of this id."""
    mine = col(Device.id).in_(select(col(Device.id)).where(col(Device.id) == device_id, visible(Device)))
    await session.execute(
        update(Device)
        .where(mine, col(Device.revoked_at).is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False),
        viewer_parameters(viewer),
    )
    found = select(col(Device.id)).where(col(Device.id) == device_id, visible(Device))
    return (await session.scalar(found, viewer_parameters(viewer))) is not None


async def revoke_devices(session: Session, user_id: str, now: datetime) -> None:
    """Every device of the person: the password has changed, or the second factor is gone."""
    await session.execute(
        update(Device)
        .where(col(Device.user_id) == user_id, col(Device.revoked_at).is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
