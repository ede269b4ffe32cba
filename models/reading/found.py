"""Rows whose keys are found out on the way: by a batch, and through the eyes of another organisation."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from models.reading import origins
from models.reading.held import BatchChild
from models.reading.level import Level
from models.reading.local import arguments, handed
from models.reading.parts import Found, Got, Place, Walker
from models.reading.relations import KeyedChild
from models.reading.selection import Pick, Request
from models.reading.statements import Ask, Statement, bind, by_key, by_other_key
from models.reading.visibility import viewer_parameters


class OneFoundChild(BatchChild):
    """The row of the key that a batch gives for each parent; null where it gives none. `found.more`: the keys."""

    _made: tuple[str, Level, Statement] | None = None

    def fetch(self, rows: list[Any], request: Request) -> Generator[Any, Any, Found]:
        known = self.level.known
        needed = [tuple([known(column, row) for column in self.needs]) for row in rows]
        keys = yield from self.values(needed, request)
        wanted = list(dict.fromkeys(key for key in keys if isinstance(key, str)))
        if not wanted:
            return Found(more=keys)
        if self._made is None:
            kind = self.pick.kinds.only
            level = Level(kind.name, kind.source, [kind.picks], self.level.dialect)
            self._made = kind.name, level, by_key(kind.source, level.columns, self.level.dialect)
        name, level, statement = self._made
        mine = yield bind(statement, Ask(wanted, request))
        return Found({name: (yield from level.fetch(mine, request))}, keys)

    def assemble(self, found: Found, request: Request) -> Any:
        shaped: dict[Any, Any] = {}
        for got in found.gots.values():
            assert self._made is not None
            shaped = dict(zip([row[0] for row in got.rows], self._made[1].shape(got, request), strict=True))
        return iter([shaped.get(self._usable(key)) for key in found.more])

    def hanging(self, walker: Walker, found: Found, place: Place) -> Any:
        def index() -> dict[Any, Any]:
            assert self._made is not None
            level = self._made[1]
            return {
                row[0]: walker.row(level, got, at) for got in found.gots.values() for at, row in enumerate(got.rows)
            }

        rows = walker.index(found, index) if found.gots else {}
        return rows.get(self._usable(found.more[place.number]))

    def _usable(self, key: Any) -> Any:
        if isinstance(key, Exception):
            raise key
        return key


class SeenByChild(KeyedChild):
    """The object as another organisation sees it. `found.more`: the request as it is made for that one."""

    def __init__(self, pick: Pick, level: Level) -> None:
        super().__init__(pick, level)
        assert isinstance(pick.origin, origins.SeenBy)
        self.origin = pick.origin

    def expression(self) -> str:
        return f"{self.name}.get(r{self.locals[0]})"

    def fetch(self, rows: list[Any], request: Request) -> Generator[Any, Any, Found]:
        reader_id = self.origin.reader(**arguments(self.pick, request), **handed(self.origin, request))
        at = [local + 1 for local in self.locals]
        mine = [row[at[0]] for row in rows if row[at[0]] == row[at[1]] and row[at[2]] == request.viewer.organization_id]
        if reader_id is None or not mine:
            return Found()
        theirs = seen_by(request, reader_id)
        (name,) = self.pick.kinds
        others = by_other_key(self.pick.kinds.sources[name], "original_id", self.level.dialect)
        known = {original: key for key, original in (yield bind(others, Ask(list(dict.fromkeys(mine)), theirs)))}
        got = yield from self.read(name, list(known.values()), theirs)
        return Found({name: got}, (theirs, {key: original for original, key in known.items()}))

    def assemble(self, found: Found, request: Request) -> Any:
        for name, got in found.gots.items():
            theirs, originals = found.more
            shaped = self._levels[name][0].shape(got, theirs)
            return {originals[row[0]]: one for row, one in zip(got.rows, shaped, strict=True)}
        return {}

    def hanging(self, walker: Walker, found: Found, place: Place) -> Any:
        def index(name: str, got: Got) -> dict[Any, Any]:
            theirs, originals = found.more
            eyes = Walker(theirs)
            eyes.mishaps = walker.mishaps
            level = self._levels[name][0]
            return {originals[row[0]]: eyes.row(level, got, at) for at, row in enumerate(got.rows)}

        if not found.gots:
            return None
        ((name, got),) = found.gots.items()
        return walker.index(found, lambda: index(name, got)).get(place.row[self.locals[0] + 1])


def seen_by(request: Request, reader_id: str) -> Request:
    """The same request, reading intelligence as that organisation does."""
    return replace(
        request,
        pseudonyms=request.pseudonyms.of_reader(reader_id),
        parameters=viewer_parameters(request.viewer, reader_id=reader_id),
    )


Level.kinds[origins.OneFound] = OneFoundChild
Level.kinds[origins.SeenBy] = SeenByChild
