"""The query string of a request, read by what its endpoint declares."""

import re
from typing import Any

from starlette.requests import Request

from foundation.errors import InvalidInput
from foundation.times import from_text
from rest_compat.endpoints import Endpoint
from rest_compat.shapes import Shape, check

MOST_DEEP = 10_000
"""Rows down to which numbered pages reach (CONTRACTS 1, row 48): what lies further is found by a condition."""

_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def query(request: Request) -> dict[str, Any]:
    """What was given, by name; times as datetime. What is not declared is ignored. Raises InvalidInput."""
    declared: Endpoint = request.state.endpoint
    found: dict[str, Any] = {}
    for one in declared.parameters:
        given = request.query_params.getlist(one.name)
        if len(given) > 1:
            raise InvalidInput(f"{one.name} is given more than once.", field=one.name)
        if given:
            found[one.name] = _read(one.name, one.shape, given[0])
        elif one.required:
            raise InvalidInput(f"{one.name} is needed.", field=one.name)
    return found


def _read(name: str, shape: Shape, text: str) -> Any:
    kind, value = shape["type"], text
    if shape.get("format") == "date-time":
        return from_text(text, field=name)
    if kind == "boolean":
        if text.lower() not in _FLAGS:
            raise InvalidInput(f"{name} must be true or false.", field=name)
        return _FLAGS[text.lower()]
    if kind in ("integer", "number"):
        if not _NUMBER.fullmatch(text) or (kind == "integer" and "." in text):
            raise InvalidInput(f"{name} must be a {'whole ' if kind == 'integer' else ''}number.", field=name)
        value = int(text) if kind == "integer" else float(text)  # type: ignore[assignment]
    check(shape, value, name)
    return value


def numbered(asked: dict[str, Any], *, size: int, most: int, instead: str) -> tuple[int, int]:
    """(page, limit) of a list whose pages have numbers. A limit above the maximum is lowered to it (CONTRACTS 1, row
    35). `instead`: the parameter by which one gets at what lies too deep."""
    page, limit = asked.get("page", 1), min(asked.get("limit", size), most)
    if page * limit > MOST_DEEP:
        raise InvalidInput(f"Pages reach down to row {MOST_DEEP:,}. Use {instead} to go on.", field="page", use=instead)
    return page, limit
