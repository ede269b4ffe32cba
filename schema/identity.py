"""The ids of things."""

import strawberry

from rules.nodes import global_id_of
from schema.faces import rule


def global_id(kind: str) -> strawberry.ID:
    """The field `id` of a type whose rows are of this kind."""
    made: strawberry.ID = rule(global_id_of(kind), "Opaque and lasting: `node` finds the thing by it.")  # type: ignore[assignment]
    return made
