"""What a root field declares about who may use it: the Action it asks for, and why it is public where it is.

    @strawberry.mutation(description="...", metadata=acts(Action.NOTE_ADD))

Faces say it by their `action`. The doors to data check it; the mark is what the documentation and the test of every
cell of the permission table read, so a root field without one fails that test.
"""

from collections.abc import Iterator
from typing import Any

from rules.access.actions import Action
from schema.fields import FaceField
from schema.selecting import DEFINITION

PUBLIC, ACTION = "public", "action"


def acts(action: Action) -> dict[str, Any]:
    """The metadata of a root field that needs this action."""
    return {ACTION: action}


def public_because(definition: Any) -> str | None:
    """Why a root field is open to callers without an identity; None where it is not."""
    made = definition.extensions.get(DEFINITION)
    return None if made is None else made.metadata.get(PUBLIC)


def action_of(definition: Any) -> Action | None:
    """What a root field asks for; None where nobody has said."""
    made = definition.extensions.get(DEFINITION)
    said = made.action if isinstance(made, FaceField) else None
    return said or (None if made is None else made.metadata.get(ACTION))


def roots(schema: Any) -> Iterator[tuple[str, str, Any]]:
    """(`query`, `mutation` or `subscription`, name, definition) of every root field of a graphql-core schema."""
    for kind in ("query", "mutation", "subscription"):
        type_ = getattr(schema, f"{kind}_type")
        if type_ is not None:
            yield from ((kind, name, definition) for name, definition in type_.fields.items())
