"""What is wanted, in neither GraphQL nor SQL: doors build trees of picks, the planner turns a tree into a plan."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Protocol

from foundation.cursors import Cursors
from models.reading import origins
from models.reading.filters import Filter
from models.reading.origins import Origin


@dataclass(frozen=True, eq=False)
class Leaf:
    """A scalar or an enumeration. `name` is the scalar's name, or "" where the value is wanted as it is (`VALUE`).

    `coerce` completes one value that is not null, or raises. `symbols`: stored word -> shown name of an enumeration.
    """

    name: str
    coerce: Callable[[Any], Any]
    symbols: Mapping[Any, str] | None = None


MOST_ROWS = 10_000
"""Of one reading through a constant selection."""

VALUE = Leaf("", lambda value: value)


@dataclass(eq=False)
class Kind:
    """One concrete type a pick may be, and what is picked of it. `source`: its table, or the class of its objects."""

    name: str
    source: Any
    picks: list["Pick"]


class Kinds:
    """The concrete types a pick may be. What is picked of each is worked out when its first object appears.

    An interface inside an interface would otherwise cost (types) to the power of the depth when it is planned.
    """

    def __init__(self, sources: Mapping[str, Any], picks: Callable[[str], Iterable["Pick"]]) -> None:
        self.sources = dict(sources)
        self._picks, self._made, self._lock = picks, dict[str, Kind](), RLock()

    def __getitem__(self, name: str) -> Kind:
        if (kind := self._made.get(name)) is None:
            with self._lock:
                kind = self._made.get(name) or Kind(name, self.sources[name], list(self._picks(name)))
                self._made[name] = kind
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def only(self) -> Kind:
        (name,) = self.sources
        return self[name]


NO_KINDS = Kinds({}, lambda _: ())


@dataclass(eq=False)
class Pick:
    """One response key. `wraps` spells the type's wrapping: "![!" is a non-null list of non-null things.

    `slot`: where its arguments lie among a request's arguments, -1 for none. `mark`: the door's own note, handed back
    with an error.
    """

    key: str
    name: str
    origin: Origin
    wraps: str
    owner: str
    leaf: Leaf | None = None
    kinds: Kinds = field(default_factory=lambda: NO_KINDS)
    slot: int = -1
    mark: Any = None


class Arguments(Protocol):
    """By slot: the arguments of one field in this request, as a dict; or the exception that coercing them raised."""

    def __getitem__(self, slot: int) -> Any: ...


@dataclass(frozen=True, eq=False)
class Request:
    """Everything of one run that a plan must not know. `parameters` are the viewer's, by the names in visibility."""

    viewer: Any
    now: Any
    ring: Any
    pseudonyms: Any
    parameters: Mapping[str, Any]
    args: Arguments
    cursors: Cursors


# ---- constant selections: what a REST or TAXII reader reads, as values ----


@dataclass(frozen=True, eq=False)
class Wanted:
    """One field of a constant selection; made by the functions below."""

    origin: Origin
    wraps: str = ""
    source: Any = None
    fields: Mapping[str, "Wanted"] = field(default_factory=dict)
    given: str = ""  # the name under which its arguments come with each reading


class Selection:
    """A root pick, ready to be planned once and read for anyone; `slots` names what is given with each reading.

    CASE = Selection(one_row(rows.Investigation, {
        "id": value("id"), "title": value("title"),
        "evidence": rows_of(rows.Evidence, {"strength": value("strength")}, by="investigation_id"),
    }))
    read_values(op, Action.GRAPH_READ, CASE, {"key": 7}) -> {"id": 7, "title": ..., "evidence": [...]}, or None
    """

    def __init__(self, root: Wanted, name: str = "") -> None:
        """`name`: what the access log calls it."""
        self.name = name
        self.slots: list[str] = []
        self.pick = self._pick("root", root, "Query")

    def _pick(self, key: str, wanted: Wanted, owner: str) -> Pick:
        pick = Pick(key, key, wanted.origin, wanted.wraps, owner)
        if wanted.given:
            pick.slot = len(self.slots)
            self.slots.append(wanted.given)
        if not wanted.fields:
            pick.leaf = VALUE
            return pick
        name = key.title()
        made = [self._pick(k, w, name) for k, w in wanted.fields.items()]
        pick.kinds = Kinds({name: wanted.source}, lambda _: made)
        return pick


def value(column: str) -> Wanted:
    """A column, as Python knows it: datetime, bool, parsed JSON."""
    return Wanted(origins.Column((column,)))


def computed(call: Callable[..., Any]) -> Wanted:
    """A rule of the row's columns."""
    return Wanted(origins.Rule(origins.needs_of(call), call=call, handed=origins.handed_of(call)))


def batched(call: Callable[..., Any], *needs: str, given: str = "") -> Wanted:
    """What is worked out for all rows of a level at once, as the batch gives it. `given`: its arguments."""
    return Wanted(origins.Batch(needs, call=call), given=given)


def one_row(table: Any, fields: Mapping[str, Wanted], *, by: str = "key") -> Wanted:
    """The row whose key is in the column (or the seed) `by`; None where there is none."""
    return Wanted(origins.One((by,)), "", table, fields)


def rows_of(
    table: Any,
    fields: Mapping[str, Wanted],
    *,
    by: str = "",
    link: origins.Link | None = None,
    order: tuple[str, bool] = ("id", False),
) -> Wanted:
    """All rows that point here, as a list."""
    return Wanted(origins.Many((), by=by, link=link, order=order), "![!", table, fields)


def page_of(
    table: Any,
    fields: Mapping[str, Wanted],
    *,
    given: str,
    by: str = "",
    order: tuple[str, bool] = ("id", False),
    filters: Mapping[str, Filter] | None = None,
) -> Wanted:
    """Some of these rows, as {"edges": [{"node": {...}}], "totalCount": n}. What is `given` are the arguments of a
    connection (`first`, at most `MOST_ROWS`, `filter`) and `skip`: how many rows go before."""
    origin = origins.Page((), by=by, orders={"": order}, filters=filters or {}, largest=MOST_ROWS)
    node = Wanted(origins.Facet(), source=table, fields=fields)
    edge = Wanted(origins.Part(), "![!", table, {"node": node})
    return Wanted(origin, source=table, fields={"edges": edge, "totalCount": Wanted(origins.Part())}, given=given)
