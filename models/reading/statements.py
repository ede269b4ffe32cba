"""SQL of one level: an expression built once for each shape of arguments and compiled once to text. Values are always
parameters, and every statement carries the visibility of the table it reads."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine import Dialect as SqlDialect
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeEngine

from models.reading.filters import Filter, JsonList, binder
from models.reading.origins import Link, Many, Page
from models.reading.selection import Request
from models.reading.stored import Dialect, columns_of, key_name, sql_table
from models.reading.visibility import SHARED, VISIBLE, sources
from models.reading.window import Order, Window
from models.walls import carried

DIALECTS: dict[Dialect, SqlDialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": asyncpg.dialect(),  # type: ignore[no-untyped-call]
}
NO_PARENT = ""  # The key under which a root's rows lie.


class Ask(NamedTuple):
    """What one level wants to know in one request."""

    keys: Sequence[Any]
    request: Request
    window: Window | None = None
    given: Mapping[str, Any] = {}


class Statement(NamedTuple):
    """`each`: run once for each key (SQLite, where that is cheap inside one hop), else once for all keys."""

    text: str
    values: tuple[Callable[[Ask], Any], ...]
    each: bool = False


class Run(NamedTuple):
    """A step that a driver performs: the text, once for each tuple of parameters. The answer is all rows."""

    text: str
    parameters: list[tuple[Any, ...]]


def bind(statement: Statement, ask: Ask) -> Run:
    if not statement.each:
        return Run(statement.text, [tuple(value(ask) for value in statement.values)])
    asks = [ask._replace(keys=(key,)) for key in ask.keys]
    return Run(statement.text, [tuple(value(a) for value in statement.values) for a in asks])


def visible(table: Any) -> ColumnElement[bool]:
    """Who may see it. A table about which nobody has decided cannot be read."""
    if (condition := VISIBLE.get(sql_table(table))) is None:
        raise LookupError(f"models/reading/visibility.py does not say who may see {sql_table(table).name}.")
    return condition


def _plain(table: Any, column: str) -> TypeEngine[Any]:
    return Text() if columns_of(table)[column].kind == "str" else BigInteger()


def _among(table: Any, column: str, dialect: Dialect) -> ColumnElement[bool]:
    return _is_key(sql_table(table).c[column], _plain(table, column), dialect)


def _is_key(stored: ColumnElement[Any], plain: TypeEngine[Any], dialect: Dialect) -> ColumnElement[bool]:
    if dialect == "postgresql":
        matched: ColumnElement[bool] = stored == any_(bindparam("keys", type_=ARRAY(plain)))
        return matched
    listed = func.json_each(bindparam("keys", type_=JsonList())).table_valued("value")
    return stored.in_(select(listed.c.value))


def by_key(table: Any, columns: Sequence[str], dialect: Dialect) -> Statement:
    """Rows by their own keys: (key, *columns)."""
    t = sql_table(table)
    key = key_name(table)
    text = select(t.c[key].label("k_"), *(t.c[c] for c in columns)).where(_among(table, key, dialect), visible(table))
    return compiled(text, dialect)


def by_other_key(table: Any, column: str, dialect: Dialect) -> Statement:
    """The keys of rows by another of their columns: (key, value), the first key of equal values first."""
    c = sql_table(table).c
    key = c[key_name(table)]
    text = select(key, c[column]).where(_among(table, column, dialect), visible(table)).order_by(key)
    return compiled(text, dialect)


@cache
def by_pseudonym(table: Any, dialect: Dialect) -> Statement:
    """The rows that show objects changed, by the keys of the originals: (key, key of the original, STIX type)."""
    c = sql_table(table).c
    kind = c.type if sql_table(table).name == "stix_object" else literal("indicator")
    text = select(c.id, c.original_id, kind).where(
        _among(table, "original_id", dialect), c.form_from > 0, visible(table)
    )
    return compiled(text, dialect)


class _Children(NamedTuple):
    """The rows that hang below parents: their table, the link if there is one with the ties it consists of, and the
    column that names the parent."""

    table: Any
    link: Link | None
    tie: FromClause | None
    by: str
    dialect: Dialect

    @classmethod
    def of(
        cls, origin: Many | Page, table: Any, dialect: Dialect, ties: Sequence[Any] = (), *, at_once: bool = False
    ) -> "_Children":
        """`ties`: conditions of the link's table. `at_once`: of all parents in one statement."""
        link = origin.link
        tie: FromClause | None = None if link is None else sql_table(link.table)
        if link and tie is not None and link.several:
            # SQLite brings one parent into the subquery by itself, a list of them it does not.
            among = [_among(link.table, link.parent, dialect)] if at_once else []
            tie = select(tie.c[link.parent], tie.c[link.child]).where(*ties, *among).distinct().subquery("tied")
        return cls(table, link, tie, origin.by, dialect)

    @property
    def has_parents(self) -> bool:
        return bool(self.link or self.by)

    @property
    def parent(self) -> ColumnElement[Any]:
        if self.link and self.tie is not None:
            return self.tie.c[self.link.parent]
        return sql_table(self.table).c[self.by] if self.by else literal_column(f"'{NO_PARENT}'")

    def among_parents(self) -> ColumnElement[bool]:
        return _is_key(self.parent, self.key_type, self.dialect)

    @property
    def key_type(self) -> TypeEngine[Any]:
        return _plain(self.link.table, self.link.parent) if self.link else _plain(self.table, self.by)

    def rows(self, *fields: Any) -> Select[Any]:
        t = sql_table(self.table)
        chosen = select(*fields).where(visible(self.table))
        if self.link and self.tie is not None:
            return chosen.select_from(t.join(self.tie, self.tie.c[self.link.child] == t.c[key_name(self.table)]))
        return chosen.select_from(t)

    def ordered(self, order: Order, backward: bool = False) -> list[Any]:
        return _ordered(sql_table(self.table).c, order, backward)


