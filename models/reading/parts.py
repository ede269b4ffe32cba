"""What a planned field is: a piece of generated code while all is well, and a careful walk over the same rows when not.

    Part                one picked field of one level
    └── Child           one that fetches: a relation, a batch, or objects held in an attribute
    Walker              the answer one field at a time, with errors and null propagation as GraphQL words them

The generated code knows only the right answer. The first surprise (a null where none may be, a value that does not fit,
a rule that raises) hands the rows already fetched to the Walker; nothing is queried again.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from models.reading.selection import Pick, Request
from models.reading.statements import Run

Path = tuple[str | int, ...]


class Call(NamedTuple):
    """A step for the event loop: an asynchronous batch. The answer is its values, or the exception it raised."""

    call: Callable[..., Any]
    rows: Sequence[tuple[Any, ...]]
    keywords: dict[str, Any]


Steps = Generator[Run | Call, Any, Any]


@dataclass(slots=True)
class Got:
    """The rows of one concrete type at one place, and what its children found."""

    rows: list[Any]
    found: list["Found"] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What one child fetched for all its parents. `failed`: it could not, and that is this field's error.

    `gots` by type name. `more` is what the kind of child keeps for itself.
    """

    gots: dict[str, Got] = field(default_factory=dict)
    more: Any = None
    failed: Exception | None = None


class LevelLike(Protocol):
    name: str
    heads: list[list["Part"]]
    children: list["Child"]

    def known(self, column: str, row: Any) -> Any: ...
    def at(self, column: str) -> int: ...


class Place(NamedTuple):
    """One row while it is walked. `cursor` seals the place of a row in its page."""

    level: LevelLike
    got: Got
    number: int
    cursor: Any = None

    @property
    def row(self) -> Any:
        return self.got.rows[self.number]

    def known(self, column: str) -> Any:
        return self.level.known(column, self.row)


class Part(ABC):
    def __init__(self, pick: Pick) -> None:
        self.pick = pick

    @abstractmethod
    def expression(self) -> str:
        """Python source of this field's value, over the locals of a shaper (`level.generate`)."""

    @abstractmethod
    def careful(self, walker: "Walker", place: Place) -> Any:
        """The value before it is completed. An object is given as a function of the path that walks it."""


class Child(Part):
    """A part that fetches. `number`: its place among its level's children, and of its lookup among a shaper's maps."""

    number: int

    @abstractmethod
    def fetch(self, rows: list[Any], request: Request) -> Generator[Any, Any, Found]:
        """For all parents at once."""

    @abstractmethod
    def assemble(self, found: Found, request: Request) -> Any:
        """What the expression looks its value up in, when all is well."""

    @abstractmethod
    def hanging(self, walker: "Walker", found: Found, place: Place) -> Any:
        """Like `careful`, of what was fetched without failing."""

    def careful(self, walker: "Walker", place: Place) -> Any:
        found = place.got.found[self.number]
        if found.failed is not None:
            raise found.failed
        return self.hanging(walker, found, place)


class Mishap(NamedTuple):
    path: Path
    error: Exception
    pick: Pick


class Located(Exception):
    """An error on its way up to the nearest place that may be null."""

    def __init__(self, mishap: Mishap) -> None:
        self.mishap = mishap


class Walker:
    """Walks a fetched answer. Linear: what hangs below which parent is indexed once for each place, since a look at all
    rows for every parent would let one bad row in 5,000 cost the square."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.mishaps: list[Mishap] = []
        self._indexes: dict[int, Any] = {}

    def index(self, found: Found, make: Callable[[], Any]) -> Any:
        if (made := self._indexes.get(id(found))) is None:
            made = self._indexes[id(found)] = make()
        return made

    def object(self, parts: Sequence[Part], place: Place, path: Path) -> dict[str, Any]:
        return {p.pick.key: self.field(p.pick, (*path, p.pick.key), _careful(p, self, place)) for p in parts}

    def row(self, level: LevelLike, got: Got, number: int, head: int = 0, cursor: Any = None) -> Callable[[Path], Any]:
        return lambda path: self.object(level.heads[head], Place(level, got, number, cursor), path)

    def field(self, pick: Pick, path: Path, value: Callable[[], Any]) -> Any:
        return self._guard(pick, pick.wraps, path, lambda: self._complete(pick, pick.wraps, value(), path))

    def _guard(self, pick: Pick, wraps: str, path: Path, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Located as located:
            trouble = located
        except Exception as error:
            trouble = Located(Mishap(path, error, pick))
        if wraps[:1] == "!":
            raise trouble
        self.mishaps.append(trouble.mishap)
        return None

    def _complete(self, pick: Pick, wraps: str, value: Any, path: Path) -> Any:
        if isinstance(value, Exception):
            raise value
        if wraps[:1] == "!":
            if (done := self._complete(pick, wraps[1:], value, path)) is None:
                raise TypeError(f"Cannot return null for non-nullable field {pick.owner}.{pick.name}.")
            return done
        if value is None:
            return None
        if wraps[:1] == "[":
            inner = wraps[1:]
            return [
                self._guard(pick, inner, (*path, i), self._item(pick, inner, v, (*path, i)))
                for i, v in enumerate(value)
            ]
        return pick.leaf.coerce(value) if pick.leaf else value(path)

    def _item(self, pick: Pick, wraps: str, value: Any, path: Path) -> Callable[[], Any]:
        return lambda: self._complete(pick, wraps, value, path)


def _careful(part: Part, walker: Walker, place: Place) -> Callable[[], Any]:
    return lambda: part.careful(walker, place)
