"""Objects that no table holds: what a batch computes for all parents at once, what a rule returns, and what an object
holds in an attribute. Their classes are shown by faces and shaped like rows."""

import inspect
from collections.abc import Callable, Generator, Sequence
from typing import Any

from foundation.errors import Refusal
from models.reading import origins
from models.reading.leaves import Surprise, leaf
from models.reading.level import DatabaseTrouble, Level
from models.reading.local import ColumnPart, RulePart, arguments, handed
from models.reading.lookup import Question
from models.reading.parts import Call, Child, Found, Part, Place, Walker
from models.reading.selection import VALUE, Pick, Request


class HeldChild(Child):
    """One value for each parent row, in the order of the rows: a leaf, an object, or a list of them."""

    def __init__(self, pick: Pick, level: Level) -> None:
        super().__init__(pick)
        self.level = level
        self.needs = pick.origin.needs
        for column in self.needs:
            level.at(column)
        self.name = level.adopt(self)
        self.names = {source: name for name, source in pick.kinds.sources.items()}
        self.levels: dict[str, Level] = {}

    def values(self, rows: list[tuple[Any, ...]], request: Request) -> Generator[Any, Any, Sequence[Any]]:
        raise NotImplementedError

    def expression(self) -> str:
        # Shapers go through the rows in order, so what hangs there is simply the next one.
        return leaf(self.level, self.pick, f"next({self.name})") if self.pick.leaf else f"next({self.name})"

    def level_of(self, item: Any) -> tuple[str, Level]:
        """The level of this object's type; made when the first such object appears."""
        if (name := self.names.get(item.__class__)) is None:
            raise TypeError(f"{self.pick.owner}.{self.pick.name} cannot be a {item.__class__.__name__}.")
        if (level := self.levels.get(name)) is None:
            kind = self.pick.kinds[name]
            level = self.levels[name] = Level(name, kind.source, [kind.picks], self.level.dialect)
        return name, level

    def fetch(self, rows: list[Any], request: Request) -> Generator[Any, Any, Found]:
        known = self.level.known
        needed = [tuple([known(column, row) for column in self.needs]) for row in rows]
        values = yield from self.values(needed, request)
        if len(values) != len(rows):
            raise RuntimeError(f"{self.pick.owner}.{self.pick.name}: {len(values)} values for {len(rows)} rows.")
        found = Found(more=values)
        if self.pick.leaf:
            return found
        laid_out: dict[str, list[Any]] = {}
        for value in values:
            for item in _items(value):
                name, level = self.level_of(item)
                laid_out.setdefault(name, []).append(("", *level.read(item)))
        for name, own in laid_out.items():
            found.gots[name] = yield from self.levels[name].fetch(own, request)
        return found

    def assemble(self, found: Found, request: Request) -> Any:
        if self.pick.leaf:
            if self.pick.leaf is VALUE and any(isinstance(value, Exception) for value in found.more):
                raise Surprise
            return iter(found.more)
        shaped = {name: iter(self.levels[name].shape(got, request)) for name, got in found.gots.items()}
        if len(found.more) == 1 and isinstance(found.more[0], list) and len(found.gots) == 1:
            (got,) = found.gots.values()
            if len(got.rows) == len(found.more[0]):  # one long list of one type: nothing to sort out
                return iter([list(*shaped.values())])
        return iter([self._placed(value, shaped) for value in found.more])

    def _placed(self, value: Any, shaped: dict[str, Any], wraps: str | None = None) -> Any:
        """Shaped objects come in the order they were laid out, so each type's iterator gives the right one."""
        wraps = self.pick.wraps if wraps is None else wraps
        if value is None:
            if wraps[:1] == "!":
                raise TypeError("null where none may be")
            return None
        if isinstance(value, Exception):
            raise value
        if isinstance(value, list | tuple):
            inner = wraps.lstrip("!")[1:]
            return [self._placed(item, shaped, inner) for item in value]
        return next(shaped[self.names[value.__class__]])

    def hanging(self, walker: Walker, found: Found, place: Place) -> Any:
        if self.pick.leaf:
            return found.more[place.number]
        return walker.index(found, lambda: self._walkable(walker, found))[place.number]

    def _walkable(self, walker: Walker, found: Found) -> list[Any]:
        seen = dict.fromkeys(found.gots, 0)

        def walkable(value: Any) -> Any:
            if value is None or isinstance(value, Exception):
                return value
            if isinstance(value, list | tuple):
                return [walkable(item) for item in value]
            name = self.names[value.__class__]
            at = seen[name]
            seen[name] += 1
            return walker.row(self.levels[name], found.gots[name], at)

        return [walkable(value) for value in found.more]


