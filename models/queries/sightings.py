"""Words on indicators, written down, and what follows from them for the indicator."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models import tables as rows
from models.reading.standings import shown
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer
from rules.investigation.decay import Standing
from rules.relationships import AccessLevel
from rules.sightings import SightingKind

AT_ONCE = 500
"""Keys in one statement, far below what either driver takes."""


async def access_level(session: AsyncSession, *, trustor_id: str, trustee_id: str) -> AccessLevel:
    """What a relationship in force lets the trustee do; nothing where there is none."""
    pair = rows.TrustRelationship
    found = await session.scalar(
        select(col(pair.access_level)).where(
            col(pair.trustor_id) == trustor_id, col(pair.trustee_id) == trustee_id, col(pair.granted) > 0
        )
    )
    return AccessLevel.NONE if found is None else AccessLevel(found)


async def standing_for_update(session: AsyncSession, original_id: str) -> Standing:
    """The standing of an indicator, locked until this transaction ends."""
    table, dialect = rows.IndicatorStanding, session.get_bind().dialect.name
    insert = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    fresh = {"indicator_id": original_id, "vouched": 0, "refuted": 0}
    await session.execute(insert.values(**fresh).on_conflict_do_nothing(index_elements=[col(table.indicator_id)]))
    columns = (col(table.last_seen), col(table.over_at), col(table.vouched), col(table.refuted))
    wanted = select(*columns).where(col(table.indicator_id) == original_id).with_for_update()
    last_seen, over_at, vouched, refuted = (await session.execute(wanted)).one()
    return Standing(last_seen=last_seen, over_at=over_at, vouched=vouched, refuted=refuted)


async def newest_word(
    session: AsyncSession, original_id: str, organization_id: str
) -> tuple[SightingKind, datetime] | None:
    """What an organisation said of it last, and of when; None where it said nothing."""
    word = rows.Sighting
    found = (
        await session.execute(
            select(col(word.kind), col(word.at))
            .where(col(word.indicator_id) == original_id, col(word.organization_id) == organization_id)
            .order_by(col(word.at).desc(), col(word.id).desc())
            .limit(1)
        )
    ).one_or_none()
    return None if found is None else (SightingKind(found[0]), found[1])


async def keep_standing(session: AsyncSession, original_id: str, standing: Standing) -> None:
    table = rows.IndicatorStanding
    await session.execute(
        update(table)
        .where(col(table.indicator_id) == original_id)
        .values(
            last_seen=standing.last_seen,
            over_at=standing.over_at,
            vouched=standing.vouched,
            refuted=standing.refuted,
        )
    )


async def standings(session: AsyncSession, viewer: Viewer, indicator_ids: Collection[str]) -> dict[str, Standing]:
    """By the keys of indicators as the viewer sees them; one of which nobody said anything is left out."""
    one, table = rows.Indicator, rows.IndicatorStanding
    columns = (col(table.last_seen), col(table.over_at), col(table.vouched), col(table.refuted))
    found: dict[str, Standing] = {}
    wanted = sorted(set(indicator_ids))
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        statement = (
            select(col(one.id), col(one.form_from), *columns)
            .join(table, col(table.indicator_id) == col(one.original_id))
            .where(col(one.id).in_(some), visible(one))
        )
        for key, form_from, seen, over, vouched, refuted in (
            await session.execute(statement, viewer_parameters(viewer))
        ).all():
            found[key] = shown(form_from, seen, over, vouched, refuted)
    return found
