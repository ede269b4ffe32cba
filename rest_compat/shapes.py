"""Shapes of JSON, declared once: what openapi.json tells readers is what a body is checked by.

A shape is JSON Schema (2020-12, as OpenAPI 3.1 has it), of which `check` knows the words used here: `type`, `enum`,
`required`, `properties`, `items`, `minLength`, `maxLength`, `minimum`, `maximum`. A shape with a `title` gets a name of
its own in openapi.json. Members that a shape does not name are ignored, as they always were for older clients.
"""

from collections.abc import Mapping
from typing import Any

from foundation.errors import InvalidInput

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
FLAG: Shape = {"type": "boolean"}
WHOLE: Shape = {"type": "integer"}
ID: Shape = {"type": "string", "format": "uuid"}
TIME: Shape = {"type": "string", "format": "date-time"}
ANYTHING: Shape = {"type": "object"}

_KINDS: Mapping[str, tuple[type, str]] = {
    "string": (str, "text"),
    "boolean": (bool, "true or false"),
    "integer": (int, "a whole number"),
    "number": (float, "a number"),
    "array": (list, "a list"),
    "object": (dict, "an object"),
    "null": (type(None), "null"),
}


def record(title: str | None = None, /, *, optional: Mapping[str, Shape] | None = None, **members: Shape) -> Shape:
    """An object with these members; those under `optional` may be left out."""
    made: Shape = {"type": "object", "properties": {**members, **(optional or {})}, "required": list(members)}
    return {"title": title, **made} if title else made


def listed(shape: Shape) -> Shape:
    return {"type": "array", "items": shape}


def maybe(shape: Shape) -> Shape:
    """The same, or null."""
    kinds = shape["type"]
    made = {**shape, "type": [*(kinds if isinstance(kinds, list) else [kinds]), "null"]}
    return {**made, "enum": [*made["enum"], None]} if "enum" in made else made


def text(*, least: int = 0, most: int | None = None) -> Shape:
    """Text of so many characters."""
    made: Shape = {"type": "string"}
    if least:
        made["minLength"] = least
    if most is not None:
        made["maxLength"] = most
    return made


def one_of(*words: str) -> Shape:
    return {"type": "string", "enum": list(words)}


def check(shape: Shape, value: Any, field: str | None = None) -> None:
    """Raises InvalidInput that names the member at fault and says what belongs there, without repeating the value."""
    if (wanted := shape.get("type")) is not None:
        kinds = wanted if isinstance(wanted, list) else [wanted]
        if not any(_is(kind, value) for kind in kinds):
            words = " or ".join(_KINDS[kind][1] for kind in kinds)
            raise InvalidInput(f"{field or 'The body'} must be {words}.", field=field)
    if "enum" in shape and value not in shape["enum"]:
        words = ", ".join(str(word) for word in shape["enum"] if word is not None)
        raise InvalidInput(f"{field} must be one of: {words}.", field=field)
    match value:
        case str():
            if len(value) < shape.get("minLength", 0):
                raise InvalidInput(f"{field} must not be empty.", field=field)
            if len(value) > shape.get("maxLength", len(value)):
                raise InvalidInput(f"{field} has at most {shape['maxLength']} characters.", field=field)
        case bool() | None:
            pass
        case int() | float():
            if not shape.get("minimum", value) <= value <= shape.get("maximum", value):
                raise InvalidInput(f"{field} is too small or too large.", field=field)
        case dict():
            _check_members(shape, value, field)
        case list():
            for inner in value:
                check(shape.get("items", {}), inner, field)


def _check_members(shape: Shape, value: Mapping[str, Any], field: str | None) -> None:
    inside = f"{field}." if field else ""
    for name in shape.get("required", ()):
        if name not in value:
            raise InvalidInput(f"{inside}{name} is needed.", field=f"{inside}{name}")
    for name, inner in shape.get("properties", {}).items():
        if name in value:
            check(inner, value[name], f"{inside}{name}")


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "number":
        return isinstance(value, int | float)
    return isinstance(value, _KINDS[kind][0])
