"""The audit trail as it lies in the database: what is not sealed yet, the heads of the chains, and their places.

These take no viewer: sealing and checking are about whole chains. Whose chain may be checked is asked above.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, Text, cast, func, insert, select, text, type_coerce
from sqlmodel import col

from foundation.times import from_text, to_text
from models.audit import Audit, AuditSeal
from models.database import Session
from rules.audit_chain import Head, Line, Place, Seal

# One number for the sealers of all versions: whoever holds it seals.
SEALER_LOCK = 7_203_114_558

LOOK_BACK = 1_000
"""Rows mostly commit in the order of their numbers. One that commits late is found among the last this many; one that
was held up for longer, by the thorough rounds."""

_LINE = (
    *(Audit.organization_id, Audit.actor_id, Audit.actor_name, Audit.action, Audit.outcome),
    *(Audit.target, Audit.request_id, Audit.details),
)
_SEAL = (AuditSeal.organization_id, AuditSeal.hash, AuditSeal.key_id)


def _raw(session: Session, columns: Iterable[Any], *times: Any) -> list[Any]:
    """The columns as they lie there. SQLite gives bytes: a text of which one byte was changed may be no text."""
    found = [*((column, Text) for column in columns), *((time, None) for time in times)]
    if session.get_bind().dialect.name == "sqlite":
        return [cast(col(column), LargeBinary).label(_label(column)) for column, _ in found]
    return [(type_coerce(col(column), kind) if kind else col(column)).label(_label(column)) for column, kind in found]


def _label(column: Any) -> str:
    return f"{column.class_.__tablename__}_{column.key}"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape")
    return to_text(value) if isinstance(value, datetime) else value


def _storable(value: Any) -> str:
    return str(value).encode(errors="replace").decode()


def owner_of(line: Line) -> str:
    """The organisation in whose chain a row stands, in a form that can be stored whatever was done to the row."""
    return _storable(line.organization_id)


def _line(row: Sequence[Any]) -> Line:
    return Line(row[0], *(_plain(value) for value in row[1:]))


async def claim_sealing(session: Session) -> bool:
    """Whether this transaction is the one that seals, until it ends. SQLite has one process, and one writer."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    return bool(await session.scalar(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": SEALER_LOCK}))


async def look_back_from(session: Session) -> int:
    """Behind which row to look for unsealed ones, in an ordinary round."""
    last = await session.scalar(select(func.max(col(AuditSeal.audit_id))))
    return max(0, (last or 0) - LOOK_BACK)


async def unsealed(session: Session, *, after: int, limit: int) -> list[Line]:
    """Committed rows without a seal, numbered above `after`."""
    wanted = (
        select(col(Audit.id), *_raw(session, _LINE, Audit.at))
        .outerjoin(AuditSeal, col(AuditSeal.audit_id) == col(Audit.id))
        .where(col(Audit.id) > after, col(AuditSeal.audit_id).is_(None))
        .order_by(col(Audit.id))
        .limit(limit)
    )
    return [_line(tuple(row)) for row in (await session.execute(wanted)).all()]


async def count_unsealed(session: Session, organization_id: str | None, *, after: int = 0) -> int:
    """How many rows are not sealed; None counts those of every organisation."""
    wanted = (
        select(func.count())
        .select_from(Audit)
        .outerjoin(AuditSeal, col(AuditSeal.audit_id) == col(Audit.id))
        .where(col(Audit.id) > after, col(AuditSeal.audit_id).is_(None))
    )
    if organization_id is not None:
        wanted = wanted.where(col(Audit.organization_id) == organization_id)
    return await session.scalar(wanted) or 0


async def head_of(session: Session, organization_id: str, *, at: int | None = None) -> Head:
    """The end of a chain; with `at`, its place of that number, (0, GENESIS) where there is none."""
    wanted = select(col(AuditSeal.sequence), *_raw(session, [AuditSeal.hash])).where(
        col(AuditSeal.organization_id) == organization_id
    )
    wanted = (
        wanted.order_by(col(AuditSeal.sequence).desc()) if at is None else wanted.where(col(AuditSeal.sequence) == at)
    )
    row = (await session.execute(wanted.limit(1))).one_or_none()
    return Head(organization_id) if row is None else Head(organization_id, row[0], _plain(row[1]))


async def put_seals(session: Session, seals: Sequence[Seal]) -> None:
    await session.execute(
        insert(AuditSeal),
        [
            {
                "audit_id": seal.audit_id,
                "organization_id": seal.place.organization_id,
                "sequence": seal.place.sequence,
                "hash": seal.hash,
                "key_id": seal.place.key_id,
                "at": from_text(seal.place.at),
            }
            for seal in seals
        ],
    )


async def chains(session: Session) -> list[str]:
    """The organisations that have a chain; "" is the chain of what nobody was signed in for."""
    (organization,) = _raw(session, [AuditSeal.organization_id])
    found = (await session.scalars(select(organization).distinct())).all()
    return sorted(_storable(_plain(value)) for value in found)


async def places(session: Session, organization_id: str, *, after: int, limit: int) -> list[tuple[Seal, Line | None]]:
    """The places of a chain behind `after`, in order, each with its row; None where the row is gone."""
    wanted = (
        select(
            col(AuditSeal.audit_id),
            col(AuditSeal.sequence),
            *_raw(session, _SEAL, AuditSeal.at),
            col(Audit.id),
            *_raw(session, _LINE, Audit.at),
        )
        .outerjoin(Audit, col(Audit.id) == col(AuditSeal.audit_id))
        .where(col(AuditSeal.organization_id) == organization_id, col(AuditSeal.sequence) > after)
        .order_by(col(AuditSeal.sequence))
        .limit(limit)
    )
    return [_place(tuple(row)) for row in (await session.execute(wanted)).all()]


def _place(row: Sequence[Any]) -> tuple[Seal, Line | None]:
    audit_id, sequence, organization_id, hash_, key_id, at, line_id, *_ = (_plain(value) for value in row)
    seal = Seal(audit_id, Place(organization_id, sequence, key_id, at), hash_)
    return seal, None if line_id is None else _line(row[6:])
