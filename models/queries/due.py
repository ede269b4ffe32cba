"""Objects of which has to be found out anew what they ask of their readers: the flag on their rows is the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from formats.stix.from_stix import StixDraft
from models import tables as rows
from models.queries import renditions
from models.queries.renditions import Share, needs
from models.queries.stix_objects import shown_of


@dataclass(frozen=True, slots=True)
class Due:
    """An object, its newest version, and what it asks so far. `text` is the object as JSON; `version` its time."""

    object_id: str
    version_id: int
    stix_id: str
    type: str
    name: str | None
    modified: datetime | None
    revoked: bool
    tlp: str
    required: int
    exact_form: int
    age: int
    came_at: datetime
    version: datetime
    text: str


async def with_due(session: AsyncSession, most: int) -> list[str]:
    """Some organisations that have such objects."""
    stored = rows.StixObject
    statement = select(col(stored.organization_id)).where(col(stored.is_due)).distinct().limit(most)
    return list((await session.scalars(statement)).all())


async def due(session: AsyncSession, organization_id: str, most: int) -> list[Due]:
    stored, version = rows.StixObject, rows.StixVersion
    names = ("stix_id", "type", "name", "modified", "revoked", "tlp", "required", "form_to", "age", "updated_at")
    statement = (
        select(
            col(stored.id),
            col(stored.version_id),
            *(getattr(stored, name) for name in names),
            col(version.version),
            type_coerce(col(version.content), Text),
        )
        .join(version, col(version.id) == col(stored.version_id))
        .where(col(stored.organization_id) == organization_id, col(stored.is_due), col(stored.form_from) == 0)
        .order_by(col(stored.id))
        .limit(most)
    )
    return [Due(*row) for row in (await session.execute(statement)).all()]


async def still_due(session: AsyncSession, objects: Sequence[Due]) -> set[str]:
    """Which of them are, and of the same version: asked once nobody else can store any."""
    stored = rows.StixObject
    wanted = {one.object_id: one.version_id for one in objects}
    statement = select(col(stored.id), col(stored.version_id)).where(col(stored.id).in_(wanted), col(stored.is_due))
    return {key for key, version in (await session.execute(statement)).all() if wanted[key] == version}


async def restate(session: AsyncSession, organization_id: str, found: Sequence[tuple[Due, StixDraft, Share]]) -> None:
    """Writes what was found out of the newest versions; they are due no longer."""
    asked = [{"id": one.object_id, **needs(share)} for one, _, share in found]
    await session.execute(update(rows.StixObject), [{**values, "is_due": False} for values in asked])
    if some := [values for values, (_, draft, _) in zip(asked, found, strict=True) if draft.indicator]:
        await session.execute(update(rows.Indicator), some)
    shown = [
        shown_of(draft, share, organization_id, one.object_id, one.version_id, one.came_at)
        for one, draft, share in found
    ]
    await renditions.write(session, shown)
    await renditions.write_references(session, shown)
