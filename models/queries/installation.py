"""Facts of this installation."""

from sqlalchemy import select
from sqlmodel import col

from models.database import Database
from models.events import Installation


async def epoch_of(database: Database) -> str:
    """The epoch that event cursors carry: made by the first migration, and anew by every restore."""
    async with database.reading() as session:
        found = await session.scalar(select(col(Installation.value)).where(col(Installation.key) == "epoch"))
    if found is None:
        raise LookupError("This database was never migrated: run `casegraph migrate`.")
    return found
