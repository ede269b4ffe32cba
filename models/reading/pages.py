"""Connections: a page below every parent, by keyset, with its page info and count."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from models.reading import origins
from models.reading.level import Level
from models.reading.local import arguments
from models.reading.parts import Child, Found, Place, Walker
from models.reading.relations import grouped, parent_column, parent_key, parent_keys, place_key
from models.reading.selection import Pick, Request
from models.reading.statements import Ask, Statement, bind, count_of_children, page_of_children
from models.reading.stored import key_name
from models.reading.window import Window, window_of

SHAPES_KEPT = 64  # statements one connection keeps, one for each shape of arguments; beyond, they are built anew


@dataclass
class Pages:
    """What is known of all parents' pages. `beyond`: parents whose rows go on after the page."""

    keys: list[Any]
    window: Window
    cursor: Callable[[tuple[Any, ...]], str]
    beyond: set[Any] = field(default_factory=set)
    totals: dict[Any, int] = field(default_factory=dict)


class PageChild(Child):
    def __init__(self, pick: Pick, level: Level) -> None:
        super().__init__(pick)
        assert isinstance(pick.origin, origins.Page)
        self.origin, self.dialect = pick.origin, level.dialect
        self.local = parent_column(self.origin, level)
        self.name = level.adopt(self)
        kind = pick.kinds.only
        self.source = kind.source
        self.picks = kind.picks
        self.edges = [p for p in kind.picks if p.name == "edges"]
        infos = [i for p in kind.picks if p.name == "pageInfo" for i in p.kinds.only.picks]
        # One row more than the page is read only where somebody asks whether there is one.
        self.beyond = int(any(i.name.startswith("has") for i in infos))
        self.counts = any(p.name == "totalCount" for p in kind.picks)
        self.reads = bool(self.edges) or bool(infos)
        places = list(dict.fromkeys([*(column for column, _ in self.origin.orders.values()), key_name(self.source)]))
        heads = [p.kinds.only.picks for p in self.edges]
        self.level = Level(kind.name, self.source, heads, level.dialect, also=places if infos else (), places=places)
        self._pages: dict[Any, Statement] = {}
        self._counts: dict[Any, Statement] = {}

    def expression(self) -> str:
        return f"{self.name}[{parent_key(self.local)}]"

    # ---- fetching ----

    def fetch(self, rows: list[Any], request: Request) -> Generator[Any, Any, Found]:
        window = window_of(self.origin, self.source, arguments(self.pick, request), request.cursors)
        places = [self.level.places.index(column) for column, _ in window.order]
        pages = Pages(
            parent_keys(self.local, rows),
            window,
            lambda values: window.cursor(request.cursors, [values[i] for i in places]),
        )
        ask = Ask(pages.keys, request, window)
        page: list[Any] = []
        if self.reads:
            page = self._cut((yield bind(self._page(window), ask)), pages)
        if self.counts:
            pages.totals = {row[0]: row[1] for row in (yield bind(self._count(window), ask))}
        return Found({self.level.name: (yield from self.level.fetch(page, request))}, pages)

    def _page(self, window: Window) -> Statement:
        if (made := self._pages.get(window.shape)) is None:
            made = page_of_children(self.origin, self.source, self.level.columns, window, self.dialect, self.beyond)
            if len(self._pages) < SHAPES_KEPT:
                self._pages[window.shape] = made
        return made

    def _count(self, window: Window) -> Statement:
        shape = tuple(sorted(window.filters))
        if (made := self._counts.get(shape)) is None:
            made = count_of_children(self.origin, self.source, window, self.dialect)
            if len(self._counts) < SHAPES_KEPT:
                self._counts[shape] = made
        return made

    def _cut(self, rows: list[Any], pages: Pages) -> list[Any]:
        """Takes away the row that was read to see whether it exists, and turns a page that was read backward."""
        window = pages.window
        if not self.beyond and not window.backward:
            return rows
        groups: dict[Any, list[Any]] = {}
        for row in rows:
            groups.setdefault(row[0], []).append(row)
        pages.beyond = {key for key, own in groups.items() if len(own) > window.size}
        size = window.size
        return [r for own in groups.values() for r in (reversed(own[:size]) if window.backward else own[:size])]

    # ---- handing out, when all is well ----

    def assemble(self, found: Found, request: Request) -> Any:
        (got,) = found.gots.values()
        pages: Pages = found.more
        edges = [
            grouped(pages.keys, got, self.level.shape(got, request, head, pages.cursor))
            for head in range(len(self.edges))
        ]
        ends = self._ends(found)
        out = {}
        for key in pages.keys:
            answer: dict[str, Any] = {}
            heads = iter(edges)
            for pick in self.picks:
                if pick.name == "edges":
                    answer[pick.key] = next(heads)[key]
                elif pick.name == "totalCount":
                    answer[pick.key] = pages.totals.get(key, 0)
                elif pick.name == "pageInfo":
                    answer[pick.key] = self._info(pick, pages, key, ends)
                else:
                    answer[pick.key] = pick.owner
            out[key] = answer
        return out

    def _ends(self, found: Found) -> dict[Any, tuple[Any, Any]]:
        """The first and the last row of every page, where cursors of the page info are asked for."""
        out: dict[Any, tuple[Any, Any]] = {}
        (got,) = found.gots.values()
        if any(pick.name == "pageInfo" for pick in self.picks):
            for row in got.rows:
                out[row[0]] = (out[row[0]][0] if row[0] in out else row, row)
        return out

    def _info(self, pick: Pick, pages: Pages, key: Any, ends: dict[Any, tuple[Any, Any]]) -> dict[str, Any]:
        return {
            p.key: p.owner if p.name == "__typename" else self._end(p.name, pages, key, ends)
            for p in pick.kinds.only.picks
        }

    def _end(self, name: str, pages: Pages, key: Any, ends: dict[Any, tuple[Any, Any]]) -> Any:
        window = pages.window
        if name == "hasNextPage":
            return window.end is not None or (not window.backward and key in pages.beyond)
        if name == "hasPreviousPage":
            return window.start is not None or (window.backward and key in pages.beyond)
        if key not in ends:
            return None
        row = ends[key][name == "endCursor"]
        return pages.cursor(tuple(row[1 + self.level.at(column)] for column in self.level.places))

    # ---- when not ----

    def hanging(self, walker: Walker, found: Found, place: Place) -> Any:
        (got,) = found.gots.values()
        pages: Pages = found.more
        key = place_key(self.local, place)

        def index() -> tuple[dict[Any, list[int]], dict[Any, tuple[Any, Any]]]:
            return grouped(pages.keys, got, list(range(len(got.rows)))), self._ends(found)

        rows, ends = walker.index(found, index)

        def connection(path: Any) -> dict[str, Any]:
            heads = iter(range(len(self.edges)))

            def value(pick: Pick) -> Any:
                if pick.name == "edges":
                    head = next(heads)
                    return [walker.row(self.level, got, at, head, pages.cursor) for at in rows[key]]
                if pick.name == "totalCount":
                    return pages.totals.get(key, 0)
                if pick.name == "pageInfo":
                    return lambda _: self._info(pick, pages, key, ends)
                return pick.owner

            return {p.key: walker.field(p, (*path, p.key), lambda p=p: value(p)) for p in self.picks}  # type: ignore[misc]

        return connection


Level.kinds[origins.Page] = PageChild
