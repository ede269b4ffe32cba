"""Nobody in particular gets no further than the public roots (SECURITY R1), and is told so before anything is coerced.

A root field is closed unless its declaration says why it is public: `metadata={"public": "..."}`. Resolvers check
again what the viewer may do; here it is about the work: turning arguments into objects costs time, which one who is
refused anyway must not be able to spend.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    is_non_null_type,
)

from foundation.errors import Unauthenticated
from schema.marks import public_because


def is_public(root: Any, name: str) -> bool:
    """Whether this field of the query, mutation or subscription type needs no identity. The introspection has rules
    of its own, which validation applies."""
    return name.startswith("__") or public_because(root.fields[name]) is not None


def refused_roots(
    root: Any, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[dict[str, None] | None, list[GraphQLError]] | None:
    """The answer to an operation of which every root needs an identity: null for each (or for all, where one may not
    be null) and an error for each. None where the operation has to run, because some root is public or is left to a
    condition."""
    data: dict[str, None] = {}
    errors: list[GraphQLError] = []
    required = False
    for node in _roots(operation.selection_set, fragments, set()):
        if not isinstance(node, FieldNode) or is_public(root, node.name.value):
            return None
        key = node.alias.value if node.alias else node.name.value
        if key not in data:
            data[key] = None
            required = required or is_non_null_type(root.fields[node.name.value].type)
            errors.append(GraphQLError("", [node], path=[key], original_error=Unauthenticated()))
    return (None if required else data), errors


def _roots(
    selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], seen: set[str]
) -> Iterator[SelectionNode]:
    """The root fields, each fragment entered once; a selection with a directive is given as it stands."""
    for selection in selected.selections:
        if isinstance(selection, FragmentSpreadNode) and not selection.directives:
            if selection.name.value not in seen:
                seen.add(selection.name.value)
                yield from _roots(fragments[selection.name.value].selection_set, fragments, seen)
        elif isinstance(selection, InlineFragmentNode) and not selection.directives:
            yield from _roots(selection.selection_set, fragments, seen)
        elif isinstance(selection, FieldNode) and selection.directives:
            yield InlineFragmentNode(selection_set=SelectionSetNode(selections=()))
        else:
            yield selection
