"""One page asked for: how many, from where, which way, in which order, under which filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from foundation.cursors import BadCursor, Cursors
from foundation.errors import InvalidInput
from foundation.times import from_text, to_text
from models.reading.filters import MISSING, Filter
from models.reading.origins import Page
from models.reading.stored import Stored, columns_of, key_name, sql_table

SIZE = 20
_CLASSES = {"int": (int,), "float": (float, int), "bool": (bool,)}
Order = tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Window:
    """`start` and `end` are the places (values of the order's columns) that `after` and `before` named, exclusive.

    `order` is (column, descending) with the key last and turned the same way, so no two rows tie. `backward`: the page
    is the last `size` rows of the range, still shown in order. `skip`: rows of the range that go before the page, for
    doors whose pages have numbers.
    """

    size: int
    backward: bool
    start: tuple[Any, ...] | None
    end: tuple[Any, ...] | None
    order_name: str
    order: Order
    filters: Mapping[str, Any]
    purpose: str
    skip: int = 0

    @property
    def shape(self) -> tuple[Any, ...]:
        """What the text of a statement depends on; everything else is a parameter."""
        places = self.start is not None, self.end is not None, self.skip > 0
        return self.backward, *places, self.order_name, *sorted(self.filters)

    def cursor(self, cursors: Cursors, values: Sequence[Any]) -> str:
        """The sealed place of one row. `values`: those of `order`'s columns, times as text or datetime."""
        plain = [to_text(v) if v.__class__ is datetime else v for v in values]
        return cursors.seal(self.purpose, [self.order_name, *plain])


def order_of(table: Any, column: str, descending: bool) -> Order:
    key = key_name(table)
    return ((column, descending),) if column == key else ((column, descending), (key, descending))


def window_of(page: Page, table: Any, args: Mapping[str, Any], cursors: Cursors) -> Window:
    """Reads a connection's arguments. Raises InvalidInput or BadCursor; both executors call it."""
    first, last = args.get("first"), args.get("last")
    if first is not None and last is not None:
        raise InvalidInput("Ask for first or for last, not for both.", field="last")
    size = last if last is not None else SIZE if first is None else first
    if not 1 <= size <= page.largest:
        raise InvalidInput(f"A page has 1 to {page.largest} rows.", field="first" if last is None else "last")
    name = args.get("order_by") or next(iter(page.orders))
    order = order_of(table, *page.orders[name])
    purpose = f"list {sql_table(table).name}"
    stored = [columns_of(table)[column] for column, _ in order]

    def place(field: str) -> tuple[Any, ...] | None:
        text = args.get(field)
        if text is None:
            return None
        named, *values = cursors.open(purpose, text, field=field)
        if named != name or len(values) != len(order):
            raise BadCursor(field=field)
        return tuple(_read(s, v, field) for s, v in zip(stored, values, strict=True))

    ends, filters = (place("after"), place("before")), converted(page.filters, args.get("filter") or {})
    return Window(size, last is not None, *ends, name, order, filters, purpose, args.get("skip", 0))


def _read(stored: Stored, value: Any, field: str) -> Any:
    """The value as the column has it. A cursor of another list of the table, in another order, is refused."""
    if value.__class__ not in _CLASSES.get(stored.kind, (str,)):
        raise BadCursor(field=field)
    return from_text(value) if stored.kind == "time" else float(value) if stored.kind == "float" else value


def converted(filters: Mapping[str, Filter], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of those filters that apply, by their names."""
    out = {}
    for name, condition in filters.items():
        value = given.get(name, condition.default)
        if value is None or value is MISSING:
            continue
        out[name] = condition.convert(value) if condition.convert else value
    return out