def all_children(many: Many, table: Any, columns: Sequence[str], order: Order, dialect: Dialect) -> Statement:
    """A short list below every parent, in one statement on both databases."""
    children = _Children.of(many, table, dialect, at_once=True)
    c = sql_table(table).c
    text = children.rows(children.parent.label("k_"), *(c[name] for name in columns))
    if children.has_parents:
        text = text.where(children.among_parents())
    return compiled(text.order_by(*children.ordered(order)), dialect)


def page_of_children(
    page: Page, table: Any, columns: Sequence[str], window: Window, dialect: Dialect, beyond: int
) -> Statement:
    """The page below every parent: a lateral top-k on PostgreSQL, a run for each parent on SQLite.

    `beyond`: how many rows more than the page are read, to see whether it is the last one.
    """
    children = _Children.of(page, table, dialect, _of_ties(page, window, dialect))
    c = sql_table(table).c
    conditions = [*_filtered(page.filters, table, window, dialect), *_between(table, window)]
    limit = bindparam(f"size_{beyond}", type_=Integer())
    skip = bindparam("skip", type_=Integer()) if window.skip else None
    order = children.ordered(window.order, window.backward)
    fields = [c[name] for name in columns]
    if not children.has_parents:
        if sql_table(table) in SHARED:
            return compiled(_page_of_sources(children, fields, conditions, window, limit), dialect)
        text = children.rows(children.parent.label("k_"), *fields).where(*conditions)
        return compiled(text.order_by(*order).limit(limit).offset(skip), dialect)
    if dialect == "sqlite":
        text = children.rows(children.parent.label("k_"), *fields).where(*conditions)
        text = text.where(children.parent == bindparam("key", type_=children.key_type))
        return compiled(text.order_by(*order).limit(limit).offset(skip), dialect, each=True)
    parents = func.unnest(bindparam("keys", type_=ARRAY(children.key_type))).alias("parents")
    inner = children.rows(*fields, *([] if fields else [children.parent])).where(*conditions)
    top = inner.where(children.parent == parents.column).order_by(*order).limit(limit).offset(skip).lateral("page")
    text = select(parents.column.label("k_"), *(top.c[name] for name in columns))
    return compiled(text.select_from(parents).join(top, true()), dialect)


def _ordered(c: Any, order: Order, backward: bool) -> list[Any]:
    return [c[name].desc() if down != backward else c[name].asc() for name, down in order]


def _page_of_sources(
    children: _Children, fields: Sequence[Any], conditions: Sequence[Any], window: Window, limit: Any
) -> Select[Any]:
    """The page of a list that several organisations have a part in: of the top of each part, the top."""
    t, parts = sql_table(children.table), sources()
    top = select(*fields).where(visible(children.table), *conditions, t.c.organization_id == parts.c.organization_id)
    top = top.order_by(*children.ordered(window.order, window.backward)).limit(limit).correlate(parts)
    if children.dialect == "postgresql":
        needed = dict.fromkeys([*fields, *(t.c[name] for name, _ in window.order)])
        shown: Any = top.with_only_columns(*needed).lateral("part")
        joined: Any = true()
    else:  # which has no lateral
        shown = t.alias("shown")
        joined = shown.c[key_name(children.table)].in_(top.with_only_columns(t.c[key_name(children.table)]))
    page = select(children.parent.label("k_"), *(shown.c[field.name] for field in fields))
    page = page.select_from(parts).join(shown, joined)
    return page.order_by(*_ordered(shown.c, window.order, window.backward)).limit(limit)


