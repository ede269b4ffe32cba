"""Rows of before personal data lay sealed: sealed once, after the tables have their shape.

Not in a migration: a migration has no keys. It may be cut off and run again: what is sealed is left alone.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table, Text, and_, not_, or_, select, type_coerce, update

from migrations.run import _connection
from models.people import User
from rules.access.keyring import KeyRing
from rules.access.person import open_column, seal_personal
from rules.access.personal_data import VERSION, is_sealed

BATCH = 500  # rows a transaction
_USERS: Table = User.__table__  # type: ignore[attr-defined]
_KEY, *_PERSONAL = (_USERS.c[name] for name in ("id", "email", "first_name", "last_name"))


def is_clear(url: str) -> bool:
    """Whether something personal lies in the clear."""
    with _connection(url) as connection:
        return bool(_clear(connection, 1))


def seal_rows(url: str, ring: Callable[[], KeyRing]) -> int:
    """Seals what lies in the clear; how many rows that were. The ring is asked for when there is something to seal."""
    total = 0
    with _connection(url) as connection:
        while found := _clear(connection, BATCH):
            keys = ring()
            for user_id, *texts in found:
                given = zip(_PERSONAL, texts, strict=True)
                opened = {column.name: _opened(keys, user_id, column.name, text) for column, text in given}
                values = seal_personal(keys, user_id, **opened)
                connection.execute(update(_USERS).where(user_id == _KEY).values(**values))
            connection.commit()
            total += len(found)
    return total


def _opened(ring: KeyRing, user_id: str, column: str, text: str | None) -> Any:
    return open_column(ring, user_id, column, text) if text and is_sealed(text) else text


def _clear(connection: Connection, limit: int) -> list[Any]:
    # As plain text: a sealed column would take a pattern for a value in the clear, and refuse it.
    texts = [type_coerce(column, Text()) for column in _PERSONAL]
    # An address may begin like a sealed value, but none of those holds an "@".
    clear = or_(*(and_(text != "", or_(not_(text.startswith(f"{VERSION}.")), text.contains("@"))) for text in texts))
    return list(connection.execute(select(_KEY, *_PERSONAL).where(clear).limit(limit)))
