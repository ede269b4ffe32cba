"""Turns what was selected into picks, with graphql-core's own collection of fields: fragments, type conditions,
merging, `@skip` and `@include` are its business, so they cannot differ."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    print_ast,
)
from graphql.execution.collect_fields import collect_subfields
from graphql.execution.values import VariableValues

from foundation.errors import InvalidInput
from models.reading.origins import Origin, Typename
from models.reading.selection import Kinds, Leaf, Pick
from schema.arguments import Slot, coerced
from schema.faces import SOURCES, FaceField

DEFINITION = "strawberry-definition"


MAX_PICKS = 10_000
"""Response keys of one root, counted at every place where a fragment puts them. A chain of fragments that each name the
next one twice doubles at every link, so a document of a kilobyte could ask for more than any memory holds."""


class TooLarge(InvalidInput):
    message = "This document asks for too much at once."


class Reader:
    """Reads one root field of one document. It lives as long as the plan, which asks it for abstract types later, so it
    keeps nothing of the request but what chose the plan: the values of Boolean variables."""

    def __init__(self, schema: Any, fragments: Any, operation: Any, variables: VariableValues) -> None:
        self.schema, self.fragments, self.operation = schema, fragments, operation
        chosen = {n: v for n, v in variables.coerced.items() if v is True or v is False}
        self.variables = VariableValues({n: s for n, s in variables.sources.items() if n in chosen}, chosen)
        self.slots: list[Slot] = []
        self.picks = 0

    def pick(self, key: str, owner: Any, details: list[Any], origin: Origin | None = None) -> Pick:
        """`origin`: that of the Source, since a payload's or an event's field is a plain one."""
        self.picks += 1
        if self.picks > MAX_PICKS:
            raise TooLarge
        node = details[0].node
        if node.name.value == "__typename":
            return Pick(key, "__typename", Typename(), "!", owner.name, Leaf("String", str), mark=details)
        definition = self.schema.get_field(owner, node.name.value)
        wraps, type_ = "", definition.type
        while is_non_null_type(type_) or is_list_type(type_):
            wraps, type_ = wraps + ("!" if is_non_null_type(type_) else "["), type_.of_type
        field = definition.extensions[DEFINITION]
        pick = Pick(key, node.name.value, origin or origin_of(field, owner), wraps, owner.name, mark=details)
        if definition.args and isinstance(field, FaceField):
            pick.slot = len(self.slots)
            self.slots.append(self._slot(definition, field, node))
        if is_leaf_type(type_):
            pick.leaf = leaf_of(type_)
        elif is_abstract_type(type_):
            possible = {t.name: t for t in self.schema.get_possible_types(type_)}
            sources = {name: source_of(t) for name, t in possible.items()}
            pick.kinds = Kinds(sources, lambda name: self._picks(possible[name], details))
        else:
            made = list(self._picks(type_, details))
            pick.kinds = Kinds({type_.name: source_of(type_)}, lambda _: made)
        return pick

    def _slot(self, definition: Any, field: Any, node: Any) -> Slot:
        slot = Slot(definition, field, node)
        if any("$" in print_ast(argument) for argument in node.arguments or ()):
            return slot
        return slot._replace(settled=coerced(slot, self.schema, self.variables))

    def _picks(self, type_: GraphQLObjectType, details: list[Any]) -> Iterator[Pick]:
        chosen = collect_subfields(self.schema, self.fragments, self.variables, self.operation, type_, details)
        for key, own in chosen.grouped_field_set.items():
            yield self.pick(key, type_, own)


def origin_of(field: Any, owner: Any) -> Origin:
    if not isinstance(field, FaceField):
        raise TypeError(f"{owner.name}.{field.python_name} lies below a face but is no field of one.")
    return field.source


def leaf_of(type_: Any) -> Leaf:
    symbols = None
    if isinstance(type_, GraphQLEnumType):
        symbols = {getattr(v.value, "value", v.value): name for name, v in type_.values.items()}
    return Leaf(type_.name, type_.coerce_output_value, symbols)


def face_of(type_: Any) -> Any:
    """The face class behind a GraphQL type."""
    definition = type_.extensions.get(DEFINITION)
    return definition.origin if definition is not None else None


def node_type(connection: Any) -> Any:
    """The GraphQL type of a connection's nodes."""
    return get_named_type(get_named_type(connection.fields["edges"].type).fields["node"].type)


def source_of(type_: Any) -> Any:
    """The table or the class behind a GraphQL type; of a connection or an edge without one, that behind its nodes."""
    if (own := SOURCES.get(face_of(type_))) is not None:
        return own
    if "edges" in type_.fields and "pageInfo" in type_.fields:
        return SOURCES.get(face_of(node_type(type_)), object)
    if "node" in type_.fields and "cursor" in type_.fields:
        return SOURCES.get(face_of(get_named_type(type_.fields["node"].type)), object)
    return object
