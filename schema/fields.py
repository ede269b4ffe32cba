"""A GraphQL field that knows where it comes from, and its arguments."""

import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument, StrawberryArgumentAnnotation
from strawberry.types.field import StrawberryField

from models.reading.origins import HANDED, Origin

Takes = list[StrawberryArgument]


class FaceField(StrawberryField):
    """A Strawberry field that knows its origin: the planner reads it, and the reference executor resolves by it.

    `action` is the Action a root needs (checked by the read door before anything runs); None below a root.
    """

    source: Origin
    action: Any = None

    def __init__(self, source: Origin | None = None, says: str | None = None, takes: Takes | None = None, **rest: Any):
        if says is not None:
            rest["description"] = says
        super().__init__(**rest)
        self.source = source or Origin()
        self.action = None
        if takes is not None:
            self.arguments = takes

    def __copy__(self) -> "FaceField":
        # Strawberry copies the fields of generic types; without this the copies would forget where they come from.
        twin = super().__copy__()
        assert isinstance(twin, FaceField)
        twin.source, twin.action = self.source, self.action
        return twin

    @property
    def is_basic_field(self) -> bool:
        return False

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return RESOLVE[0](self, source, info, kwargs)


def _not_joined(field: FaceField, source: Any, info: Any, kwargs: dict[str, Any]) -> Any:
    raise RuntimeError("schema.planned was not imported, so faces cannot be resolved.")


RESOLVE: list[Callable[[FaceField, Any, Any, dict[str, Any]], Any]] = [_not_joined]
"""Set by `schema.planned`, which knows both executors; a face knows neither."""


def described(name: str, annotation: Any, says: str | None, default: Any = strawberry.UNSET) -> StrawberryArgument:
    return StrawberryArgument(name, None, StrawberryAnnotation(annotation), default=default, description=says)


def arguments_of(call: Callable[..., Any], said: Mapping[str, str]) -> Takes:
    """The GraphQL arguments of a rule or a batch: its keyword-only parameters, less what it is handed."""
    hints = typing.get_type_hints(call, include_extras=True)
    takes = []
    for p in inspect.signature(call).parameters.values():
        if p.kind is not p.KEYWORD_ONLY or p.name in HANDED:
            continue
        annotation, text = hints[p.name], said.get(p.name)
        if typing.get_origin(annotation) is typing.Annotated:
            plain, *notes = typing.get_args(annotation)
            text = text or next((n for n in notes if isinstance(n, str)), None)
            kept = [n for n in notes if not isinstance(n, str)]
            text = text or next((n.description for n in kept if isinstance(n, StrawberryArgumentAnnotation)), None)
            annotation = typing.Annotated[(plain, *kept)] if kept else plain
        if not text:
            raise TypeError(f"The argument {p.name} of {call.__qualname__} has no description.")
        default = strawberry.UNSET if p.default in (p.empty, None) else p.default
        takes.append(described(p.name, annotation, text, default))
    return takes
