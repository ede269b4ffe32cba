"""What one write consists of, and in which order it reaches the database.

Claim of the key, rows, audit, jobs, answer, then numbers and events: the counters of the streams come last, because
their locks are the contended ones, and in the order of their keys, so that no two writers wait for each other. The
closing (audit, answer, numbers, events) is ONE trip to the database: awaited statements are what a write costs.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import orjson
from sqlalchemy import and_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from foundation.errors import InvalidInput
from foundation.times import to_text
from models.idempotency import Answer

Row = TypeVar("Row", bound=SQLModel)

KEY_LASTS = timedelta(hours=24)  # what the contracts promise to a caller's key (CONTRACTS row 54)


class Announced(Protocol):
    """An event of rules/events: its kind, the streams that carry it, and its data as JSON values."""

    @property
    def kind(self) -> Any: ...

    def streams(self) -> Sequence[str]: ...

    def data(self) -> dict[str, Any]: ...


class AlreadyAnswered(Exception):
    def __init__(self, answer: Any) -> None:
        self.answer = answer


class KeyReused(InvalidInput):
    """The same key came with another request (CONTRACTS row 54)."""

    message = "This key was used for another request."


@dataclass(frozen=True)
class AuditEntry:
    """One line of the audit trail; `details` are JSON values."""

    organization_id: str
    actor_id: str
    actor_name: str
    action: str
    request_id: str
    outcome: str = "done"
    target: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Closing:
    """What the one closing trip writes."""

    entries: list[AuditEntry]
    key: str | None
    answer: Any
    events: list[tuple[str, str, str]]  # stream, kind, data as JSON text; sorted by stream
    now: datetime


class Unit:
    """The rows, events, jobs and answer of one write. Made by the write door; closed by it."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self.session = session
        self.now = now
        self.details: dict[str, Any] = {}
        self.target: str | None = None
        self.outcome = "done"  # or "refused": a refusal that is itself written down, as a failed sign-in is
        self._key: str | None = None
        self._answer: Any = None
        self._events: list[tuple[str, str, str]] = []
        self._entries: list[AuditEntry] = []
        self._inside: list[Callable[[Session], None]] = []

    def add(self, row: Row) -> Row:
        self.session.add(row)
        return row

    def announce(self, event: Announced) -> None:
        """Subscribers of the event's streams will see it, numbered, once this write has committed."""
        data = orjson.dumps(event.data()).decode()
        self._events += [(stream, str(event.kind), data) for stream in event.streams()]

    def audit(self, entry: AuditEntry) -> None:
        """A line beside the door's own; the door writes one for every write."""
        self._entries.append(entry)

    def within(self, act: Callable[[Session], None]) -> None:
        """Something another library writes in this transaction (the durable queue)."""
        self._inside.append(act)

    def answer(self, value: Any) -> None:
        """What a repetition with the same key is told. JSON, never a secret."""
        self._answer = value

    @property
    def streams(self) -> list[str]:
        return sorted({stream for stream, _, _ in self._events})

    async def claim(self, key: str, fingerprint: str) -> None:
        """First statement of a keyed write. A concurrent twin waits here for this transaction's end.

        Raises AlreadyAnswered with the stored answer, or KeyReused when the request was another one.
        """
        insert = (sqlite if self.session.get_bind().dialect.name == "sqlite" else postgresql).insert(Answer)
        fresh = {"fingerprint": fingerprint, "at": self.now, "answer": None}
        mine = await self.session.scalar(
            insert.values(key=key, **fresh)
            # A caller's key is good for a day and may then stand for something else; a step's key for ever.
            .on_conflict_do_update(
                index_elements=[col(Answer.key)],
                set_=fresh,
                where=and_(col(Answer.key).startswith("user:"), col(Answer.at) <= self.now - KEY_LASTS),
            )
            .returning(col(Answer.key))
        )
        if mine is None:
            # Selected as columns: an entity would go through the identity map and its expiry rules.
            found = select(col(Answer.fingerprint), col(Answer.answer)).where(col(Answer.key) == key)
            earlier = (await self.session.execute(found)).one()
            if earlier.fingerprint != fingerprint:
                raise KeyReused(field="clientMutationKey")
            raise AlreadyAnswered(earlier.answer)
        self._key = key

    async def seal(self, entry: AuditEntry) -> None:
        """Everything but the commit."""
        await self.session.flush()
        if self._inside:
            await self.session.run_sync(lambda sync: [act(sync) for act in self._inside])
        closing = _Closing(
            entries=[*self._entries, entry],
            key=self._key,
            answer=self._answer,
            # Stable: events of one stream keep the order in which they were announced.
            events=sorted(self._events, key=lambda e: e[0]),
            now=self.now,
        )
        if self.session.get_bind().dialect.name == "sqlite":
            await _close_sqlite(self.session, closing)
        else:
            await _close_postgres(self.session, closing)


