"""The records that an analysis looks at: those of one organisation that touch one entity within a window."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models import tables as rows
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer
from rules.investigation.findings import ActivityFact
from rules.investigation.words import ActivityKind, ActivityOutcome

PAGE = 2_000  # records a statement: a few hundred kB, some milliseconds
MOST_RECORDS = 50_000  # records an analysis holds in memory, about 50 MB; beyond it the newest are looked at

_COLUMNS = (
    "id",
    "time",
    "kind",
    "source",
    "outcome",
    "user",
    "ip",
    "device",
    "email",
    "domain",
    "transaction",
    "country",
    "latitude",
    "longitude",
    "user_agent",
    "amount",
    "currency",
    "bytes_in",
    "bytes_out",
    "duration_ms",
    "count",
    "details",
)


def _of(viewer: Viewer, case: rows.Investigation) -> Any:
    """In the order of the index that answers it: organisation, type, value, time."""
    entity = rows.ActivityEntity
    return and_(
        col(entity.organization_id) == viewer.organization_id,
        col(entity.type) == case.entity_type,
        col(entity.value) == case.entity_value,
        col(entity.time) >= case.window_start,
        col(entity.time) < case.window_end,
    )


async def count_of(session: AsyncSession, viewer: Viewer, case: rows.Investigation) -> int:
    """How many records touch the entity of a case within its window; counted in the index alone."""
    return await session.scalar(select(func.count()).select_from(rows.ActivityEntity).where(_of(viewer, case))) or 0


async def facts_of(
    session: AsyncSession, viewer: Viewer, case: rows.Investigation, *, most: int = MOST_RECORDS
) -> list[ActivityFact]:
    """The newest `most` of the records, in any order. Only the viewer's own organisation's, whoever called it in."""
    entity, record = rows.ActivityEntity, rows.ActivityRecord
    table = record.__table__  # type: ignore[attr-defined]
    statement = (
        select(*(table.c[name] for name in _COLUMNS))
        .join(entity, col(entity.record_id) == col(record.id))
        .where(_of(viewer, case), visible(record), col(record.organization_id) == viewer.organization_id)
        .order_by(col(entity.time).desc(), col(entity.record_id).desc())
    )
    found: list[ActivityFact] = []
    last: Any = None
    while len(found) < most:
        page = statement
        if last is not None:
            page = page.where(
                or_(
                    col(entity.time) < last.time,
                    and_(col(entity.time) == last.time, col(entity.record_id) < last.id),
                )
            )
        read = (await session.execute(page.limit(min(PAGE, most - len(found))), viewer_parameters(viewer))).all()
        found += [_fact(row) for row in read]
        if len(read) < PAGE:
            break
        last = read[-1]
    return found


def _fact(row: Any) -> ActivityFact:
    values: dict[str, Any] = dict(row._mapping)
    values["kind"] = ActivityKind(values["kind"])
    values["outcome"] = ActivityOutcome(values["outcome"])
    values["details"] = values["details"] or {}
    return ActivityFact(**values)


async def cite(session: AsyncSession, links: Sequence[tuple[int, int]]) -> None:
    """Ties evidence to the records it rests on: (evidence, record)."""
    if links:
        await session.execute(
            rows.EvidenceActivity.__table__.insert(),  # type: ignore[attr-defined]
            [{"evidence_id": evidence, "record_id": record} for evidence, record in links],
        )
