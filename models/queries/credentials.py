"""What signing in looks up, counts and ends. Each change is one conditional statement: of many at once, one wins.

These statements carry no viewer: they find out who the viewer is. None of them is reachable from a graph field.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, delete, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from models.base import UtcTime
from models.database import Session
from models.organizations import Organization
from models.people import ApiKey, FailedSignIn, LoginSession, RefreshToken, User
from models.reading.visibility import viewer_parameters, visible
from rules.access.lockout import Lockout
from rules.access.viewer import Viewer

MOST_SESSIONS = 200  # shown at once; whoever has more sees the latest


@dataclass(frozen=True)
class Account:
    """A user with the organisation it belongs to."""

    user: User
    organization: Organization

    @property
    def is_active(self) -> bool:
        return self.user.is_active and self.organization.is_active


def _accounts() -> Select[User, Organization]:
    return select(User, Organization).join(Organization, col(Organization.id) == col(User.organization_id))


def _account(row: Any) -> Account | None:
    return None if row is None else Account(row[0], row[1])


async def account_by_login(session: Session, key: str, addresses: Sequence[str]) -> Account | None:
    """The person whose name, in its normal form, this is, or whose address has one of these blind indexes.

    Service users do not sign in.
    """
    # No name holds an "@" and every address does, so at most one row meets the condition.
    found = _accounts().where(
        col(User.kind) == "person", or_(col(User.name_key) == key, col(User.email_key).in_(addresses))
    )
    return _account((await session.execute(found)).first())


async def account_by_id(session: Session, user_id: str) -> Account | None:
    return _account((await session.execute(_accounts().where(col(User.id) == user_id))).first())


async def account_held(session: Session, user_id: str, *, changing: bool = False) -> Account | None:
    """The account as it is now, and as it stays until this transaction ends: no password change slips in between.

    `changing`: held alone, by one who is to change the user. Two who share it would wait for each other.
    """
    of = [User] if changing else [User, Organization]
    found = _accounts().where(col(User.id) == user_id).with_for_update(read=not changing, of=of)
    return _account((await session.execute(found.execution_options(populate_existing=True))).first())


async def account_of(session: Session, user_id: str) -> Account | None:
    """The person or service of this key."""
    found = _accounts().where(col(User.id) == user_id)
    return _account((await session.execute(found)).first())


async def sessions_of(session: Session, viewer: Viewer, now: datetime) -> list[LoginSession]:
    """What the viewer is signed in by, the latest first."""
    found = select(LoginSession).where(
        visible(LoginSession), col(LoginSession.ended_at).is_(None), col(LoginSession.expires_at) > now
    )
    latest = found.order_by(col(LoginSession.created_at).desc(), col(LoginSession.id)).limit(MOST_SESSIONS)
    return list(await session.scalars(latest, viewer_parameters(viewer)))


async def is_session_of(session: Session, viewer: Viewer, session_id: str) -> bool:
    """Whether it is, or was, one of the viewer's own."""
    found = select(col(LoginSession.id)).where(col(LoginSession.id) == session_id, visible(LoginSession))
    return await session.scalar(found, viewer_parameters(viewer)) is not None


async def session_account(session: Session, session_id: str, now: datetime) -> Account | None:
    """Whose session this is, while it lasts."""
    found = (
        _accounts()
        .join(LoginSession, col(LoginSession.user_id) == col(User.id))
        .where(
            col(LoginSession.id) == session_id, col(LoginSession.ended_at).is_(None), col(LoginSession.expires_at) > now
        )
    )
    return _account((await session.execute(found)).first())


