"""Facts of this installation."""

from datetime import datetime

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from foundation.errors import CommandRefused
from foundation.ids import new_id
from models.database import Database
from models.events import Installation
from models.people import LoginSession

_KEY = "key:"
SHARING = "sharing"


async def epoch_of(database: Database) -> str:
    """The epoch that event cursors carry: made by the first migration, and anew by every restore."""
    async with database.reading() as session:
        found = await session.scalar(select(col(Installation.value)).where(col(Installation.key) == "epoch"))
    if found is None:
        raise CommandRefused("This database was never migrated: run `casegraph migrate`.")
    return found


async def passes_by_the_wall(database: Database) -> bool:
    """Whether the role we are connected as passes by row level security, as superusers do (models/walls.py)."""
    if database.is_sqlite:
        return False
    mighty = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    async with database.reading() as session:
        return bool(await session.scalar(mighty))


async def key_ids(database: Database) -> set[str]:
    """The master keys by which something in this database was made and may still have to be read."""
    async with database.reading() as session:
        found = await session.scalars(select(col(Installation.key)).where(col(Installation.key).startswith(_KEY)))
        return {key.removeprefix(_KEY) for key in found}


async def note_key(database: Database, kid: str) -> None:
    """From now on this database is not opened without that key."""
    async with database.transaction() as session:
        insert = (sqlite if database.is_sqlite else postgresql).insert(Installation)
        await session.execute(insert.values(key=f"{_KEY}{kid}", value="").on_conflict_do_nothing())


async def forget_key(database: Database, kid: str) -> None:
    async with database.transaction() as session:
        await session.execute(delete(Installation).where(col(Installation.key) == f"{_KEY}{kid}"))


async def secret_of(database: Database, name: str, made: str) -> str:
    """The sealed secret of this name; it becomes `made` where there is none yet."""
    wanted = select(col(Installation.secret)).where(col(Installation.key) == name)
    async with database.reading() as session:
        found = await session.scalar(wanted)
    if found is not None:
        return found
    async with database.transaction() as session:
        insert = (sqlite if database.is_sqlite else postgresql).insert(Installation)
        await session.execute(insert.values(key=name, value="", secret=made).on_conflict_do_nothing())
    async with database.reading() as session:  # two processes may have begun at once: the first one's counts
        return str(await session.scalar(wanted))


async def begin_epoch(database: Database, now: datetime) -> str:
    """A new epoch after a restore: cursors of before are told of the gap, and every sign-in has ended."""
    epoch = new_id()
    async with database.transaction() as session:
        await session.execute(update(Installation).where(col(Installation.key) == "epoch").values(value=epoch))
        await session.execute(
            update(LoginSession).where(col(LoginSession.ended_at).is_(None)).values(ended_at=now, end_reason="restored")
        )
    return epoch
