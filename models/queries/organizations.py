"""Organisations as commands and their keepers find them."""

from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import col

from foundation.errors import CommandRefused
from models.database import Database, Session
from models.organizations import Organization
from models.people import LoginSession, PasswordReset, User


async def the_organization(database: Database, name: str | None) -> Organization:
    """The one of this name; without a name the only one there is. Raises CommandRefused, naming the choices."""
    async with database.reading() as session:
        found = (await session.scalars(select(Organization).order_by(col(Organization.name)).limit(50))).all()
    if name is not None:
        found = [one for one in found if one.name == name or one.id == name]
    if len(found) == 1:
        return found[0]
    if name is not None:
        raise CommandRefused(f"There is no organisation {name!r}.")
    if not found:
        raise CommandRefused("There is no organisation yet: `casegraph create-admin` makes one.")
    raise CommandRefused("Say which with --organization: " + ", ".join(one.name for one in found))


async def held(session: Session, organization_id: str) -> Organization | None:
    """Nobody else changes it until this transaction ends."""
    found = select(Organization).where(col(Organization.id) == organization_id).with_for_update()
    return (await session.scalars(found)).one_or_none()


async def put_out(session: Session, organization_id: str, now: datetime) -> None:
    """Ends the sessions of all its people, and whatever token would set a new password."""
    people = select(col(User.id)).where(col(User.organization_id) == organization_id)
    for ended, reason in ((LoginSession, {"end_reason": "organization_disabled"}), (PasswordReset, {})):
        await session.execute(
            update(ended)
            .where(col(ended.user_id).in_(people), col(ended.ended_at).is_(None))
            .values(ended_at=now, **reason)
            .execution_options(synchronize_session=False)
        )


async def own_things(session: Session, organization_id: str) -> tuple[str, list[str], list[str]]:
    """The domain, networks and names that the organisation says are its own."""
    columns = (col(Organization.domain), col(Organization.networks), col(Organization.names))
    domain, networks, names = (
        await session.execute(select(*columns).where(col(Organization.id) == organization_id))
    ).one()
    return domain, networks, names


async def set_own_things(
    session: Session, organization_id: str, networks: list[str], names: list[str], *, now: datetime
) -> None:
    own = update(Organization).where(col(Organization.id) == organization_id)
    await session.execute(own.values(networks=networks, names=names, updated_at=now))
