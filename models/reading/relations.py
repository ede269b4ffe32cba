"""Rows that other rows point at, and short lists of rows that point here: one statement for all parents."""

from collections.abc import Callable, Generator
from typing import Any

from foundation.errors import InvalidInput
from foundation.ids import OtherKey
from models.reading import origins
from models.reading.level import Level
from models.reading.local import arguments
from models.reading.origins import Spot
from models.reading.parts import Child, Found, Got, Place, Walker
from models.reading.selection import Pick, Request
from models.reading.statements import (
    NO_PARENT,
    Ask,
    Statement,
    all_children,
    bind,
    by_key,
    by_other_key,
    by_pseudonym,
)
from models.reading.stored import sql_table, usable_key
from models.reading.visibility import SHARED
from models.reading.window import order_of


class KeyedChild(Child):
    """Reads rows of one type or several by their own keys."""

    def __init__(self, pick: Pick, level: Level) -> None:
        super().__init__(pick)
        self.level = level
        self.locals = [level.at(column) for column in pick.origin.needs]
        self.name = level.adopt(self)
        self._levels: dict[str, tuple[Level, Statement]] = {}

    def of_type(self, name: str) -> tuple[Level, Statement]:
        if (made := self._levels.get(name)) is None:
            kind = self.pick.kinds[name]
            level = Level(name, kind.source, [kind.picks], self.level.dialect)
            made = self._levels[name] = level, by_key(kind.source, level.columns, self.level.dialect)
        return made

    def read(self, name: str, keys: list[Any], request: Request) -> Generator[Any, Any, Got]:
        level, statement = self.of_type(name)
        rows = yield bind(statement, Ask(keys, request))
        return (yield from level.fetch(rows, request))

    def walkable(self, walker: Walker, found: Found, name: str) -> dict[Any, Any]:
        level, got = self._levels[name][0], found.gots[name]
        return {row[0]: walker.row(level, got, at) for at, row in enumerate(got.rows)}


class OneChild(KeyedChild):
    """The row whose key stands in a column."""

    def expression(self) -> str:
        key = f"r{self.locals[0]}"
        return f"{self.name}[{key}]" if self.pick.wraps else f"{self.name}.get({key})"

    def fetch(self, rows: list[Any], request: Request) -> Generator[Any, Any, Found]:
        (name,) = self.pick.kinds
        source = self.pick.kinds.sources[name]
        at = self.locals[0] + 1
        # A seed or an object may carry a number as text; a column holds the key as it is.
        given = dict.fromkeys(row[at] for row in rows)
        wanted = {key: usable for key in given if (usable := usable_key(source, key)) is not None}
        if not wanted:
            return Found()
        return Found({name: (yield from self.read(name, list(wanted.values()), request))}, wanted)

    def assemble(self, found: Found, request: Request) -> Any:
        for name, got in found.gots.items():
            shaped = dict(zip([r[0] for r in got.rows], self._levels[name][0].shape(got, request), strict=True))
            if self.level.is_table:
                return shaped
            return {key: shaped[usable] for key, usable in found.more.items() if usable in shaped}
        return {}

    def hanging(self, walker: Walker, found: Found, place: Place) -> Any:
        if not found.gots:
            return None
        (name,) = found.gots
        index = walker.index(found, lambda: self.walkable(walker, found, name))
        return index.get(found.more.get(place.row[self.locals[0] + 1]))