_AUDIT_COLUMNS = "organization_id, actor_id, actor_name, action, outcome, target, request_id, details, at"
_BUMP = (
    "INSERT INTO stream (key, head, low) VALUES (?, ?, 0) "
    "ON CONFLICT (key) DO UPDATE SET head = head + excluded.head RETURNING head"
)
_EVENT = "INSERT INTO event (stream, seq, kind, data, at) VALUES (?, ?, ?, ?, ?)"
_AUDIT = f"INSERT INTO audit ({_AUDIT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own names
_ANSWER = "UPDATE answer SET answer = ? WHERE key = ?"


def _audit_values(entry: AuditEntry, now: Any) -> tuple[Any, ...]:
    return (
        entry.organization_id,
        entry.actor_id,
        entry.actor_name,
        entry.action,
        entry.outcome,
        entry.target,
        entry.request_id,
        orjson.dumps(entry.details).decode(),
        now,
    )


async def _close_sqlite(session: AsyncSession, closing: _Closing) -> None:
    """One call into the driver's thread."""
    connection = await session.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    now = to_text(closing.now)

    def close() -> None:
        execute, many = driver._conn.execute, driver._conn.executemany
        many(_AUDIT, [_audit_values(entry, now) for entry in closing.entries])
        if closing.key is not None:
            execute(_ANSWER, (orjson.dumps(closing.answer).decode(), closing.key))
        following: dict[str, int] = {}
        for stream, count in Counter(e[0] for e in closing.events).items():
            following[stream] = execute(_BUMP, (stream, count)).fetchall()[0][0] - count
        numbered = []
        for stream, kind, data in closing.events:
            following[stream] += 1
            numbered.append((stream, following[stream], kind, data, now))
        many(_EVENT, numbered)

    await driver._execute(close)


_CLOSE_POSTGRES = text(
    f"""
WITH noted AS (
  INSERT INTO audit ({_AUDIT_COLUMNS})
  SELECT organization_id, actor_id, actor_name, action, outcome, target, request_id, details, CAST(:now AS timestamptz)
  FROM unnest(CAST(:organizations AS text[]), CAST(:actors AS text[]), CAST(:names AS text[]), CAST(:actions AS text[]),
              CAST(:outcomes AS text[]), CAST(:targets AS text[]), CAST(:requests AS text[]), CAST(:details AS text[]))
       WITH ORDINALITY
       AS a(organization_id, actor_id, actor_name, action, outcome, target, request_id, details, n) ORDER BY n
), answered AS (
  UPDATE answer SET answer = :answer WHERE key = :key
), wanted AS (
  SELECT * FROM unnest(CAST(:streams AS text[]), CAST(:kinds AS text[]), CAST(:data AS text[]))
       WITH ORDINALITY AS w(stream, kind, data, n)
), tallied AS (
  SELECT stream COLLATE "C" AS stream, count(*) AS total FROM wanted GROUP BY 1
), bumped AS (
  INSERT INTO stream AS s (key, head, low) SELECT stream, total, 0 FROM tallied ORDER BY stream
  ON CONFLICT (key) DO UPDATE SET head = s.head + excluded.head RETURNING key, head
)
INSERT INTO event (stream, seq, kind, data, at)
SELECT w.stream, b.head - t.total + row_number() OVER (PARTITION BY w.stream ORDER BY w.n), w.kind, w.data,
       CAST(:now AS timestamptz)
FROM wanted w JOIN bumped b ON b.key = w.stream JOIN tallied t ON t.stream = w.stream
"""  # noqa: S608 - our own names
)


async def _close_postgres(session: AsyncSession, closing: _Closing) -> None:
    """One statement: its parts see the same snapshot and are done in full, read or not."""
    entries = closing.entries
    await session.execute(
        _CLOSE_POSTGRES,
        {
            "now": closing.now,
            "organizations": [e.organization_id for e in entries],
            "actors": [e.actor_id for e in entries],
            "names": [e.actor_name for e in entries],
            "actions": [e.action for e in entries],
            "outcomes": [e.outcome for e in entries],
            "targets": [e.target for e in entries],
            "requests": [e.request_id for e in entries],
            "details": [orjson.dumps(e.details).decode() for e in entries],
            "answer": orjson.dumps(closing.answer).decode(),
            "key": closing.key,
            "streams": [e[0] for e in closing.events],
            "kinds": [e[1] for e in closing.events],
            "data": [e[2] for e in closing.events],
        },
    )
