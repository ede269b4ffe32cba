"""Where the reference executor takes its rows from.

PlainRows    loads whole tables (what the viewer may see of them) and filters, orders and cuts in Python. It shares
             no SQL with the planner, so that it can prove it wrong: for tests, useless for large tables.
SingleRows   one statement of the planner's builder for each parent: slower than a plan, fit for emergencies.
"""

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from foundation.cursors import Cursors
from foundation.ids import OtherKey
from models.reading.origins import Many, Page
from models.reading.run import Driver
from models.reading.selection import Request
from models.reading.statements import (
    NO_PARENT,
    Ask,
    Statement,
    all_children,
    bind,
    by_key,
    by_other_key,
    by_pseudonym,
    count_of_children,
    page_of_children,
)
from models.reading.stored import as_python, columns_of, key_name, sql_table, usable_key
from models.reading.visibility import VISIBLE
from models.reading.window import Order, Window, order_of, window_of

Row = SimpleNamespace


@dataclass(frozen=True)
class PageOf:
    """One page, its rows in order, and the cursor of each."""

    rows: list[Row]
    cursors: list[str]
    has_next: bool
    has_previous: bool
    total: int


class RowSource(Protocol):
    async def one(self, table: Any, key: Any) -> Row | None: ...
    async def many(self, many: Many, table: Any, key: Any) -> list[Row]: ...
    async def page(self, page: Page, table: Any, key: Any, args: Mapping[str, Any]) -> PageOf: ...


