"""What may be stored as text and as JSON: the same on both databases, whichever refuses what by itself.

PostgreSQL's text takes no NUL and no lone surrogate, SQLite takes both; neither may depend on where a case lies.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

import orjson

from foundation.errors import InvalidInput

MAX_JSON_DEPTH = 32  # the depth of the one JSON reader (SECURITY R26)
_LEAST_INT, _MOST_INT = -(2**63), 2**63 - 1

# Control characters (C0, DEL, C1) but for the line feed and the tab: they move a terminal's cursor and ring its bell.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# What breaks a line, or (Unicode TR9, 2.1 to 2.4) makes it read in another order than it is stored: embeddings,
# overrides, isolates. Direction marks stay, since names of mixed scripts need them and they reorder nothing else.
_NOT_IN_A_LINE = re.compile(r"[\t\n\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def check_text(value: str, *, field: str, most: int, least: int = 0, one_line: bool = False) -> str:
    """The text without blanks around it. `least` and `most` count characters of that. Raises InvalidInput.

    The only control characters it may hold are line feed and tab; `one_line` (titles, names, values of entities) holds
    none of them either, and nothing that turns the direction of writing. A line end of two characters becomes one.
    """
    text = value.strip().replace("\r\n", "\n")
    _check_characters(text, field)
    if _CONTROL.search(text):
        raise InvalidInput("Control characters are not taken, but for line feed and tab.", field=field)
    if one_line and _NOT_IN_A_LINE.search(text):
        raise InvalidInput("This is one line, without line breaks, tabs or marks that turn the direction.", field=field)
    if len(text) < least:
        raise InvalidInput(
            "This must not be empty." if least == 1 else f"Write at least {least} characters.", field=field
        )
    if len(text) > most:
        raise InvalidInput(f"Write at most {most} characters.", field=field, most=most)
    return text


def check_json(value: Mapping[str, Any], *, field: str, most_bytes: int) -> dict[str, Any]:
    """A JSON object that both databases keep alike, at most `most_bytes` long when written. Raises InvalidInput."""
    if not isinstance(value, Mapping):
        raise InvalidInput("Write a JSON object.", field=field)
    _check_value(value, field, 1)
    if len(orjson.dumps(value)) > most_bytes:
        raise InvalidInput(f"Write at most {most_bytes} bytes of JSON.", field=field, most=most_bytes)
    return dict(value)


def check_share(value: float, *, field: str) -> float:
    """A number from 0 to 1. Raises InvalidInput."""
    if not math.isfinite(value) or not 0.0 <= value <= 1.0:
        raise InvalidInput("Write a number from 0 to 1.", field=field)
    return float(value)


def check_number(value: int, *, field: str, least: int, most: int) -> int:
    """A whole number within its bounds. Raises InvalidInput."""
    if isinstance(value, bool) or not least <= value <= most:
        raise InvalidInput(f"Write a whole number from {least} to {most}.", field=field)
    return int(value)


def _check_characters(text: str, field: str) -> None:
    if "\0" in text:
        raise InvalidInput("A NUL character cannot be stored.", field=field)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput("A lone surrogate cannot be stored.", field=field)


def _check_value(value: Any, field: str, depth: int) -> None:
    if depth > MAX_JSON_DEPTH:
        raise InvalidInput(f"Nest at most {MAX_JSON_DEPTH} levels deep.", field=field)
    match value:
        case str():
            _check_characters(value, field)
        case bool() | None:
            pass
        case int():
            if not _LEAST_INT <= value <= _MOST_INT:
                raise InvalidInput("Whole numbers have at most 64 bits.", field=field)
        case float():
            if not math.isfinite(value):
                raise InvalidInput("Write finite numbers.", field=field)
        case Mapping():
            for key, inner in value.items():
                if not isinstance(key, str):
                    raise InvalidInput("The names in a JSON object are text.", field=field)
                _check_characters(key, field)
                _check_value(inner, field, depth + 1)
        case list() | tuple():
            for inner in value:
                _check_value(inner, field, depth + 1)
        case _:
            raise InvalidInput("This is no JSON value.", field=field)
