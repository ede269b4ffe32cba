"""Arguments of fields, as origins know them: by Python name, no input classes, no enumerations, nothing that was not
said."""

import dataclasses
import enum
from typing import Any, NamedTuple

import strawberry
from graphql.execution.values import get_argument_values
from strawberry.types.arguments import convert_arguments

from foundation.errors import InvalidInput


class Slot(NamedTuple):
    """The arguments of one field of a document. `settled`: coerced once, where no variable is in them."""

    definition: Any
    field: Any
    node: Any
    settled: Any = None


class Given:
    """The arguments of one request by slot, coerced when they are first asked for. What coercing raised is the value:
    it is the error of the field that asks."""

    def __init__(self, slots: list[Slot], schema: Any, variables: Any) -> None:
        self._slots, self._schema, self._variables = slots, schema, variables
        self._made: dict[int, Any] = {}

    def __getitem__(self, number: int) -> Any:
        if (made := self._made.get(number)) is None:
            slot = self._slots[number]
            made = slot.settled if slot.settled is not None else coerced(slot, self._schema, self._variables)
            self._made[number] = made
        return made


def coerced(slot: Slot, schema: Any, variables: Any) -> dict[str, Any] | Exception:
    try:
        given = get_argument_values(slot.definition, slot.node, variables)
        converter = schema._strawberry_schema.schema_converter
        kwargs = convert_arguments(
            given, slot.field.arguments, config=converter.config, scalar_registry=converter.scalar_registry
        )
        return tidy(kwargs)
    except Exception as error:  # It is the field's own.
        return error


def tidy(args: dict[str, Any]) -> dict[str, Any]:
    """Raises InvalidInput for text that no database can hold."""
    return {name: _plain(value, name) for name, value in args.items() if value is not strawberry.UNSET}


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        if "\0" in value or (not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)):
            raise InvalidInput("Text cannot hold NUL or half of a surrogate pair.", field=name)
        return value
    if isinstance(value, list):
        return [_plain(item, name) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        given = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {n: _plain(v, n) for n, v in given.items() if v is not None and v is not strawberry.UNSET}
    return value
