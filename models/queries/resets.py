"""Tokens that set a new password: given out, looked up, used once. All of them by their digest."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from models.database import Session
from models.organizations import Organization
from models.people import FailedSignIn, PasswordReset, User

KEPT = timedelta(days=1)  # what is over is kept so long, to count how often somebody was written to


async def person_held(session: Session, user_id: str) -> User | None:
    """An active person of an active organisation, whom nobody else changes until this transaction ends. The person
    before his tokens: everyone locks in this order."""
    found = (
        select(User)
        .join(Organization, col(Organization.id) == col(User.organization_id))
        .where(
            col(User.id) == user_id,
            col(User.kind) == "person",
            col(User.is_active).is_(True),
            col(Organization.is_active).is_(True),
        )
    )
    return (await session.scalars(found.with_for_update(of=User))).one_or_none()


async def issued_since(session: Session, user_id: str, since: datetime, *, but: str) -> int:
    """How many tokens the person was given after that time, `but` this one."""
    found = select(func.count()).where(
        col(PasswordReset.user_id) == user_id, col(PasswordReset.created_at) > since, col(PasswordReset.id) != but
    )
    return (await session.scalar(found)) or 0


async def issue(session: Session, row: PasswordReset) -> None:
    """Gives out a token; all earlier ones of the person end. The same one given out again is another token."""
    mine = col(PasswordReset.user_id) == row.user_id
    await session.execute(delete(PasswordReset).where(mine, col(PasswordReset.created_at) <= row.created_at - KEPT))
    await session.execute(
        update(PasswordReset).where(mine, col(PasswordReset.ended_at).is_(None)).values(ended_at=row.created_at)
    )
    await session.merge(row)
    await session.flush()


async def standing(session: Session, digest: str, now: datetime) -> PasswordReset | None:
    """The token, while it is good for something."""
    found = select(PasswordReset).where(
        col(PasswordReset.digest) == digest, col(PasswordReset.ended_at).is_(None), col(PasswordReset.expires_at) > now
    )
    return (await session.scalars(found)).one_or_none()


async def use(session: Session, digest: str, now: datetime) -> bool:
    """Takes the token, once. False when it was used, followed by a newer one, or is too old."""
    taken = await session.scalar(
        update(PasswordReset)
        .where(
            col(PasswordReset.digest) == digest,
            col(PasswordReset.ended_at).is_(None),
            col(PasswordReset.expires_at) > now,
        )
        .values(ended_at=now)
        .returning(col(PasswordReset.id))
    )
    return taken is not None


async def unlock(session: Session, subject: str) -> None:
    """Who has shown that the mailbox is his need not wait for what others guessed."""
    await session.execute(delete(FailedSignIn).where(col(FailedSignIn.key) == subject))