def count_of_children(page: Page, table: Any, window: Window, dialect: Dialect) -> Statement:
    """How many hang below each parent, whatever the page: (key, count); a parent without any has no row."""
    children = _Children.of(page, table, dialect, _of_ties(page, window, dialect), at_once=True)
    text = children.rows(children.parent.label("k_"), func.count()).where(
        *_filtered(page.filters, table, window, dialect)
    )
    if children.has_parents:
        text = text.where(children.among_parents()).group_by(children.parent)
    elif sql_table(table) in SHARED:
        text = text.where(sql_table(table).c.organization_id.in_(select(sources().c.organization_id)))
    return compiled(text, dialect)


def _filtered(
    filters: Mapping[str, Filter], table: Any, window: Window, dialect: Dialect, *, of_tie: bool = False
) -> list[Any]:
    def parameter(name: str, type_: TypeEngine[Any]) -> BindParameter[Any]:
        return bindparam(name, type_=type_)

    wanted = [name for name in window.filters if filters[name].of_tie == of_tie]
    return [filters[name].sql(table, binder(parameter, name), dialect) for name in wanted]


def _of_ties(page: Page, window: Window, dialect: Dialect) -> list[Any]:
    return _filtered(page.filters, page.link.table, window, dialect, of_tie=True) if page.link else []


def _between(table: Any, window: Window) -> list[Any]:
    """Beyond the cursors. A row value keeps the index in use, which the spelt-out `or` does not."""
    c = sql_table(table).c
    descending = window.order[0][1]
    columns = tuple_(*(c[name] for name, _ in window.order))
    conditions = []
    for side, place, later in (("start", window.start, True), ("end", window.end, False)):
        if place is not None:
            at = tuple_(*(bindparam(f"{side}_{i}", type_=c[name].type) for i, (name, _) in enumerate(window.order)))
            conditions.append(columns > at if later != descending else columns < at)
    return conditions


# ---- from expression to text, and from a name to its value ----


def compiled(text: Select[Any], dialect: Dialect, *, each: bool = False) -> Statement:
    sql = DIALECTS[dialect]
    made = text.compile(dialect=sql)
    names: Sequence[str] = made.positiontup or ()
    values = tuple(_value(name, made.binds[name], sql) for name in names)
    if dialect == "postgresql":
        read = (table for table in visitors.iterate(text) if isinstance(table, Table))
        if (behind := carried(str(made), read, len(values))) is not None:
            return Statement(behind, (*values, _VIEWER_ORGANIZATION, _VIEWER_USER), each)
    return Statement(str(made), values, each)


def _of_viewer(name: str) -> Callable[[Ask], Any]:
    return lambda ask: ask.request.parameters[name]


_VIEWER_ORGANIZATION, _VIEWER_USER = _of_viewer("viewer_organization_id"), _of_viewer("viewer_user_id")


def _value(name: str, parameter: BindParameter[Any], dialect: SqlDialect) -> Callable[[Ask], Any]:
    get = _getter(name, parameter)
    if isinstance(parameter.type, JsonList):
        return lambda ask: orjson.dumps(list(get(ask))).decode()
    if isinstance(parameter.type, ARRAY):
        return lambda ask: list(get(ask))
    process = parameter.type.bind_processor(dialect)
    return get if process is None else lambda ask: process(get(ask))


def _getter(name: str, parameter: BindParameter[Any]) -> Callable[[Ask], Any]:
    word, _, rest = name.partition("_")
    if name.startswith("viewer_"):
        return _of_viewer(name)
    if name == "keys":
        return lambda ask: ask.keys
    if name == "key":
        return lambda ask: ask.keys[0]
    if word == "size":
        beyond = int(rest)
        return lambda ask: ask.window.size + beyond  # type: ignore[union-attr]
    if name == "skip":
        return lambda ask: ask.window.skip  # type: ignore[union-attr]
    if word == "start":
        return lambda ask: ask.window.start[int(rest)]  # type: ignore[union-attr,index]
    if word == "end":
        return lambda ask: ask.window.end[int(rest)]  # type: ignore[union-attr,index]
    if name.startswith("filter."):
        _, field, *part = name.split(".")
        if part:
            return lambda ask: ask.window.filters[field][part[0]]  # type: ignore[union-attr]
        return lambda ask: ask.window.filters[field]  # type: ignore[union-attr]
    if name.startswith("given_"):
        given = name.removeprefix("given_")
        return lambda ask: ask.given[given]
    constant = parameter.effective_value
    return lambda ask: constant
