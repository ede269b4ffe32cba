"""Warning lists are loaded and taken away, a batch a transaction, since a list may have a million entries."""

from collections.abc import Iterable

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from models.database import Session
from models.warning_lists import WarningEntry, WarningList
from rules.warning_lists import Entry

BATCH = 5_000


async def add(session: Session, one: WarningList) -> None:
    await session.execute(insert(WarningList).values(**one.model_dump()))


async def add_entries(session: Session, list_id: str, entries: Iterable[Entry]) -> int:
    """How many were new to the list."""
    write = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(WarningEntry)
    before = [{"value": one.value, "kind": str(one.kind), "list_id": list_id} for one in entries]
    done = await session.execute(write.values(before).on_conflict_do_nothing())
    return int(done.rowcount)  # type: ignore[attr-defined]


async def activate(session: Session, list_id: str, name: str, entries: int) -> None:
    """From now on this is the list of that name; the one before it is none any more."""
    await session.execute(update(WarningList).where(col(WarningList.name) == name).values(is_active=False))
    await session.execute(
        update(WarningList).where(col(WarningList.id) == list_id).values(is_active=True, entries=entries)
    )


async def deactivate(session: Session, name: str) -> bool:
    """Whether there was such a list."""
    done = await session.execute(
        update(WarningList)
        .where(col(WarningList.name) == name, col(WarningList.is_active).is_(True))
        .values(is_active=False)
        .returning(col(WarningList.id))
    )
    return done.first() is not None


async def inactive(session: Session, name: str) -> list[str]:
    """Lists of this name that are in nobody's use: replaced, or broken off while they were loaded."""
    found = select(col(WarningList.id)).where(col(WarningList.name) == name, col(WarningList.is_active).is_(False))
    return list((await session.scalars(found)).all())


async def remove_some(session: Session, list_id: str) -> bool:
    """Takes a batch of entries away, and the list with the last ones. Whether there are more."""
    some = (
        select(col(WarningEntry.value), col(WarningEntry.kind)).where(col(WarningEntry.list_id) == list_id).limit(BATCH)
    )
    found = list((await session.execute(some)).all())
    if found:
        values = [value for value, _ in found]
        await session.execute(
            delete(WarningEntry).where(col(WarningEntry.list_id) == list_id, col(WarningEntry.value).in_(values))
        )
    else:
        await session.execute(delete(WarningList).where(col(WarningList.id) == list_id))
    return bool(found)
