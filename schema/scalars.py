"""The scalars of the graph. To a type checker each is the plain Python type it holds."""

import typing
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from foundation.errors import InvalidInput
from foundation.times import from_text, to_text

if TYPE_CHECKING:
    Score = float
    Confidence = int
    Cursor = str
else:
    Score = typing.NewType("Score", float)
    Confidence = typing.NewType("Confidence", int)
    Cursor = typing.NewType("Cursor", str)


def _refused(text: str) -> GraphQLError:
    return GraphQLError(text, extensions={"code": "BAD_USER_INPUT"})


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _read_score(value: Any) -> float:
    if not _is_number(value) or not 0 <= value <= 1:
        raise _refused("A score is a number from 0.0 to 1.0.")
    return float(value)


def _write_score(value: Any) -> float:
    # Not clamped: a stored score outside the range is a fault of ours, and a fault is better told than smoothed over.
    if not _is_number(value) or not 0 <= value <= 1:
        raise GraphQLError("A score outside 0.0 to 1.0 cannot be shown.")
    return float(value)


def _read_confidence(value: Any) -> int:
    if not _is_number(value) or value != value or not 0 <= value <= 100 or value != int(value):
        raise _refused("A confidence is a whole number from 0 to 100.")
    return int(value)


def _write_confidence(value: Any) -> int:
    if not _is_number(value) or not 0 <= value <= 100 or value != int(value):
        raise GraphQLError("A confidence outside 0 to 100 cannot be shown.")
    return int(value)


def _read_time(value: Any) -> datetime:
    if not isinstance(value, str):
        raise _refused("Write a time as text: 2026-01-02T03:04:05Z.")
    try:
        return from_text(value)
    except InvalidInput as refusal:
        raise _refused(refusal.text) from None


def _write_time(value: Any) -> str:
    # SQLite hands times over in the very form that is shown.
    return value if isinstance(value, str) else to_text(value)


def _read_cursor(value: Any) -> str:
    if not isinstance(value, str):
        raise _refused("A cursor is text.")
    return value


def _as_it_is(value: Any) -> Any:
    return value


SCALARS: Mapping[object, ScalarDefinition] = {
    Score: strawberry.scalar(
        name="Score",
        description="A number from 0.0 to 1.0.",
        serialize=_write_score,
        parse_value=_read_score,
    ),
    Confidence: strawberry.scalar(
        name="Confidence",
        description="A whole number from 0 to 100: the confidence scale of STIX.",
        serialize=_write_confidence,
        parse_value=_read_confidence,
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="A place in a list or a stream. Opaque and signed: hand it back as it came.",
        serialize=_as_it_is,
        parse_value=_read_cursor,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description=(
            "A moment, as RFC 3339 writes it. Shown in UTC with six digits and Z: `2026-01-02T03:04:05.678901Z`. "
            "Read with any offset and 0 to 9 digits of a fraction, of which six are kept; the offset is needed."
        ),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=_write_time,
        parse_value=_read_time,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value: an object, a list, text, a number, true, false or null.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=_as_it_is,
        parse_value=_as_it_is,
    ),
}
"""What `StrawberryConfig.scalar_map` is given."""

__all__ = ["JSON", "SCALARS", "Confidence", "Cursor", "Score"]
