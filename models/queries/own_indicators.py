"""The viewer's own indicators, to be changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import and_, case, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from foundation.ids import OtherKey
from models import tables as rows
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer
from rules.pseudonyms import Pseudonyms


@dataclass(frozen=True, slots=True)
class Found:
    """An indicator as the viewer sees it: its key, that of the original, whose it is, and its newest version."""

    indicator_id: str
    original_id: str
    holder_id: str
    stix_id: str
    form_from: int
    revoked: bool
    required: int
    version_id: int


async def find(session: AsyncSession, viewer: Viewer, key: str | OtherKey, pseudonyms: Pseudonyms) -> Found | None:
    """By its key or the STIX id that the viewer knows it by; the own one first, where several organisations hold one of
    that id."""
    one = rows.Indicator
    columns = (
        col(one.id), col(one.original_id), col(one.organization_id), col(one.stix_id), col(one.form_from),
        col(one.revoked), col(one.required), col(one.version_id),
    )  # fmt: skip
    named = col(one.id) == key if isinstance(key, str) else col(one.stix_id) == key.text
    if isinstance(key, OtherKey) and (original := pseudonyms.key_of(key.text)) is not None:
        named = or_(named, and_(col(one.original_id) == original, col(one.form_from) > 0))
    own_first = case((col(one.organization_id) == viewer.organization_id, 0), else_=1)
    statement = select(*columns).where(named, visible(one)).order_by(own_first, col(one.id)).limit(1)
    found = (await session.execute(statement, viewer_parameters(viewer))).one_or_none()
    return None if found is None else Found(*found)


async def content_of(session: AsyncSession, version_id: int) -> Mapping[str, Any]:
    """The members of a version that was found."""
    version = rows.StixVersion
    text = (await session.scalars(select(col(version.content)).where(col(version.id) == version_id))).one()
    content: Mapping[str, Any] = orjson.loads(text)
    return content


async def reported(session: AsyncSession, viewer: Viewer, fingerprint: str) -> str | None:
    """The key of what the viewer's organisation itself reports of the same, and has not taken back."""
    one = rows.Indicator
    statement = (
        select(col(one.id))
        .where(
            visible(one),
            col(one.organization_id) == viewer.organization_id,
            col(one.fingerprint) == fingerprint,
            col(one.form_from) == 0,
            col(one.created_by_ref).is_(None),
            ~col(one.revoked),
        )
        .order_by(col(one.created_at), col(one.id))
        .limit(1)
    )
    found: str | None = await session.scalar(statement, viewer_parameters(viewer))
    return found
