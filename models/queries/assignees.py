"""Who can be assigned to a case."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models import tables as rows
from models.reading.visibility import viewer_parameters, visible
from rules.access.names import is_storable, normalised, service_key
from rules.access.viewer import Viewer


async def find(session: AsyncSession, viewer: Viewer, words: Sequence[str]) -> list[rows.User | None]:
    """For each id or name the active person or agent of the viewer's own organisation, or None, in the same order."""
    wanted = [word.strip() if is_storable(word) else "" for word in words]
    names = {word: (normalised(word), service_key(viewer.organization_id, word)) for word in wanted if word}
    person = rows.User
    statement = select(person).where(
        visible(person),
        col(person.organization_id) == viewer.organization_id,
        col(person.is_active).is_(True),
        or_(col(person.id).in_(wanted), col(person.name_key).in_([key for keys in names.values() for key in keys])),
    )
    found = list((await session.execute(statement, viewer_parameters(viewer))).scalars())
    by_id, by_name = {user.id: user for user in found}, {user.name_key: user for user in found}
    return [
        by_id.get(word) or next((by_name[key] for key in names.get(word, ()) if key in by_name), None)
        for word in wanted
    ]
