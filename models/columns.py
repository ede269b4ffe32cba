"""Short ways to say a column, so that a table reads as a table. Each call makes a new column."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Integer, Text
from sqlmodel import Field

from foundation.ids import new_id
from models.base import JsonText, PlainText, SealedText, UtcTime


def uuid_key() -> Any:
    """A uuid4 key, as text."""
    return Field(default_factory=new_id, sa_column=Column(PlainText(), primary_key=True))


def own_key() -> Any:
    """A key of this very table: the row's own, unless another is given."""
    return Field(default=None, sa_column=Column(PlainText(), nullable=False, index=True, default=_own))


def _own(of: Any) -> Any:
    return of.get_current_parameters()["id"]


def text_key(*, index: bool = False) -> Any:
    """A key that says what it is."""
    return Field(sa_column=Column(PlainText(), primary_key=True, index=index))


def number_key() -> Any:
    """The table's own number: PostgreSQL identity, SQLite AUTOINCREMENT. Unique, never reused, gaps allowed (D17)."""
    column = Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    return Field(default=None, sa_column=column)


def text(*, default: Any = ..., nullable: bool = False, index: bool = False, unique: bool = False) -> Any:
    options: dict[str, Any] = {} if default is ... else {"default": default}
    return Field(**options, sa_column=Column(PlainText(), nullable=nullable, index=index, unique=unique))


def as_sent() -> Any:
    """Text of others, given back as it is: no order of it is ever asked for."""
    return Field(sa_column=Column(Text(), nullable=False))


def maybe_text(*, index: bool = False, unique: bool = False) -> Any:
    return text(default=None, nullable=True, index=index, unique=unique)


def sealed() -> Any:
    """Text that lies sealed; "" where there is none."""
    return Field(default="", sa_column=Column(SealedText(), nullable=False))


def maybe_sealed() -> Any:
    return Field(default=None, sa_column=Column(SealedText(), nullable=True))


def maybe_index_of(column: str) -> Any:
    """The blind index of a sealed column of this row: unique, and all that it can be found by."""
    return Field(default=None, sa_column=Column(SealedText(), nullable=True, unique=True, info={"finds": column}))


def number(*, default: Any = ..., nullable: bool = False) -> Any:
    options: dict[str, Any] = {} if default is ... else {"default": default}
    return Field(**options, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), nullable=nullable))


def real(default: float | None = 0.0, *, nullable: bool = False) -> Any:
    return Field(default=default, sa_column=Column(Float(), nullable=nullable))


def flag(default: bool = False, *, primary_key: bool = False) -> Any:
    column: Column[bool] = Column(Boolean(create_constraint=False), nullable=False, primary_key=primary_key)
    return Field(default=default, sa_column=column)


def moment() -> Any:
    return Field(sa_column=Column(UtcTime(), nullable=False))


def maybe_moment(*, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UtcTime(), nullable=True, index=index))


def json(default_factory: Any = dict) -> Any:
    return Field(default_factory=default_factory, sa_column=Column(JsonText(), nullable=False))


def maybe_json() -> Any:
    return Field(default=None, sa_column=Column(JsonText(), nullable=True))


def points_at(
    target: str, *, nullable: bool = False, index: bool = True, primary_key: bool = False, unique: bool = False
) -> Any:
    """A foreign key to a table with a text key; `at_number` is its twin for numbered tables."""
    options: dict[str, Any] = {"default": None} if nullable else {}
    return Field(
        **options,
        sa_column=Column(
            PlainText(), ForeignKey(target), nullable=nullable, index=index, primary_key=primary_key, unique=unique
        ),
    )


def at_number(target: str, *, nullable: bool = False, index: bool = True, primary_key: bool = False) -> Any:
    options: dict[str, Any] = {"default": None} if nullable else {}
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Field(
        **options,
        sa_column=Column(kind, ForeignKey(target), nullable=nullable, index=index, primary_key=primary_key),
    )
