"""The ways a field comes to be. A type is a face over a row (or over an object), and every field says where it comes
from, once; both executors read that.

    @face(rows.Evidence)
    class Evidence(Node):
        "What a case rests on."
        id: strawberry.ID = rule(evidence_global_id, "Opaque.")
        title: str = column("Short.")
        time_window: TimeWindow = facet("When.")
        investigation: Investigation | None = one("Its case.", by="investigation_id")
        activity: Connection[ActivityRecord] = connection("The very records.", link=Link(rows.EvidenceActivity, ...))
        related: list[Evidence] = many("Near it.", by="about_id")
        graph: InvestigationGraph = batch(draw, "Drawn.", needs=("id",))

`rule` and `batch` give the type of their function to the checker, so a face whose annotation disagrees with its rule
does not pass mypy. That columns exist and are as nullable as the annotations is checked when the schema is built
(`schema.checks`).
"""

import enum
import inspect
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any, Generic, TypeVar, dataclass_transform

import strawberry

from models.reading import origins
from models.reading.filters import Filter
from models.reading.origins import Link, Spot, handed_of, needs_of
from schema.fields import FaceField, arguments_of, described
from schema.scalars import Cursor

T = TypeVar("T")

SOURCES: dict[type, Any] = {}
"""Face -> its table, or the class of its objects."""

UNNAMED = ("",)
PAGE_ARGUMENTS = {
    "first": (int | None, "How many from the front: 1 to 100. 20 when neither first nor last is given."),
    "after": (Cursor | None, "Only what comes after this cursor."),
    "last": (int | None, "How many from the back: 1 to 100. Not together with first."),
    "before": (Cursor | None, "Only what comes before this cursor."),
}


def column(says: str, *, of: str = "", bound: int = 1) -> Any:
    """A column of the row, or an attribute of the object: by the field's own name unless `of` another.

    `bound`: how many objects to reckon with, where it holds a list of them.
    """
    return FaceField(origins.Column((of,), bound=bound), says)


def facet(says: str, *, unless_null: str = "") -> Any:
    """The same row, seen as another type; null where the column `unless_null` is null."""
    return FaceField(origins.Facet((unless_null,) if unless_null else ()), says)


def rule(call: Callable[..., T], says: str, *, arguments: Mapping[str, str] | None = None) -> T:
    """A pure function: positional parameters name columns, keyword-only ones are the field's arguments.

    It is handed `viewer`, `now`, `ring` and `pseudonyms` when it asks for them. `arguments` describes the
    arguments of functions that cannot say it themselves (`Annotated[int, "..."]` or `strawberry.argument`).
    """
    origin = origins.Rule(needs_of(call), call=call, handed=handed_of(call))
    return FaceField(origin, says, arguments_of(call, arguments or {}))  # type: ignore[return-value]


def batch(
    call: Callable[..., Awaitable[Sequence[Any]] | Sequence[Any] | Generator[Any, Any, Sequence[Any]]],
    says: str,
    *,
    needs: tuple[str, ...],
    arguments: Mapping[str, str] | None = None,
    bound: int = 1,
    action: Any = None,
) -> Any:
    """One call for all parents of a level: a list of tuples of `needs` in, one value or exception for each out.

    `call` is plain, async, or a generator that yields Lookups and receives their rows (those stay in the same visit to
    the database). The values are leaves, or objects of classes that faces show.
    """
    origin = origins.Batch(needs, call=call, handed=handed_of(call), bound=bound)
    made = FaceField(origin, says, arguments_of(call, arguments or {}))
    made.action = action
    return made


def one(says: str, *, by: str) -> Any:
    """The one row whose key is in the column `by`."""
    return FaceField(origins.One((by,)), says)


def one_found(call: Callable[..., Generator[Any, Any, Sequence[Any]]], says: str, *, needs: tuple[str, ...]) -> Any:
    """The one row whose key a batch gives for each parent."""
    return FaceField(origins.OneFound(needs, call=call, handed=handed_of(call)), says)


def seen_by(reader: Callable[..., str | None], says: str, *, arguments: Mapping[str, str] | None = None) -> Any:
    """The same object of the own organisation as another one sees it: `reader` gives that one's key from the field's
    arguments, None for nobody."""
    return FaceField(
        origins.SeenBy(reader=reader, handed=handed_of(reader)), says, arguments_of(reader, arguments or {})
    )


def one_of(
    locate: Callable[..., Spot | None],
    says: str,
    *,
    argument: bool = False,
    action: Any = None,
    arguments: Mapping[str, str] | None = None,
) -> Any:
    """One row of one of several types (or of the one this field has): `locate` says which type, by name, and key.

    At a root (`argument=True`) its parameters are the field's arguments, of type ID.
    """
    origin = origins.OneOf(needs_of(locate), locate=locate)
    said = arguments or {}
    takes = None
    if argument:
        takes = [described(n, strawberry.ID, said.get(n, "Its global id or its ref.")) for n in origin.needs]
    made = FaceField(origin, says, takes)
    made.action = action
    return made