async def key_account(
    session: Session, now: datetime, *, digest: str | None = None, key_id: str | None = None
) -> tuple[ApiKey, Account] | None:
    """A key that is neither revoked nor expired, by its digest or its id, with whom it belongs to."""
    wanted = col(ApiKey.digest) == digest if digest is not None else col(ApiKey.id) == key_id
    found = (
        select(ApiKey, User, Organization)
        .join(User, col(User.id) == col(ApiKey.user_id))
        .join(Organization, col(Organization.id) == col(ApiKey.organization_id))
        .where(wanted, col(ApiKey.revoked_at).is_(None), col(ApiKey.expires_at) > now)
    )
    row = (await session.execute(found)).first()
    return None if row is None else (row[0], Account(row[1], row[2]))


async def note_key_used(session: Session, key_id: str, now: datetime) -> None:
    await session.execute(update(ApiKey).where(col(ApiKey.id) == key_id).values(last_used_at=now))


async def locked_until(session: Session, key: str, now: datetime) -> datetime | None:
    """When the lock of this name ends; None while it is open."""
    found = select(col(FailedSignIn.locked_until)).where(
        col(FailedSignIn.key) == key, col(FailedSignIn.locked_until) > now
    )
    return (await session.execute(found)).scalar()


async def note_failure(session: Session, key: str, now: datetime, rule: Lockout) -> bool:
    """Counts one wrong password. False when the name is locked already: this guess is not to be answered.

    One statement: of any number of guesses at the same moment no more than the limit is told that it was wrong.
    """
    begins, ends = literal(now, UtcTime()), literal(now + rule.locked_for, UtcTime())
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(FailedSignIn)
    # A window that is over, and a lock that has run out, begin a new count.
    over = or_(col(FailedSignIn.since) <= now - rule.rate.span, col(FailedSignIn.locked_until).is_not(None))
    failures = case((over, 1), else_=col(FailedSignIn.failures) + 1)
    counted = await session.scalar(
        insert.values(key=key, failures=1, since=now, locked_until=ends if rule.rate.amount == 1 else None)
        .on_conflict_do_update(
            index_elements=[col(FailedSignIn.key)],
            set_={
                "failures": failures,
                "since": case((over, begins), else_=col(FailedSignIn.since)),
                "locked_until": case((failures >= rule.rate.amount, ends), else_=None),
            },
            where=or_(col(FailedSignIn.locked_until).is_(None), col(FailedSignIn.locked_until) <= now),
        )
        .returning(col(FailedSignIn.failures))
    )
    return counted is not None


async def forgive(session: Session, key: str, now: datetime) -> datetime | None:
    """After a right password the count begins anew, unless the name was locked meanwhile: then, when the lock ends."""
    open_ = or_(col(FailedSignIn.locked_until).is_(None), col(FailedSignIn.locked_until) <= now)
    await session.execute(delete(FailedSignIn).where(col(FailedSignIn.key) == key, open_))
    return await locked_until(session, key, now)


async def use_refresh_token(session: Session, digest: str, now: datetime) -> bool:
    """Takes the token, once. False when it was used before, or never given out."""
    taken = await session.scalar(
        update(RefreshToken)
        .where(col(RefreshToken.digest) == digest, col(RefreshToken.used_at).is_(None))
        .values(used_at=now)
        .returning(col(RefreshToken.id))
    )
    return taken is not None


async def renew_session(session: Session, session_id: str, now: datetime) -> LoginSession | None:
    """Notes that the session was used, and locks it, so that it does not end before this transaction does."""
    found = await session.scalars(
        update(LoginSession)
        .where(
            col(LoginSession.id) == session_id, col(LoginSession.ended_at).is_(None), col(LoginSession.expires_at) > now
        )
        .values(last_used_at=now)
        .returning(LoginSession)
    )
    return found.one_or_none()


async def end_session(session: Session, session_id: str, now: datetime, reason: str) -> bool:
    """Ends it with all its tokens. False when it had ended before."""
    ended = await session.scalar(
        update(LoginSession)
        .where(col(LoginSession.id) == session_id, col(LoginSession.ended_at).is_(None))
        .values(ended_at=now, end_reason=reason)
        .returning(col(LoginSession.id))
    )
    return ended is not None
