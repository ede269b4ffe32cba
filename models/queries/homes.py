"""The two collections into which everything is shared: the organisation's own, and that of the installation."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import count

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from foundation.ids import new_id
from models import tables as rows
from models.queries.rights import begin_collection, is_sqlite, take_turn

SHARED = "shared"
"""The alias of the installation's."""


async def homes_of(session: AsyncSession, organization_id: str, now: datetime) -> list[str]:
    """The keys of both, the lower first, made where they are missing. To be asked in the writing transaction, before
    any collection is locked."""
    found = await _found(session, organization_id)
    if len(found) < 2:
        await take_turn(session)  # before either is made: two who make one each must not wait for each other
        found = await _found(session, organization_id)
        if None not in found:
            found[None] = await _make(session, None, "All that is shared here", now)
        if organization_id not in found:
            name = await session.scalar(
                select(col(rows.Organization.name)).where(col(rows.Organization.id) == organization_id)
            )
            found[organization_id] = await _make(session, organization_id, name or "", now)
    return sorted(found.values())


async def _found(session: AsyncSession, organization_id: str) -> dict[str | None, str]:
    collection = rows.Collection
    statement = select(col(collection.organization_id), col(collection.id)).where(
        or_(col(collection.alias) == SHARED, (col(collection.organization_id) == organization_id) & collection.is_home)
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


async def _make(session: AsyncSession, organization_id: str | None, name: str, now: datetime) -> str:
    insert = (sqlite if is_sqlite(session) else postgresql).insert(rows.Collection)
    for title, alias in _names(name) if organization_id else ((name, SHARED),):
        values = {
            "id": new_id(),
            "organization_id": organization_id,
            "title": title,
            "alias": alias,
            "description": "" if organization_id is None else f"What {name} shares.",
            "required": 50,
            "head": 0,
            "is_home": organization_id is not None,
            "created_at": now,
            "updated_at": now,
        }
        made = insert.values(values).on_conflict_do_nothing().returning(col(rows.Collection.id))
        if (key := await session.scalar(made)) is not None:
            await begin_collection(session, key)
            return str(key)
    raise AssertionError("unreachable")


def _names(name: str) -> Iterator[tuple[str, str]]:
    """Title and alias, until both are free. Pollers that keep lists of titles part them by commas and dots."""
    title = " ".join(re.sub(r"[.,]", " ", name).split()) or "Organisation"
    alias = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "organisation"
    for number in count(1):
        yield (title, alias) if number == 1 else (f"{title} {number}", f"{alias}-{number}")