def each_of(
    locate: Callable[..., Spot | None], says: str, *, by: str = "ids", action: Any = None, bound: int = 100
) -> Any:
    """A root that takes a list of ids and gives a list with null where nothing is found."""
    made = FaceField(
        origins.OneOf((by,), locate=locate, several=True, bound=bound),
        says,
        [described(by, list[strawberry.ID], f"Global ids or refs, at most {bound}.")],
    )
    made.action = action
    return made


def many(
    says: str,
    *,
    by: str = "",
    link: Link | None = None,
    of: str = "",
    order: tuple[str, bool] = ("id", False),
    bound: int = 20,
) -> Any:
    """All rows that point here: a short list, in this order (column, descending). `bound` is what to reckon with.

    `by` or `link` hold this row's key, or its column `of`.
    """
    return FaceField(origins.Many((of,) if of else (), by=by, link=link, order=order, bound=bound), says)


def connection(
    says: str,
    *,
    by: str = "",
    link: Any = None,
    parent: str = "",
    child: str = "",
    of: str = "",
    order: type[enum.Enum] | None = None,
    default: tuple[str, bool] = ("id", False),
    filter: type | None = None,
    filters: Mapping[str, Filter] | None = None,
    filter_needed: bool = False,
    action: Any = None,
) -> Any:
    """Rows that point here (at a root: all), a page at a time, by keyset.

    `by` names the listed table's column that holds this row's key (or its column `of`), or `link` a table with its
    columns `parent` and `child`. `order` is an enumeration whose values are columns, descending with a minus before
    (`"-created_at"`); its first member is the default. Without it the order is `default`: (column, descending).
    `filter` is the input type and `filters` says what each of its fields (by Python name) means; `filter_needed`: it
    may not be left out.
    """
    orders = {"": default}
    if order is not None:
        words = [str(o.value) for o in order]
        orders = {w: (w.removeprefix("-"), w.startswith("-")) for w in words}
    takes = [described(n, a, text) for n, (a, text) in PAGE_ARGUMENTS.items()]
    if order is not None:
        takes.append(described("order_by", order | None, "In which order; the first of the enumeration by default."))
    if filter is not None:
        takes.append(described("filter", filter if filter_needed else filter | None, "Only what fits all of these."))
    tie = Link(link, parent, child) if link is not None and not isinstance(link, Link) else link
    made = FaceField(
        origins.Page((of,) if of else (), by=by, link=tie, orders=orders, filters=filters or {}), says, takes
    )
    made.action = action
    return made


def part(says: str) -> Any:
    """A field of a connection, an edge or a page info."""
    return FaceField(origins.Part(), says)


@dataclass_transform(
    kw_only_default=True,
    field_specifiers=(column, facet, rule, batch, one, one_found, one_of, each_of, many, connection, part, seen_by),
)
def face(source: Any, *, interface: bool = False, name: str | None = None) -> Callable[[type[T]], type[T]]:
    """Makes a class a GraphQL type over `source`: a table, the class of a batch's objects, or None for roots and
    interfaces. The docstring is the description."""

    def wrap(cls: type[T]) -> type[T]:
        for field_name, value in list(vars(cls).items()):
            if (
                isinstance(value, FaceField)
                and isinstance(value.source, origins.Column)
                and value.source.needs == UNNAMED
            ):
                value.source = origins.Column((field_name,), bound=value.source.bound)
        says = inspect.cleandoc(cls.__doc__ or "") or None
        if says is None:
            raise TypeError(f"{cls.__name__} has no docstring, so its type would have no description.")
        make = strawberry.interface if interface else strawberry.type
        made: type[T] = make(cls, description=says, name=name)
        if source is not None:
            SOURCES[made] = source
        return made

    return wrap


@face(None)
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool = part("More follow after this page.")
    has_previous_page: bool = part("More come before this page.")
    start_cursor: Cursor | None = part("The cursor of the first edge; null for an empty page.")
    end_cursor: Cursor | None = part("The cursor of the last edge: hand it to `after` for the next page.")


@face(None)
class Edge(Generic[T]):
    """One place in a page."""

    node: T = part("What stands here.")
    cursor: Cursor = part("This place: hand it to `after` or `before`.")


@face(None)
class Connection(Generic[T]):
    """One page of a list, by keyset: rows that come or go elsewhere do not shift it."""

    edges: list[Edge[T]] = part("The page, in the order asked for.")
    page_info: PageInfo = part("Where it lies.")
    total_count: int = part("How many there are in all, under the same filter. Counted only when asked for.")


@face(None, interface=True)
class Node:
    """A thing with an identity of its own."""

    id: strawberry.ID = column("Opaque and lasting. `node` finds the thing by it.")


__all__ = [
    "SOURCES", "Connection", "Edge", "FaceField", "Link", "Node", "PageInfo", "batch", "column",
    "connection", "each_of", "face", "facet", "many", "one", "one_found", "one_of", "part", "rule", "seen_by",
]  # fmt: skip
