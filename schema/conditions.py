"""Conditions of a filter input."""

from typing import Any

import strawberry


def condition(says: str, *, name: str | None = None) -> Any:
    """A field of a filter: left out or null, it is no condition. `name`: where Python cannot say it."""
    return strawberry.field(default=strawberry.UNSET, description=says, name=name)
