"""What a face declares is held against the tables when the schema is built, so that a slip stops the start of the
server and not somebody's query."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from graphql import GraphQLObjectType, get_named_type, is_abstract_type, is_leaf_type, is_non_null_type

from models.reading import origins
from models.reading.origins import Origin
from models.reading.stored import columns_of, is_table, key_name, sql_table
from models.reading.visibility import VISIBLE
from schema.faces import SOURCES, Connection, Edge, FaceField, PageInfo
from schema.selecting import DEFINITION, face_of, node_type


class BadFace(TypeError):
    """A face says what its table cannot keep."""


def check(schema: Any) -> None:
    """Raises BadFace with everything that is wrong in the faces of this Strawberry schema."""
    wrong = [f"{where}: {what}" for where, what in _faults(schema._schema)]
    if wrong:
        raise BadFace("\n".join(wrong))


def _faults(schema: Any) -> Iterator[tuple[str, str]]:
    guarded = _guarded(schema)
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or DEFINITION not in type_.extensions:
            continue
        face = face_of(type_)
        if face not in SOURCES or _is_page(face):
            if type_ is schema.query_type:
                yield from _fields(schema, type_, None, set())
            continue
        yield from _fields(schema, type_, SOURCES[face], guarded.get(type_.name, set()))


def _guarded(schema: Any) -> dict[str, set[str]]:
    """Types that are shown as facets alone, and the columns that are not null wherever they are shown."""
    out: dict[str, set[str]] = {}
    for type_ in schema.type_map.values():
        for field in getattr(type_, "fields", {}).values():
            made = getattr(field, "extensions", {}).get(DEFINITION)
            if isinstance(made, FaceField):
                shown = get_named_type(field.type).name
                needs = set(made.source.needs) if isinstance(made.source, origins.Facet) else set[str]()
                out[shown] = out.get(shown, needs) & needs
    return out


def _is_page(face: Any) -> bool:
    return any(issubclass(face, part) for part in (Connection, Edge, PageInfo))


def _fields(schema: Any, type_: Any, source: Any, guarded: set[str]) -> Iterator[tuple[str, str]]:
    for name, field in type_.fields.items():
        made = field.extensions.get(DEFINITION)
        where = f"{type_.name}.{name}"
        if isinstance(made, FaceField):
            if not guarded.issuperset(made.source.needs) or not made.source.needs:
                for what in _wrong(schema, made.source, field.type, source):
                    yield where, what
        elif source is not None:
            yield where, "it lies in a face but says not where it comes from"


def _wrong(schema: Any, origin: Origin, type_: Any, source: Any) -> Iterator[str]:
    root = source is None
    if not root:
        has = _columns(source)
        missing = [need for need in origin.needs if has is not None and need not in has]
        if missing:
            yield f"there is no column {', '.join(missing)}"
            return
    named, required = get_named_type(type_), is_non_null_type(type_)
    match origin:
        case origins.Column() if not root and is_table(source) and columns_of(source)[origin.needs[0]].kind == "sealed":
            yield f"{origin.needs[0]} lies sealed, so a rule has to open it"
        case origins.Column() | origins.One() if required and not root and is_table(source):
            if columns_of(source)[origin.needs[0]].nullable:
                yield f"{origin.needs[0]} may be null, and this field may not"
        case origins.Facet():
            if required and origin.needs:
                yield "it is null with its column, so it cannot be required"
            if SOURCES.get(face_of(named)) is not source:
                yield "a facet shows the same row, so its face has the same source"
    if isinstance(origin, origins.OneOf | origins.One):
        types = schema.get_possible_types(named) if is_abstract_type(named) else [named]
        for target in types:
            yield from _readable(target)
    if isinstance(origin, origins.Many | origins.Page):
        yield from _list(origin, named, source)
    if isinstance(origin, origins.Column) and not is_leaf_type(named) and is_table(source):
        yield "a column of a table holds no objects"


def _columns(source: Any) -> set[str] | None:
    """What rows or objects of this source have; None where that is not said."""
    if is_table(source):
        return set(columns_of(source))
    if dataclasses.is_dataclass(source):
        return {f.name for f in dataclasses.fields(source)} | {n for n in dir(source) if not n.startswith("_")}
    return None


def _readable(target: Any) -> Iterator[str]:
    source = SOURCES.get(face_of(target))
    if source is None or not is_table(source):
        yield f"{target.name} is no face of a table"
    elif sql_table(source) not in VISIBLE:
        yield f"nobody has said who may see {sql_table(source).name}"


def _list(origin: origins.Many | origins.Page, named: Any, source: Any) -> Iterator[str]:
    target = node_type(named) if isinstance(origin, origins.Page) else named
    faults = list(_readable(target))
    if faults or is_abstract_type(target):
        yield from faults or [f"{target.name} is not one type"]
        return
    table = SOURCES[face_of(target)]
    stored = columns_of(table)
    ways = origin.orders.values() if isinstance(origin, origins.Page) else [origin.order]
    for column, _ in ways:
        if column not in stored:
            yield f"it is ordered by {column}, which {target.name} has not"
        elif stored[column].kind == "sealed":
            yield f"it is ordered by {column}, which lies sealed: its order means nothing"
        elif stored[column].nullable and column != key_name(table):
            yield f"it is ordered by {column}, which may be null"
    if origin.by and origin.by not in stored:
        yield f"{target.name} has no column {origin.by}"
        return
    if isinstance(origin, origins.Page):
        for name, condition in origin.filters.items():
            for need in condition.needs:
                if need not in stored:
                    yield f"its filter {name} reads {need}, which {target.name} has not"
                elif stored[need].kind == "sealed":
                    yield f"its filter {name} reads {need}, which lies sealed: nothing can be found by it"
    if source is not None and (origin.by or origin.link):
        yield from _tied(origin, table, source)


def _tied(origin: origins.Many | origins.Page, table: Any, source: Any) -> Iterator[str]:
    """Both ends of the tie hold the same kind of key: a number is never equal to a text."""
    if not is_table(source):
        return
    parent = columns_of(source)[origin.needs[0] if origin.needs else key_name(source)].kind
    if origin.link is None:
        if columns_of(table)[origin.by].kind != parent:
            yield f"{origin.by} holds another kind of key"
        return
    tie = columns_of(origin.link.table)
    for column, kind in ((origin.link.parent, parent), (origin.link.child, columns_of(table)[key_name(table)].kind)):
        if column not in tie:
            yield f"its link has no column {column}"
        elif tie[column].kind != kind:
            yield f"{column} of its link holds another kind of key"
