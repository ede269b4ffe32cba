"""Activity records on their way in: many at once, each once, in one trip to the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from formats.activity.records import ActivityDraft
from foundation.times import to_text
from models import tables as rows
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer

Identity = tuple[str, str]  # source, identity: what makes a record the same within its organisation

# Column, its type on PostgreSQL. `organization_id` and `ingested_at` are the same for all and stand apart.
_COLUMNS = {
    "kind": "text",
    "time": "timestamptz",
    "source": "text",
    "identity": "text",
    "external_id": "text",
    "outcome": "text",
    "user": "text",
    "ip": "text",
    "device": "text",
    "domain": "text",
    "email": "text",
    "transaction": "text",
    "country": "text",
    "latitude": "double precision",
    "longitude": "double precision",
    "user_agent": "text",
    "amount": "double precision",
    "currency": "text",
    "bytes_in": "bigint",
    "bytes_out": "bigint",
    "duration_ms": "bigint",
    "count": "bigint",
    "details": "text",
}
# What is indexed, and the column quoted: `user` is a word of SQL.
_ENTITIES = {name: f'"{name}"' for name in ("user", "ip", "device", "domain", "email", "transaction")}
_TOUCHED = ", ".join(f"('{name}', f.{quoted})" for name, quoted in _ENTITIES.items())
_SHAPE = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_ALL = f"{_NAMES}, organization_id, ingested_at"

_INSERT_SQLITE = (
    f"INSERT INTO activity_record ({_ALL}) VALUES ({', '.join('?' * (len(_COLUMNS) + 2))}) "  # noqa: S608 - our names
    "ON CONFLICT (organization_id, source, identity) DO NOTHING"
)
_INDEX_SQLITE = "INSERT INTO activity_entity (record_id, type, value, organization_id, time) " + " UNION ALL ".join(  # noqa: S608
    f"SELECT id, '{name}', {quoted}, organization_id, time FROM activity_record WHERE id > ? AND {quoted} IS NOT NULL"  # noqa: S608
    for name, quoted in _ENTITIES.items()
)
_INSERT_POSTGRES = text(
    f"""
WITH fresh AS (
  INSERT INTO activity_record ({_ALL})
  SELECT {", ".join(f'r."{name}"' for name in _COLUMNS)}, :organization, CAST(:now AS timestamptz)
  FROM json_to_recordset(CAST(:drafts AS json)) AS r({_SHAPE})
  ON CONFLICT (organization_id, source, identity) DO NOTHING
  RETURNING id, organization_id, time, source, identity, {", ".join(_ENTITIES.values())}
), indexed AS (
  INSERT INTO activity_entity (record_id, type, value, organization_id, time)
  SELECT f.id, e.type, e.value, f.organization_id, f.time
  FROM fresh f CROSS JOIN LATERAL (VALUES {_TOUCHED}) AS e(type, value)
  WHERE e.value IS NOT NULL
)
SELECT source, identity FROM fresh
"""  # noqa: S608 - our own names
)


async def insert(
    session: AsyncSession, organization_id: str, drafts: Sequence[ActivityDraft], now: datetime
) -> set[Identity]:
    """Stores the records that are not there yet, with their entity index; which ones those were.

    They go in by the order of their identity, so that two writers with the same records wait for each other in turn
    instead of in a circle.
    """
    ordered = sorted(drafts, key=lambda draft: (draft.source, draft.identity))
    if session.get_bind().dialect.name == "sqlite":
        return await _insert_sqlite(session, organization_id, ordered, now)
    made = await session.execute(
        _INSERT_POSTGRES,
        {
            "organization": organization_id,
            "now": now,
            "drafts": orjson.dumps([dict(zip(_COLUMNS, _values(draft), strict=True)) for draft in ordered]).decode(),
        },
    )
    return {(source, identity) for source, identity in made.all()}


async def _insert_sqlite(
    session: AsyncSession, organization_id: str, drafts: Sequence[ActivityDraft], now: datetime
) -> set[Identity]:
    """One call into the driver's thread. There is one writer, so what lies above the last number is what we added."""
    connection = await session.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    at = to_text(now)

    def store() -> list[Identity]:
        execute = driver._conn.execute
        before = execute("SELECT coalesce(max(id), 0) FROM activity_record").fetchone()[0]
        driver._conn.executemany(_INSERT_SQLITE, ((*_values(draft), organization_id, at) for draft in drafts))
        execute(_INDEX_SQLITE, (before,) * len(_ENTITIES))
        found: list[Identity] = execute(
            "SELECT source, identity FROM activity_record WHERE id > ?", (before,)
        ).fetchall()
        return found

    return set(await driver._execute(store))


def _values(draft: ActivityDraft) -> list[Any]:
    return [
        str(draft.kind),
        to_text(draft.time),
        draft.source,
        draft.identity,
        draft.external_id,
        str(draft.outcome),
        draft.user,
        draft.ip,
        draft.device,
        draft.domain,
        draft.email,
        draft.transaction,
        draft.country,
        draft.latitude,
        draft.longitude,
        draft.user_agent,
        draft.amount,
        draft.currency,
        draft.bytes_in,
        draft.bytes_out,
        draft.duration_ms,
        draft.count,
        orjson.dumps(dict(draft.details)).decode() if draft.details else None,
    ]


async def numbers_of(session: AsyncSession, viewer: Viewer, identities: Sequence[Identity]) -> dict[Identity, int]:
    """The numbers of records of the viewer's own organisation, by what makes them the same."""
    record = rows.ActivityRecord
    found: dict[Identity, int] = {}
    for source in sorted({source for source, _ in identities}):
        statement = select(col(record.identity), col(record.id)).where(
            visible(record),
            col(record.organization_id) == viewer.organization_id,
            col(record.source) == source,
            col(record.identity).in_([identity for of, identity in identities if of == source]),
        )
        for identity, number in (await session.execute(statement, viewer_parameters(viewer))).all():
            found[source, identity] = number
    return found
