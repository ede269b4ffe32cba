"""Activity records as they are sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import strawberry
from strawberry.types.arguments import InputContext

from foundation.words import ActivityKind, ActivityOutcome
from schema.payloads import KEY_SAYS
from schema.scalars import JSON


@strawberry.input(description="One record of something that happened, in the one shape all kinds share.")
class ActivityRecordInput:
    kind: ActivityKind = strawberry.field(description="What kind of thing happened.")
    time: datetime = strawberry.field(description="When it happened.")
    source: str = strawberry.field(
        description="The name of the log it comes from: 1 to 64 letters, digits, spaces and . _ : / -"
        " beginning with a letter or digit."
    )
    external_id: str | None = strawberry.field(
        default=None,
        description="The source's own id, 1 to 256 characters. Without one, records of equal content are one record.",
    )
    outcome: ActivityOutcome = strawberry.field(default=ActivityOutcome.UNKNOWN, description="How it ended.")
    user: str | None = strawberry.field(default=None, description="The account it touches, as the log writes it.")
    ip: str | None = strawberry.field(default=None, description="The address it touches.")
    device: str | None = strawberry.field(default=None, description="The device it touches.")
    domain: str | None = strawberry.field(default=None, description="The internet domain it touches.")
    email: str | None = strawberry.field(default=None, description="The mail address it touches.")
    transaction: str | None = strawberry.field(default=None, description="The transaction it touches.")
    country: str | None = strawberry.field(default=None, description="Where it happened, as ISO 3166-1 alpha-2.")
    latitude: float | None = strawberry.field(default=None, description="Where it happened, in degrees north.")
    longitude: float | None = strawberry.field(default=None, description="Where it happened, in degrees east.")
    user_agent: str | None = strawberry.field(default=None, description="What the program called itself.")
    amount: float | None = strawberry.field(default=None, description="How much was moved.")
    currency: str | None = strawberry.field(default=None, description="In which currency, as ISO 4217.")
    bytes_in: float | None = strawberry.field(default=None, description="How many bytes came in: a whole number.")
    bytes_out: float | None = strawberry.field(default=None, description="How many bytes went out: a whole number.")
    duration_ms: float | None = strawberry.field(
        default=None, description="How long it took, in milliseconds: a whole number."
    )
    count: int = strawberry.field(
        default=1, description="How often it happened, 1 to 1,000,000,000: logs fold repetitions into one line."
    )
    details: JSON | None = strawberry.field(
        default=None, description="What the log knew besides, as a JSON object of at most 8 kB."
    )


@strawberry.input(description="The records that are to be stored.")
class IngestActivityInput:
    records: list[ActivityRecordInput] = strawberry.field(description="1 to 1,000 records, in any order.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


def as_mapping(record: ActivityRecordInput) -> dict[str, Any]:
    """The JSON form of a record. GraphQL's Int has 32 bits, so counters of bytes come as Float and are made whole."""
    given = cast("Mapping[str, Any]", record)
    return {
        name: int(v) if isinstance(v, float) and name in _WHOLE and v.is_integer() else v for name, v in given.items()
    }


def _as_given(_type: type, given: Mapping[str, Any], _context: InputContext) -> Mapping[str, Any]:
    return given


# The names of the input are those of the JSON form, and its values are coerced when they come here. An object made of
# each would be taken apart again at once, and making a thousand of them keeps every other request waiting for a second.
ActivityRecordInput.__strawberry_definition__.from_input = _as_given  # type: ignore[attr-defined]

_WHOLE = frozenset({"bytesIn", "bytesOut", "durationMs"})
