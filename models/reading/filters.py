"""Conditions of a list, each said twice: as SQL for the planner, and in Python for the reference that proves it.

    EVIDENCE_FILTERS = {
        "domain": equals("domain"),                        # filter: {domain: NETWORK}
        "strength_min": at_least("strength"),
        "status": among("status"),                         # filter: {status: [RUNNING, PAUSED]}
        "include_archived": unless_null("archived_at"),    # applies with false when nothing is given
        "assigned_to": linked(InvestigationAssignee, parent="investigation_id", match={"user_id": ""}).read(user_key),
    }

A value is always a parameter of the statement. A filter that was not given, or given as null, is not applied, except
where a `default` is declared.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Float,
    String,
    Text,
    any_,
    collate,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.types import TypeEngine

from models.reading.stored import Dialect, key_name, kind_of, sql_table

MISSING: Any = object()

Bind = Callable[..., Any]
"""`bind(type, part="")` gives the parameter that holds the filter's value, or the named part of an input object."""
Condition = Callable[[Any, Bind, Dialect], ColumnElement[bool]]
Twin = Callable[[Any, Any, Any, Any], bool]
"""(row, value, rows of the table in `loads`, viewer) -> whether the row stays."""


@dataclass(frozen=True, eq=False)
class Filter:
    """`needs`: columns it reads, checked when the schema is built. `convert`: applied to the given value first, and
    may raise a Refusal. `loads`: the table, or the tuple of tables, whose rows the twin looks at. `of_tie`: it is asked
    of the rows that tie what is listed to its parent, not of what is listed.
    """

    sql: Condition
    twin: Twin
    needs: tuple[str, ...] = ()
    default: Any = MISSING
    convert: Callable[[Any], Any] | None = None
    loads: Any = None
    of_tie: bool = False

    def read(self, convert: Callable[[Any], Any]) -> "Filter":
        """The given value passes through `convert`: a global id to a key, say."""
        return replace(self, convert=convert)


class JsonList(String):
    """The type of a parameter that carries a list as JSON text, since SQLite has no arrays."""


def is_among(column: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
    """The column holds one of the values of one list parameter, whose length is no part of the statement."""
    if dialect == "postgresql":
        # Of plain types: the array of a collated type cannot be named in a cast.
        types: dict[str, TypeEngine[Any]] = {"int": BigInteger(), "float": Float(), "bool": Boolean()}
        plain: Any = types.get(kind_of(column.type), Text())
        matched: ColumnElement[bool] = column == any_(bind(ARRAY(plain)))
        return matched
    listed = func.json_each(bind(JsonList())).table_valued("value")
    found: ColumnElement[bool] = column.in_(select(listed.c.value))
    return found


def _compared(column: str, compare: Callable[[Any, Any], Any]) -> Filter:
    def sql(table: Any, bind: Bind, dialect: Dialect) -> Any:
        stored = sql_table(table).c[column]
        return compare(stored, bind(stored.type))

    def twin(row: Any, value: Any, _loaded: Any, _viewer: Any) -> bool:
        mine = getattr(row, column)
        return mine is not None and bool(compare(mine, value))

    return Filter(sql, twin, (column,))


def equals(column: str) -> Filter:
    return _compared(column, lambda mine, value: mine == value)


def at_least(column: str) -> Filter:
    return _compared(column, lambda mine, value: mine >= value)


def at_most(column: str) -> Filter:
    return _compared(column, lambda mine, value: mine <= value)


def after(column: str) -> Filter:
    return _compared(column, lambda mine, value: mine > value)


def before(column: str) -> Filter:
    return _compared(column, lambda mine, value: mine < value)


def among(column: str) -> Filter:
    """The column holds one of the listed values; an empty list lets nothing through."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> Any:
        return is_among(sql_table(table).c[column], bind, dialect)

    return Filter(sql, lambda row, value, _loaded, _viewer: getattr(row, column) in value, (column,))


def tied_by(column: str) -> Filter:
    """The column of the link holds one of the listed values."""
    return replace(among(column), needs=(), of_tie=True)


def only_if(column: str) -> Filter:
    """With true: rows where the Boolean column holds. With false: no condition."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> Any:
        return or_(not_(bind(Boolean())), sql_table(table).c[column])

    return Filter(sql, lambda row, value, _loaded, _viewer: not value or bool(getattr(row, column)), (column,))


def only_equal(column: str, word: str) -> Filter:
    """With true: rows whose column holds this word. With false: no condition."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> Any:
        return or_(not_(bind(Boolean())), sql_table(table).c[column] == word)

    return Filter(sql, lambda row, value, _loaded, _viewer: not value or getattr(row, column) == word, (column,))


def unless_null(column: str, *, default: bool = False) -> Filter:
    """With false (applied when nothing is given): only rows where the column is null. With true: all."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> Any:
        return or_(bind(Boolean()), sql_table(table).c[column].is_(None))

    def twin(row: Any, value: Any, _loaded: Any, _viewer: Any) -> bool:
        return bool(value) or getattr(row, column) is None

    return Filter(sql, twin, (column,), default=default)


_FOLD = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def folded(text: str) -> str:
    """ASCII letters lowered, nothing else: what `lower` does in SQLite and, under collation "C", in PostgreSQL."""
    return text.translate(_FOLD)


def contains(*columns: str) -> Filter:
    """One of the text columns contains the text, whatever the case of its ASCII letters."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> Any:
        c, text = sql_table(table).c, bind(Text())
        if dialect == "postgresql":
            return or_(*(func.strpos(func.lower(collate(c[name], "C")), text) > 0 for name in columns))
        return or_(*(func.instr(func.lower(c[name]), text) > 0 for name in columns))

    def twin(row: Any, value: Any, _loaded: Any, _viewer: Any) -> bool:
        return any(folded(value) in folded(getattr(row, name) or "") for name in columns)

    return Filter(sql, twin, columns, convert=folded)


def linked(table: Any, *, parent: str, match: Mapping[str, str]) -> Filter:
    """A row of `table` exists whose `parent` is this row's key and whose columns match.

    `match`: column of `table` -> part of the given input object, "" for the given value itself.
    """

    def sql(listed: Any, bind: Bind, dialect: Dialect) -> Any:
        other = sql_table(table).alias()
        same = [other.c[name] == bind(other.c[name].type, part) for name, part in match.items()]
        # IN and not EXISTS: SQLite then begins with what matches, instead of asking of every row whether it does.
        return sql_table(listed).c[key_name(listed)].in_(select(other.c[parent]).where(*same))

    def twin(row: Any, value: Any, loaded: Any, _viewer: Any) -> bool:
        return any(
            getattr(other, parent) == row.id
            and all(getattr(other, name) == (value[part] if part else value) for name, part in match.items())
            for other in loaded
        )

    return Filter(sql, twin, loads=table)


def binder(make: Callable[[str, TypeEngine[Any]], Any], name: str) -> Bind:
    """The `bind` handed to a condition: parameters are named after the filter and the part."""

    def bind(type_: TypeEngine[Any], part: str = "") -> Any:
        return make(f"filter.{name}.{part}" if part else f"filter.{name}", type_)

    return bind
