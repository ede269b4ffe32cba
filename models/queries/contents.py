"""What objects are shown from: their text as it is stored.

This carries no viewer: what may be shown of it was found out before, when the page was read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Text, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models import tables as rows

AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """A version and what it is of. `text` is the object as JSON; `is_versioned`: by STIX, with `modified`."""

    object_id: str
    organization_id: str
    stix_id: str
    type: str
    is_versioned: bool
    tlp: str
    text: str


async def stored(session: AsyncSession, version_ids: Iterable[int]) -> dict[int, Stored]:
    """By the number of the version; one whose text is gone is left out."""
    version, held = rows.StixVersion, rows.StixObject
    wanted = (
        select(
            col(version.id),
            col(held.id),
            col(held.organization_id),
            col(held.stix_id),
            col(held.type),
            col(held.modified).is_not(None),
            col(version.tlp),
            type_coerce(col(version.content), Text),
        )
        .select_from(version)
        .join(held, col(held.id) == col(version.object_id))
    )
    numbers = sorted(set(version_ids))
    found: dict[int, Stored] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        for row in (await session.execute(wanted.where(col(version.id).in_(some)))).all():
            found[row[0]] = Stored(*row[1:])
    return found
