"""How values lie in both databases: the same text, the same order, the same answers."""

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

from foundation.times import from_text, to_text
from rules.access.personal_data import is_sealed

# Constraints named by rule, so that a migration can find them on either database.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING


class PlainText(TypeDecorator[str]):
    """Text that sorts by code point on both databases: PostgreSQL's own collations sort otherwise than SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())


class SealedText(PlainText):
    """Text that lies sealed (rules/access/personal_data). What is in the clear never reaches the database: it raises.

    Python sees the sealed value too: a row is opened by a rule, for whoever may see it.
    """

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value and not is_sealed(value):
            raise ValueError("A sealed column takes sealed values only.")
        return value


class UtcTime(TypeDecorator[datetime]):
    """A moment. `timestamptz` on PostgreSQL; on SQLite the one text form of foundation/times, sorting as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=True) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else to_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else from_text(value)


class JsonText(TypeDecorator[Any]):
    """JSON kept as the text that was written: the same bytes on both databases, passed to answers unparsed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)
