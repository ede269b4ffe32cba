"""The generated code of one scalar or enumeration: a test of its exact type, and beside it the way for all else."""

from collections.abc import Callable
from typing import Any

import orjson

from models.reading.level import Level
from models.reading.selection import Pick

# What is right at a glance. {x} is evaluated once; {y} names it afterwards.
PLAIN = {
    "String": "{x}.__class__ is str",
    "ID": "{x}.__class__ is str",
    "Boolean": "{x}.__class__ is bool",
    "Int": "{x}.__class__ is int and -2147483648 <= {y} <= 2147483647",
    "Float": "{x}.__class__ is float and -1.7976931348623157e308 <= {y} <= 1.7976931348623157e308",
    "Score": "{x}.__class__ is float and 0.0 <= {y} <= 1.0",
    "Confidence": "{x}.__class__ is int and 0 <= {y} <= 100",
    # orjson writes no digits for a time without microseconds, and ours always has six.
    "DateTime": "{x}.__class__ is datetime and {y}.microsecond and {y}.tzinfo is UTC",
}


class Surprise(Exception):
    """Generated code met what it was not written for; the Walker finds out what it is."""


def leaf(level: Level, pick: Pick, x: str) -> str:
    """Source that completes the value of the source `x`."""
    assert pick.leaf
    if pick.leaf.name == "" and pick.leaf.symbols is None:
        return x
    if pick.leaf.symbols is not None and pick.wraps in ("", "!"):
        symbols = pick.leaf.symbols if pick.wraps else {None: None, **pick.leaf.symbols}
        return f"{level.bound(symbols)}[{x}]"
    complete = level.bound(completer(pick))
    if pick.wraps in ("", "!") and pick.leaf.name in PLAIN:
        named, y = (f"({x})", x) if x.isidentifier() else (f"(y := {x})", "y")
        return f"({y} if {PLAIN[pick.leaf.name].format(x=named, y=y)} else {complete}({y}))"
    return f"{complete}({x})"


def column_leaf(level: Level, pick: Pick, column: str) -> str:
    """Source of a column's value; text that is stored as it is shown passes through."""
    assert pick.leaf
    if level.is_table and pick.wraps in ("", "!"):
        kind, x = level.stored[column].kind, level.stands(column)
        if kind == "time" and level.dialect == "sqlite" and pick.leaf.name == "DateTime":
            return f"({x} if {x}.__class__ is str else {level.bound(completer(pick))}({x}))"
        if kind == "json" and pick.leaf.name == "JSON":
            through = f"{level.bound(fragment)}({x})"
            return through if pick.wraps else f"(None if {x} is None else {through})"
    return leaf(level, pick, level.raw(column))


def fragment(text: Any) -> orjson.Fragment:
    """JSON text that goes into the answer as it lies in the row. Raises for what is none, and for a bare null."""
    if orjson.loads(text) is None:
        raise Surprise
    return orjson.Fragment(text)


def completer(pick: Pick) -> Callable[[Any], Any]:
    """Completes what is not plainly right; raises where an error must be worded."""
    assert pick.leaf
    coerce = pick.leaf.coerce

    def complete(wraps: str, value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        if wraps[:1] == "!":
            if value is None:
                raise Surprise
            return complete(wraps[1:], value)
        if value is None:
            return None
        return [complete(wraps[1:], item) for item in value] if wraps else coerce(value)

    return lambda value: complete(pick.wraps, value)
