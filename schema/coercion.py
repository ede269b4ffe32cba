"""Why a variable cannot be used, in our own words: its name, the path inside it and the type that is expected there.

What graphql-core says repeats the whole value, in Python's spelling, and where a field of `login` is misspelt the value
has the password in it. So its texts are not shown; the values are looked through again, which only costs who erred.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLError,
    OperationDefinitionNode,
    is_input_object_type,
    is_input_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    type_from_ast,
)

Path = tuple[str | int, ...]
Fault = tuple[Path, str]


def variable_errors(schema: Any, operation: OperationDefinitionNode, raw: Mapping[str, Any], most: int) -> list[Any]:
    """Up to `most` errors, one for each place at fault."""
    errors = []
    for stated in operation.variable_definitions or ():
        name, type_ = stated.variable.name.value, type_from_ast(schema, stated.type)
        if not is_input_type(type_):
            continue
        if name not in raw:
            if is_non_null_type(type_) and stated.default_value is None:
                errors.append(GraphQLError(f"Variable '${name}' is needed: a value of type '{type_}'.", stated))
            continue
        for path, what in faults(raw[name], type_, ()):
            errors.append(GraphQLError(f"Variable '${name}'{_shown(path)}: {what}", stated))
            if len(errors) >= most:
                return errors
    return errors or [GraphQLError("A variable has a value that its type does not take.", operation)]


def faults(value: Any, type_: Any, path: Path) -> Iterator[Fault]:
    """What is wrong in a raw value, from the outside in. Nothing of the value itself is said."""
    if is_non_null_type(type_):
        if value is None:
            yield path, f"Expected a value of type '{type_}', which is not null."
            return
        type_ = type_.of_type
    if value is None:
        return
    if is_list_type(type_):
        items = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, item in items:
            yield from faults(item, type_.of_type, path if index is None else (*path, index))
    elif is_input_object_type(type_):
        yield from _members(value, type_, path)
    else:
        yield from _leaf(value, type_, path)


def _members(value: Any, type_: Any, path: Path) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield path, f"Expected an object of type '{type_}'."
        return
    if any(name not in type_.fields for name in value):
        yield path, f"Expected only fields of '{type_}', and there are others."
    for name, field in type_.fields.items():
        if name in value:
            yield from faults(value[name], field.type, (*path, name))
        elif is_required_input_field(field):
            yield (*path, name), f"Expected a value of type '{field.type}', which is not left out."
    if type_.is_one_of and (len(value) != 1 or None in value.values()):
        yield path, f"Expected exactly one field of '{type_}', and that not null."


def _leaf(value: Any, type_: Any, path: Path) -> Iterator[Fault]:
    try:
        type_.coerce_input_value(value)
    except GraphQLError as error:
        # Those of our own scalars say what a value has to look like; they never repeat it.
        own = (error.extensions or {}).get("code") == "BAD_USER_INPUT"
        yield path, error.message if own else f"Expected a value of type '{type_}'."
    except Exception:
        yield path, f"Expected a value of type '{type_}'."


def _shown(path: Path) -> str:
    """`input.records[3].time`, as part of a sentence."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f" at {text.removeprefix('.')}" if text else ""