class OneOfChild(KeyedChild):
    """One row of one of several types, or a list of such: `locate` says which. `found.more`: spot -> (type, key)."""

    def __init__(self, pick: Pick, level: Level) -> None:
        super().__init__(pick, level)
        assert isinstance(pick.origin, origins.OneOf)
        self.origin = pick.origin
        self._others: dict[tuple[str, str], Statement] = {}

    def expression(self) -> str:
        given = [self.level.raw(column) for column in self.origin.needs]
        locate = self.level.bound(self.origin.locate)
        if self.origin.several:
            inner = self.pick.wraps.lstrip("!")[1:]
            get = f"{self.name}[{locate}(x)]" if inner else f"{self.name}.get({locate}(x))"
            return f"[{get} for x in {given[0]}]"
        found = f"{locate}({', '.join(given)})"
        return f"{self.name}[{found}]" if self.pick.wraps else f"{self.name}.get({found})"

    def spots(self, row: Any) -> list[Spot | None]:
        """Where this parent's rows lie. What `locate` raises is told by the expression, which calls it again."""
        given = [self.level.known(column, row) for column in self.origin.needs]
        if not self.origin.several:
            return [_located(self.origin.locate, given)]
        if len(given[0]) > self.origin.bound:
            raise InvalidInput(f"At most {self.origin.bound} at once.", field=self.origin.needs[0])
        return [_located(self.origin.locate, [item]) for item in given[0]]

    def fetch(self, rows: list[Any], request: Request) -> Generator[Any, Any, Found]:
        sources = self.pick.kinds.sources
        wanted: dict[Spot, Spot] = {}
        keys: dict[str, dict[Any, None]] = {}
        others: dict[tuple[str, str], list[Spot]] = {}
        for spot in dict.fromkeys(spot for row in rows for spot in self.spots(row)):
            if spot is None or spot[0] not in sources:
                continue
            key = usable_key(sources[spot[0]], spot[1])
            if isinstance(key, OtherKey):
                others.setdefault((spot[0], key.column), []).append(spot)
            elif key is not None:
                wanted[spot] = (spot[0], key)
                keys.setdefault(spot[0], {})[key] = None
        for (name, column), spots in others.items():
            known = yield from self.known(name, column, [spot[1].text for spot in spots], request)
            if sql_table(sources[name]) in SHARED:
                known |= yield from self.pseudonymous(name, [s[1] for s in spots if s[1].text not in known], request)
            for spot in spots:
                if (key := known.get(spot[1].text)) is not None:
                    wanted[spot] = (name, key)
                    keys.setdefault(name, {})[key] = None
        found = Found(more=wanted)
        for name, own in keys.items():
            found.gots[name] = yield from self.read(name, list(own), request)
        return found

    def known(self, name: str, column: str, texts: list[str], request: Request) -> Generator[Any, Any, dict[str, Any]]:
        """The keys of rows by what stands in another column of theirs."""
        if (statement := self._others.get((name, column))) is None:
            statement = by_other_key(self.pick.kinds.sources[name], column, self.level.dialect)
            self._others[name, column] = statement
        rows = yield bind(statement, Ask(texts, request))
        return {text: key for key, text in reversed(rows)}

    def pseudonymous(self, name: str, others: list[OtherKey], request: Request) -> Generator[Any, Any, dict[str, Any]]:
        """The keys of rows that the viewer knows by these pseudonyms."""
        texts = {key: other.text for other in others if (key := request.pseudonyms.key_of(other.text)) is not None}
        if not texts:
            return {}
        source = self.pick.kinds.sources[name]
        rows = yield bind(by_pseudonym(source, self.level.dialect), Ask(list(texts), request))
        return {
            texts[original]: key
            for key, original, kind in rows
            if request.pseudonyms.of(kind, original) == texts[original]
        }

    def assemble(self, found: Found, request: Request) -> Any:
        shaped = {}
        for name, got in found.gots.items():
            for row, answer in zip(got.rows, self._levels[name][0].shape(got, request), strict=True):
                shaped[name, row[0]] = answer
        return {spot: shaped[at] for spot, at in found.more.items() if at in shaped}

    def hanging(self, walker: Walker, found: Found, place: Place) -> Any:
        def index() -> dict[Spot, Any]:
            return {
                (name, key): walk for name in found.gots for key, walk in self.walkable(walker, found, name).items()
            }

        rows = walker.index(found, index)
        given = [place.known(column) for column in self.origin.needs]

        def at(*values: Any) -> Any:
            spot = self.origin.locate(*values)
            return rows.get(found.more.get(spot)) if spot is not None else None

        return [_caught(at, item) for item in given[0]] if self.origin.several else at(*given)


def _located(locate: Callable[..., Spot | None], given: list[Any]) -> Spot | None:
    try:
        return locate(*given)
    except Exception:
        return None


def _caught(call: Callable[..., Any], item: Any) -> Any:
    try:
        return call(item)
    except Exception as error:
        return error


class ManyChild(Child):
    """A short list below every parent."""

    def __init__(self, pick: Pick, level: Level) -> None:
        super().__init__(pick)
        assert isinstance(pick.origin, origins.Many)
        origin = pick.origin
        self.local = parent_column(origin, level)
        self.name = level.adopt(self)
        kind = pick.kinds.only
        self.level = Level(kind.name, kind.source, [kind.picks], level.dialect)
        order = order_of(kind.source, *origin.order)
        self.statement = all_children(origin, kind.source, self.level.columns, order, level.dialect)

    def expression(self) -> str:
        return f"{self.name}[{parent_key(self.local)}]"

    def fetch(self, rows: list[Any], request: Request) -> Generator[Any, Any, Found]:
        arguments(self.pick, request)
        keys = parent_keys(self.local, rows)
        mine = yield bind(self.statement, Ask(keys, request))
        return Found({self.level.name: (yield from self.level.fetch(mine, request))}, keys)

    def assemble(self, found: Found, request: Request) -> Any:
        (got,) = found.gots.values()
        return grouped(found.more, got, self.level.shape(got, request))

    def hanging(self, walker: Walker, found: Found, place: Place) -> Any:
        (got,) = found.gots.values()
        rows = [walker.row(self.level, got, at) for at in range(len(got.rows))]
        return walker.index(found, lambda: grouped(found.more, got, rows))[place_key(self.local, place)]


def parent_column(origin: origins.Many | origins.Page, level: Level) -> int | None:
    """The place of the parent's column that the rows point at; None where there are no parents (a root)."""
    if not origin.by and not origin.link:
        return None
    return level.at(origin.needs[0]) if origin.needs else level.key()


def parent_key(local: int | None) -> str:
    """Source of the key under which a parent's rows lie."""
    return repr(NO_PARENT) if local is None else f"r{local}"


def parent_keys(local: int | None, rows: list[Any]) -> list[Any]:
    return [NO_PARENT] if local is None else list(dict.fromkeys(row[local + 1] for row in rows))


def place_key(local: int | None, place: Place) -> Any:
    return NO_PARENT if local is None else place.row[local + 1]


def grouped(keys: list[Any], got: Got, items: list[Any]) -> dict[Any, list[Any]]:
    """By parent key, in order; SQL does not promise that rows of one parent come together."""
    out: dict[Any, list[Any]] = {key: [] for key in keys}
    for row, item in zip(got.rows, items, strict=True):
        out[row[0]].append(item)
    return out


Level.kinds[origins.One] = OneChild
Level.kinds[origins.OneOf] = OneOfChild
Level.kinds[origins.Many] = ManyChild
