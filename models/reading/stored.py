"""What the planner needs to know of a table: its columns as Python sees them, whether they may be null, and its key."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import Table
from sqlalchemy.types import Boolean, DateTime, Float, Integer, TypeDecorator, TypeEngine

from foundation.ids import OtherKey

Dialect = Literal["sqlite", "postgresql"]
Kind = Literal["str", "int", "float", "bool", "time", "json", "sealed"]

INT32 = 2**31 - 1
INT64 = 2**63 - 1


@dataclass(frozen=True)
class Stored:
    kind: Kind
    nullable: bool


def sql_table(table: Any) -> Table:
    """The SQLAlchemy table of a SQLModel class, or the table itself."""
    made: Table = table if isinstance(table, Table) else table.__table__
    return made


def is_table(source: Any) -> bool:
    return isinstance(source, Table) or hasattr(source, "__table__")


def kind_of(type_: TypeEngine[Any]) -> Kind:
    if isinstance(type_, TypeDecorator):
        # The product's own types say by their names what they hold; both are text in SQLite.
        name = type(type_).__name__
        if name == "UtcTime":
            return "time"
        if name == "JsonText":
            return "json"
        if name == "SealedText":
            return "sealed"
        return kind_of(type_.impl_instance)
    if isinstance(type_, Boolean):
        return "bool"
    if isinstance(type_, DateTime):
        return "time"
    if isinstance(type_, Integer):
        return "int"
    if isinstance(type_, Float):
        return "float"
    return "str"


@cache
def columns_of(table: Any) -> dict[str, Stored]:
    """Column name -> what it holds."""
    return {c.name: Stored(kind_of(c.type), bool(c.nullable)) for c in sql_table(table).columns}


@cache
def key_name(table: Any) -> str:
    """The one column rows of this table are known by."""
    names = [c.name for c in sql_table(table).primary_key]
    if len(names) != 1:
        raise ValueError(f"{sql_table(table).name} has no single key column, so it cannot be read by key.")
    return names[0]


@cache
def _key_limit(table: Any) -> int | None:
    column = sql_table(table).c[key_name(table)]
    if columns_of(table)[column.name].kind != "int":
        return None
    return INT64 if type(column.type).__name__ in ("BigInteger", "BIGINT") else INT32


def usable_key(table: Any, key: Any) -> Any:
    """The key as the table stores it, or None for what no row can have as its key.

    A global id carries every key as text, and a number beyond the column's range would be a database error. Another
    key than the table's own stays what it is: it is looked up first.
    """
    if isinstance(key, OtherKey):
        return key if key.column in columns_of(table) else None
    limit = _key_limit(table)
    if limit is None:
        return key if isinstance(key, str) else None
    if isinstance(key, str):
        if not (key.isascii() and key.isdigit() and len(key) <= 19):
            return None
        key = int(key)
    return key if isinstance(key, int) and not isinstance(key, bool) and -limit <= key <= limit else None


def as_python(kind: Kind, value: Any, dialect: Dialect, loads: Any) -> Any:
    """One stored value as rules and batches see it. SQLite speaks neither truth nor time; JSON is text on both."""
    if value is None:
        return None
    if kind == "json":
        return loads(value)
    if dialect == "sqlite":
        if kind == "bool":
            return bool(value)
        if kind == "time":
            return datetime.fromisoformat(value)
    return value
