"""Sealed columns of every table: which rows a key is still needed for, and putting them under another key.

These statements carry no viewer: they move values from key to key without anybody reading them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, func, not_, or_, select, true, type_coerce, update
from sqlmodel import SQLModel, col

from models.base import SealedText
from models.database import Session
from models.people import LoginSession, RefreshToken
from models.reading.stored import key_name
from rules.access.personal_data import VERSION


@dataclass(frozen=True)
class SealedTable:
    """`texts`: columns that open again. `indexes`: column with a blind index -> the sealed column it finds."""

    table: Table
    texts: tuple[str, ...]
    indexes: Mapping[str, str]

    @property
    def key(self) -> str:
        return key_name(self.table)


def sealed_tables() -> list[SealedTable]:
    """Every table that has sealed columns, by name."""
    found = []
    for table in sorted(SQLModel.metadata.tables.values(), key=lambda table: table.name):
        columns = [column for column in table.columns if isinstance(column.type, SealedText)]
        indexes = {column.name: column.info["finds"] for column in columns if "finds" in column.info}
        texts = tuple(column.name for column in columns if column.name not in indexes)
        if texts:
            found.append(SealedTable(table, texts, indexes))
    return found


async def count_stale(session: Session, kid: str) -> int:
    """How many rows hold something that was made with another key than this one."""
    total = 0
    for sealed in sealed_tables():
        total += await session.scalar(select(func.count()).select_from(sealed.table).where(_stale(sealed, kid))) or 0
    return total


async def stale_keys(
    session: Session, sealed: SealedTable, kid: str, without: Collection[str], limit: int
) -> list[str]:
    """The next such rows of one table, by their keys; those in `without` are passed over."""
    key = sealed.table.c[sealed.key]
    found = select(key).where(_stale(sealed, kid), key.not_in(without)).order_by(key).limit(limit)
    return list(await session.scalars(found))


async def held(session: Session, sealed: SealedTable, keys: Sequence[str]) -> list[dict[str, Any]]:
    """These rows, held until the transaction ends, less those that somebody else is changing: it will be their turn."""
    c = sealed.table.c
    wanted = select(c[sealed.key], *(c[name] for name in (*sealed.texts, *sealed.indexes)))
    found = wanted.where(c[sealed.key].in_(keys)).order_by(c[sealed.key]).with_for_update(skip_locked=True)
    return [dict(row) for row in (await session.execute(found)).mappings()]


async def put(session: Session, sealed: SealedTable, key: str, values: Mapping[str, str]) -> None:
    await session.execute(update(sealed.table).where(sealed.table.c[sealed.key] == key).values(**values))


async def is_needed(session: Session, kid: str) -> bool:
    """Whether anything stored was made with this key."""
    for sealed in sealed_tables():
        if await session.scalar(select(true()).where(or_(*_each(sealed, lambda c: _made_with(c, kid)))).limit(1)):
            return True
    return False


async def live_tokens(session: Session, until: datetime, now: datetime) -> int:
    """How many refresh tokens given out up to `until` still work."""
    found = (
        select(func.count())
        .select_from(RefreshToken)
        .join(LoginSession, col(LoginSession.id) == col(RefreshToken.session_id))
        .where(
            col(RefreshToken.created_at) <= until,
            col(RefreshToken.used_at).is_(None),
            col(RefreshToken.expires_at) > now,
            col(LoginSession.ended_at).is_(None),
            col(LoginSession.expires_at) > now,
        )
    )
    return await session.scalar(found) or 0


def _each(sealed: SealedTable, condition: Any) -> list[ColumnElement[bool]]:
    # As plain text: a sealed column would take a pattern for a value in the clear, and refuse it.
    columns = [type_coerce(sealed.table.c[name], Text()) for name in (*sealed.texts, *sealed.indexes)]
    return [condition(column) for column in columns]


def _made_with(column: Any, kid: str) -> Any:
    return column.startswith(f"{VERSION}.{kid}.", autoescape=True)


def _stale(sealed: SealedTable, kid: str) -> ColumnElement[bool]:
    return or_(*_each(sealed, lambda c: and_(c != "", not_(_made_with(c, kid)))))
