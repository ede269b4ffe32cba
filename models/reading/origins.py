"""Where a field comes from, said without GraphQL and without SQL: the words both executors read.

A face (a GraphQL type) or a constant selection (a REST or TAXII reader) declares one origin a field. The planner has
one class for each kind of origin here (`local.py`, `relations.py`, `pages.py`, `held.py`); the reference executor reads
the same declarations and shares none of that.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.reading.filters import Filter

Spot = tuple[str, Any]
"""(type name, key) of one row: what a `locate` function says."""

HANDED = frozenset({"viewer", "now", "ring", "pseudonyms"})
"""What a rule or a batch is handed when its signature asks for it, and never a GraphQL argument: who asks (a `Viewer`),
the time of the request (aware, UTC), the key ring, by which sealed columns open, and the asking organisation's
`Pseudonyms`."""


@dataclass(frozen=True, eq=False)
class Origin:
    """`needs` names columns of the row (or attributes of the object) it is made of. `bound` is the most elements a
    list may hold, for whoever reckons the cost of a document; 1 where it is no list."""

    needs: tuple[str, ...] = ()
    bound: int = field(default=1, kw_only=True)


@dataclass(frozen=True, eq=False)
class Column(Origin):
    """A column of the row or an attribute of the object; of a face type: the objects it holds."""


@dataclass(frozen=True, eq=False)
class Facet(Origin):
    """The same row, seen as another type. With a column in `needs`: null where that column is null."""


@dataclass(frozen=True, eq=False)
class Typename(Origin):
    """`__typename`."""


@dataclass(frozen=True, eq=False)
class Part(Origin):
    """A field of a connection, an edge or a page info: known to the planner by its name."""


@dataclass(frozen=True, eq=False)
class Rule(Origin):
    """A pure function of the row's columns, the field's arguments and what is `handed`."""

    call: Callable[..., Any] = field(kw_only=True)
    handed: frozenset[str] = field(default=frozenset(), kw_only=True)


@dataclass(frozen=True, eq=False)
class Batch(Origin):
    """One call for all parents of a level: rows of `needs` in, one value (or exception) for each out.

    `call` is plain, async, or a generator that yields `Lookup`s and receives their rows. When it raises anything but a
    Refusal, it is called again for each parent alone (up to a bound), so it must not change anything.
    """

    call: Callable[..., Any] = field(kw_only=True)
    handed: frozenset[str] = field(default=frozenset(), kw_only=True)


@dataclass(frozen=True, eq=False)
class One(Origin):
    """At most one row, by the key that stands in the column `needs[0]`."""


@dataclass(frozen=True, eq=False)
class OneOf(Origin):
    """At most one row of one of several types; `locate` names its type and key from the columns in `needs`.

    `several`: the column (of a seed) holds a list, and the answer is a list with null where nothing is found.
    """

    locate: Callable[..., Spot | None] = field(kw_only=True)
    several: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, eq=False)
class OneFound(Batch):
    """At most one row, of the key that the batch gives for each parent; None where it gives none."""


@dataclass(frozen=True, eq=False)
class SeenBy(Origin):
    """The same object of the viewer's own organisation as another organisation sees it, in whatever row; none where
    that one sees nothing of it. `reader` gives the key of that organisation from the field's arguments."""

    needs: tuple[str, ...] = ("original_id", "id", "organization_id")
    reader: Callable[..., str | None] = field(kw_only=True)
    handed: frozenset[str] = field(default=frozenset(), kw_only=True)


@dataclass(frozen=True, eq=False)
class Link:
    """A table that ties rows to rows: its column that names the parent, and the one that names the child.

    `several`: it may tie the same two more than once, in different ways.
    """

    table: Any
    parent: str
    child: str
    several: bool = False


@dataclass(frozen=True, eq=False)
class Many(Origin):
    """All rows whose column `by` holds this row's key, or that a link table ties to it: a short list.

    `needs` may name another column of this row in place of its key. With neither `by` nor `link`: all rows there are
    (a root). `order` is (column, descending).
    """

    by: str = field(default="", kw_only=True)
    link: Link | None = field(default=None, kw_only=True)
    order: tuple[str, bool] = field(default=("id", False), kw_only=True)
    bound: int = field(default=100, kw_only=True)


@dataclass(frozen=True, eq=False)
class Page(Origin):
    """The same rows a page at a time, by keyset. `orders`: name -> (column, descending), the first is the default.
    `largest`: rows of one page at most."""

    by: str = field(default="", kw_only=True)
    link: Link | None = field(default=None, kw_only=True)
    orders: Mapping[str, tuple[str, bool]] = field(default_factory=lambda: {"": ("id", False)}, kw_only=True)
    filters: Mapping[str, Filter] = field(default_factory=dict, kw_only=True)
    bound: int = field(default=100, kw_only=True)
    largest: int = field(default=100, kw_only=True)


def needs_of(call: Callable[..., Any]) -> tuple[str, ...]:
    """Positional parameters name columns; keyword-only ones are arguments. So a signature is a declaration."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(p.name for p in inspect.signature(call).parameters.values() if p.kind in kinds)


def handed_of(call: Callable[..., Any]) -> frozenset[str]:
    """Which of `HANDED` this function asks for."""
    return HANDED & inspect.signature(call).parameters.keys()