def _items(value: Any) -> Sequence[Any]:
    items = value if isinstance(value, list | tuple) else (value,)
    return [item for item in items if item is not None and not isinstance(item, Exception)]


class HeldColumn(HeldChild):
    def values(self, rows: list[tuple[Any, ...]], request: Request) -> Generator[Any, Any, Sequence[Any]]:
        return [value for (value,) in rows]
        yield  # a generator, like the others


class HeldRule(HeldChild):
    """A rule that returns objects; what it raises is that row's error."""

    def values(self, rows: list[tuple[Any, ...]], request: Request) -> Generator[Any, Any, Sequence[Any]]:
        origin = self.pick.origin
        assert isinstance(origin, origins.Rule)
        given = {**handed(origin, request), **arguments(self.pick, request)}
        return [_caught(origin.call, row, given) for row in rows]
        yield


def _caught(call: Callable[..., Any], row: tuple[Any, ...], given: dict[str, Any]) -> Any:
    try:
        return call(*row, **given)
    except Exception as error:
        return error


ISOLATED = 100  # parents of one batch that are tried one by one after it failed


class BatchChild(HeldChild):
    def values(self, rows: list[tuple[Any, ...]], request: Request) -> Generator[Any, Any, Sequence[Any]]:
        """One call for all. When it fails by surprise each parent is tried alone, so that the one faulty row is that
        row's error and not everybody's; a refusal is about the arguments, which all of them share."""
        try:
            return (yield from self._called(rows, request))
        except (Refusal, DatabaseTrouble):
            raise
        except Exception:
            if not 1 < len(rows) <= ISOLATED:
                raise
        values: list[Any] = []
        for row in rows:
            try:
                values += yield from self._called([row], request)
            except DatabaseTrouble:
                raise
            except Exception as error:
                values.append(error)
        return values

    def _called(self, rows: list[tuple[Any, ...]], request: Request) -> Generator[Any, Any, Sequence[Any]]:
        origin = self.pick.origin
        assert isinstance(origin, origins.Batch)
        given = {**handed(origin, request), **arguments(self.pick, request)}
        if inspect.iscoroutinefunction(origin.call):
            values = yield Call(origin.call, rows, given)
            if isinstance(values, Exception):
                raise values
            return list(values)
        made = origin.call(rows, **given)
        if inspect.isgenerator(made):
            made = yield from answered(made, request, self.level.dialect)
        return list(made)


def answered(asking: Generator[Any, Any, Any], request: Request, dialect: Any) -> Generator[Any, Any, Any]:
    """Runs a batch that asks the database itself, in the same visit. What a statement raises, the batch may catch. A
    `Call` that it yields is done beside the event loop's readers, for work that takes long."""
    try:
        question = asking.send(None)
        while True:
            if isinstance(question, Call):
                values = yield question
                question = asking.throw(values) if isinstance(values, Exception) else asking.send(values)
                continue
            assert isinstance(question, Question), "a batch yields Lookup.of(...)"
            rows = yield question.run(request, dialect)
            question = asking.send(question.read(rows, dialect))
    except StopIteration as stop:
        return stop.value


def column_part(pick: Pick, level: Level) -> Part:
    return ColumnPart(pick, level) if pick.leaf else HeldColumn(pick, level)


def rule_part(pick: Pick, level: Level) -> Part:
    return RulePart(pick, level) if pick.leaf else HeldRule(pick, level)


Level.kinds[origins.Column] = column_part
Level.kinds[origins.Rule] = rule_part
Level.kinds[origins.Batch] = BatchChild
