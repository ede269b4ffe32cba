"""The people of an organisation, as its administrators keep them."""

from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlmodel import col

from models.database import Session
from models.organizations import Organization
from models.people import LoginSession, PasswordReset, User
from rules.access.viewer import Role, Viewer


async def member_held(session: Session, viewer: Viewer, user_id: str) -> User | None:
    """A person or service whom this viewer may keep: of the own organisation, or anybody's for who looks after the
    whole installation. Nobody else changes it until this transaction ends."""
    found = select(User).where(col(User.id) == user_id)
    if not viewer.is_platform_admin:
        found = found.where(col(User.organization_id) == viewer.organization_id)
    return (await session.scalars(found.with_for_update())).one_or_none()


async def has_other_admin(session: Session, user: User) -> bool:
    """Whether the organisation keeps an active administrator without this one. Of two who would go at the same moment
    the second waits here for the first: each holds the person first, then the organisation."""
    home = select(col(Organization.id)).where(col(Organization.id) == user.organization_id)
    await session.execute(home.with_for_update(key_share=True))
    other = exists().where(
        col(User.organization_id) == user.organization_id,
        col(User.id) != user.id,
        col(User.kind) == "person",
        col(User.role) == Role.ADMIN,
        col(User.is_active).is_(True),
    )
    return bool(await session.scalar(select(other)))


async def set_password(
    session: Session, user_id: str, password_hash: str, now: datetime, *, instead_of: str | None = None
) -> bool:
    """Sets a password of the person's own choice. With `instead_of`: unless it was replaced meanwhile, then False."""
    before = [col(User.password_hash) == instead_of] if instead_of is not None else []
    done = await session.scalar(
        update(User)
        .where(col(User.id) == user_id, *before)
        .values(password_hash=password_hash, must_change_password=False, updated_at=now)
        .returning(col(User.id))
    )
    return done is not None


async def put_out(session: Session, user_id: str, now: datetime, reason: str, *, but: str | None = None) -> None:
    """Ends the person's sessions, `but` one, and whatever token would set a new password."""
    others = [col(LoginSession.id) != but] if but is not None else []
    await session.execute(
        update(LoginSession)
        .where(col(LoginSession.user_id) == user_id, col(LoginSession.ended_at).is_(None), *others)
        .values(ended_at=now, end_reason=reason)
    )
    await end_resets(session, user_id, now)


async def end_resets(session: Session, user_id: str, now: datetime) -> None:
    await session.execute(
        update(PasswordReset)
        .where(col(PasswordReset.user_id) == user_id, col(PasswordReset.ended_at).is_(None))
        .values(ended_at=now)
    )


async def remove(session: Session, user: User) -> None:
    """For who never was a member: nothing points at him."""
    await session.execute(delete(User).where(col(User.id) == user.id))