class Reversed:
    """A value that sorts the other way round."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "Reversed") -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reversed) and bool(self.value == other.value)


def _place(order: Order) -> Callable[[Any], list[Any]]:
    return lambda row: [Reversed(getattr(row, c)) if down else getattr(row, c) for c, down in order]


class PlainRows:
    def __init__(self, reading: Callable[[], AbstractAsyncContextManager[AsyncSession]], request: Request) -> None:
        self._reading, self._request = reading, request
        self._viewer, self._cursors = request.viewer, request.cursors
        self._tables: dict[Any, list[Row]] = {}
        self._loading: dict[Any, asyncio.Lock] = {}

    async def _all(self, table: Any) -> list[Row]:
        made = sql_table(table)
        # No task that several wait for: graphql-core cancels the siblings of a failed field, which would cancel the
        # load of all, and the whole request would die of CancelledError. Here the next in line loads it.
        async with self._loading.setdefault(made, asyncio.Lock()):
            if made not in self._tables:
                self._tables[made] = await self._load(made)
        return self._tables[made]

    async def _loaded(self, wanted: Any) -> Any:
        """The rows of one table; of several, a tuple of theirs."""
        if isinstance(wanted, tuple):
            return tuple([await self._all(table) for table in wanted])
        return await self._all(wanted) if wanted is not None else []

    async def _load(self, table: Any) -> list[Row]:
        text = select(*table.c)
        if table in VISIBLE:
            text = text.where(VISIBLE[table])
        async with self._reading() as session:
            result = await session.execute(text, self._request.parameters)
            return [SimpleNamespace(**row) for row in result.mappings()]

    async def one(self, table: Any, key: Any) -> Row | None:
        key = usable_key(table, key)
        name = key_name(table)
        if isinstance(key, OtherKey):
            every = await self._all(table)
            named = [row for row in every if getattr(row, key.column) == key.text]
            if not named and key.column == "stix_id":
                named = [row for row in every if row.form_from and self._pseudonym(row) == key.text]
            return min(named, key=lambda row: getattr(row, name), default=None)
        return next((row for row in await self._all(table) if getattr(row, name) == key), None)

    def _pseudonym(self, row: Row) -> str:
        kind = "indicator" if hasattr(row, "pattern") else row.type
        pseudonym: str = self._request.pseudonyms.of(kind, row.original_id)
        return pseudonym

    async def _children(
        self, many: Many | Page, table: Any, key: Any, ties: Callable[[Row], bool] = lambda _: True
    ) -> list[Row]:
        rows = await self._all(table)
        if key is None and (many.link or many.by):
            return []
        if many.link:
            tied = filter(ties, await self._all(many.link.table))
            mine = {getattr(tie, many.link.child) for tie in tied if getattr(tie, many.link.parent) == key}
            return [row for row in rows if getattr(row, key_name(table)) in mine]
        return [row for row in rows if getattr(row, many.by) == key] if many.by else list(rows)

    async def many(self, many: Many, table: Any, key: Any) -> list[Row]:
        return sorted(await self._children(many, table, key), key=_place(order_of(table, *many.order)))

    async def page(self, page: Page, table: Any, key: Any, args: Mapping[str, Any]) -> PageOf:
        window = window_of(page, table, args, self._cursors)
        conditions = {page.filters[name]: value for name, value in window.filters.items()}
        of_tie = {condition: value for condition, value in conditions.items() if condition.of_tie}
        rows = await self._children(
            page, table, key, lambda tie: all(one.twin(tie, value, [], self._viewer) for one, value in of_tie.items())
        )
        for condition, value in conditions.items():
            if condition.of_tie:
                continue
            loaded = await self._loaded(condition.loads)
            rows = [row for row in rows if condition.twin(row, value, loaded, self._viewer)]
        place = _place(window.order)
        total = len(rows)
        rows.sort(key=place)
        if window.start is not None:
            start = place(_at(window, window.start))
            rows = [row for row in rows if place(row) > start]
        if window.end is not None:
            end = place(_at(window, window.end))
            rows = [row for row in rows if place(row) < end]
        cut = rows[-window.size :] if window.backward else rows[: window.size]
        return _page_of(cut, len(rows) > window.size, total, window, self._cursors)


def _at(window: Window, values: tuple[Any, ...]) -> Row:
    return SimpleNamespace(**{column: value for (column, _), value in zip(window.order, values, strict=True)})


def _page_of(rows: list[Row], beyond: bool, total: int, window: Window, cursors: Cursors) -> PageOf:
    sealed = [window.cursor(cursors, [getattr(row, column) for column, _ in window.order]) for row in rows]
    if window.backward:
        return PageOf(rows, sealed, window.end is not None, window.start is not None or beyond, total)
    return PageOf(rows, sealed, window.end is not None or beyond, window.start is not None, total)


class SingleRows:
    def __init__(self, driver: Driver, request: Request) -> None:
        self._driver, self._request, self._dialect = driver, request, driver.dialect

    async def _rows(self, table: Any, statement: Statement, ask: Ask) -> list[Row]:
        stored = columns_of(table)
        rows = await self._driver.drive(_single(statement, ask))
        return [
            SimpleNamespace(
                **{
                    name: as_python(column.kind, value, self._dialect, orjson.loads)
                    for (name, column), value in zip(stored.items(), list(row)[1:], strict=True)
                }
            )
            for row in rows
        ]

    async def one(self, table: Any, key: Any) -> Row | None:
        if (usable := usable_key(table, key)) is None:
            return None
        if isinstance(usable, OtherKey):
            other = by_other_key(table, usable.column, self._dialect)
            named = await self._driver.drive(_single(other, Ask((usable.text,), self._request)))
            if not named and usable.column == "stix_id":
                named = await self._pseudonymous(table, usable.text)
            if not named:
                return None
            usable = named[0][0]
        statement = by_key(table, list(columns_of(table)), self._dialect)
        rows = await self._rows(table, statement, Ask((usable,), self._request))
        return rows[0] if rows else None

    async def _pseudonymous(self, table: Any, text: str) -> Any:
        pseudonyms = self._request.pseudonyms
        if (original := pseudonyms.key_of(text)) is None:
            return []
        statement = by_pseudonym(table, self._dialect)
        found = await self._driver.drive(_single(statement, Ask((original,), self._request)))
        return [row for row in found if pseudonyms.of(row[2], original) == text]

    async def many(self, many: Many, table: Any, key: Any) -> list[Row]:
        order = order_of(table, *many.order)
        statement = all_children(many, table, list(columns_of(table)), order, self._dialect)
        return await self._rows(table, statement, Ask((key,), self._request))

    async def page(self, page: Page, table: Any, key: Any, args: Mapping[str, Any]) -> PageOf:
        window = window_of(page, table, args, self._request.cursors)
        ask = Ask((NO_PARENT if key is None else key,), self._request, window)
        statement = page_of_children(page, table, list(columns_of(table)), window, self._dialect, 1)
        rows = await self._rows(table, statement, ask)
        counted = await self._driver.drive(_single(count_of_children(page, table, window, self._dialect), ask))
        cut = rows[: window.size]
        if window.backward:
            cut.reverse()
        total = counted[0][1] if counted else 0
        return _page_of(cut, len(rows) > window.size, total, window, self._request.cursors)


def _single(statement: Statement, ask: Ask) -> Generator[Any, Any, Any]:
    return (yield bind(statement, ask))


__all__ = ["PageOf", "PlainRows", "Row", "RowSource", "SingleRows"]
