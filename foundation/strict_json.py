"""The one JSON reader of every door (SECURITY R26).

It takes strict UTF-8 and RFC 8259 and nothing looser, because what a lenient reader lets through comes back later as a
crash in a database driver, in a log line or in the next parser: nesting that exhausts the stack, integers over 64 bits,
`NaN`, numbers that overflow to infinity, NUL (PostgreSQL refuses it in text), lone surrogates (no UTF-8 can carry
them) and keys given twice (two readers would see two different values).

Most bodies are small and plain, so they take orjson; the screens in `_is_plain` are cheap and prove that orjson cannot
differ from the careful reading. Everything else is read carefully with the standard library.
"""

import json
import math
import re
from typing import Any, NoReturn

import orjson

from foundation.errors import Malformed
from foundation.written import remember

MAX_DEPTH = 32
"""Levels of arrays and objects (SECURITY R26). GraphQL variables and STIX objects in use stay below ten."""

INTEGER_RANGE = range(-(2**63), 2**63)
"""What a bigint column of either database holds."""

# Possessive, and an unfinished string runs to the end: no input makes it look at a byte twice.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_OPENING = re.compile(rb"[\[{\]}]")


class TooLarge(Malformed):
    """More bytes than this door reads."""

    code, status = "PAYLOAD_TOO_LARGE", 413
    message = "The body is larger than {max_bytes} bytes."


def read_json(data: bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH, texts_of: str = "") -> dict[str, Any]:
    """The object in `data`. Raises TooLarge and Malformed, whose text says what is wrong without repeating the data.

    The objects in lists that are members named `texts_of` remember how they were written (foundation/written).
    """
    value = read_value(data, max_bytes=max_bytes, max_depth=max_depth)
    if not isinstance(value, dict):
        raise Malformed("The JSON must be an object.")
    return remember(value, data, texts_of) if texts_of else value


def read_value(data: bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> Any:
    """Any JSON value, under the same rules: for lines of a file, where a value may be a list or a number."""
    if len(data) > max_bytes:
        raise TooLarge(max_bytes=max_bytes)
    if data.count(b"[") + data.count(b"{") > max_depth and _depth(data) > max_depth:
        raise Malformed(f"The JSON is nested deeper than {max_depth} levels.")
    return _read_plainly(data) if _is_plain(data) else _read_carefully(data)


def _depth(data: bytes) -> int:
    """The deepest nesting, counted before any parser descends. Brackets inside strings do not count.

    Up to the first fault a parser sees the same strings and brackets as this count, and it goes no further than that.
    """
    depth = deepest = 0
    for bracket in _OPENING.findall(_STRING.sub(b"", data)):
        if bracket in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _is_plain(data: bytes) -> bool:
    """Whether orjson is strict enough here: no escape that could make a NUL or a surrogate, no number over 64 bits."""
    return b"\\u" not in data and _LONG_NUMBER.search(data) is None


def _read_plainly(data: bytes) -> Any:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        # The careful reading says why in our own words; should it find nothing, the data is refused all the same.
        _read_carefully(data)
        raise Malformed("This is not JSON.") from error
    # orjson keeps the last of two equal keys. A key that was lost is one colon more than there are members.
    members = _members(value)
    if members != data.count(b":") and members != _STRING.sub(b"", data).count(b":"):
        _refuse_double_keys()
    return value


def _members(value: Any) -> int:
    """How many members all objects inside `value` have together."""
    total, todo = 0, [value]
    while todo:
        one = todo.pop()
        if one.__class__ is dict:
            total += len(one)
            todo.extend(one.values())
        elif one.__class__ is list:
            todo.extend(one)
    return total


def _read_carefully(data: bytes) -> Any:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("The JSON is not UTF-8.") from error
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise Malformed(f"This is not JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise Malformed("The JSON is nested too deeply.") from error
    _check_strings(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        _refuse_double_keys()
    return made


def _integer(digits: str) -> int:
    # Counted before it is converted: int() takes time that grows with the square of the length.
    number = int(digits) if len(digits) <= 20 else None
    if number is None or number not in INTEGER_RANGE:
        raise Malformed("The JSON holds an integer of more than 64 bits.")
    return number


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Malformed("The JSON holds a number too large for a double.")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not a JSON value.")


def _refuse_double_keys() -> NoReturn:
    raise Malformed("The JSON holds an object with the same key twice.")


def _check_strings(value: Any) -> None:
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            if "\x00" in one:
                raise Malformed("The JSON holds a NUL character.")
            if _SURROGATE.search(one):
                raise Malformed("The JSON holds half of a surrogate pair.")
        elif isinstance(one, dict):
            todo.extend(one.keys())
            todo.extend(one.values())
        elif isinstance(one, list):
            todo.extend(one)
