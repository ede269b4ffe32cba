"""The one shape of an activity record, before it is stored: checked, and with its entities in one spelling each."""

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson

from foundation.entities import canonical
from foundation.errors import InvalidInput
from foundation.texts import check_json, check_text
from foundation.times import from_text, to_text
from foundation.words import ActivityKind, ActivityOutcome, EntityType

# What a format knew besides, as JSON: at most this many bytes.
MAX_DETAILS_BYTES = 8_192
MAX_SOURCE_LENGTH = 64
MAX_TEXT_LENGTH = 1_024
_MOST = 2**63 - 1  # what both databases keep in an integer column
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/ -]*", re.ASCII)
_ENTITIES = tuple((str(entity_type), entity_type) for entity_type in EntityType)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityDraft:
    """A record to be stored. Times are aware UTC; entities are canonical; `details` holds JSON values.

    `digest` and `ordinal` say which record of its source it is where the source gives it no `external_id`: the digest
    of its line, and how many equal lines came before it. So a log that has grown adds only what is new.
    """

    kind: ActivityKind
    time: datetime
    source: str
    digest: str
    ordinal: int = 0
    external_id: str | None = None
    outcome: ActivityOutcome = ActivityOutcome.UNKNOWN
    user: str | None = None
    ip: str | None = None
    device: str | None = None
    email: str | None = None
    domain: str | None = None
    transaction: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    user_agent: str | None = None
    amount: float | None = None
    currency: str | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    duration_ms: int | None = None
    count: int = 1
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """What makes it the same record when it arrives again, within its organisation and source."""
        return f"id:{self.external_id}" if self.external_id is not None else f"{self.digest}:{self.ordinal}"

    def entities(self) -> Iterator[tuple[EntityType, str]]:
        """The entities it touches, in the enumeration's order."""
        for name, entity_type in _ENTITIES:
            value = getattr(self, name)
            if value is not None:
                yield entity_type, value


def from_mapping(data: Mapping[str, Any], *, digest: str | None = None, ordinal: int = 0) -> ActivityDraft:
    """A draft of the JSON form, whose names are those of NAMES and no others. Raises InvalidInput naming the field.

    Null and absent are the same. Without `digest` (of the line it stood on) the digest of its content is taken.
    """
    values: dict[str, Any] = {}
    for name, value in data.items():
        read = _READERS.get(name)
        if read is None:
            raise InvalidInput("An activity record has no such field.", field=str(name))
        if value is not None and not (value == "" and name in _BLANK_IS_ABSENT):
            values[NAMES[name]] = read(value, name)
    for name in ("kind", "time", "source"):
        if name not in values:
            raise InvalidInput("An activity record needs this.", field=name)
    draft = ActivityDraft(**values, digest=digest or "", ordinal=ordinal)
    if digest is not None:
        return draft
    return ActivityDraft(**values, digest=digest_of(orjson.dumps(to_mapping(draft))), ordinal=ordinal)


def to_mapping(draft: ActivityDraft) -> dict[str, Any]:
    """The JSON form of a draft, in the fixed order of NAMES, without what it does not say."""
    written: dict[str, Any] = {}
    for name, attribute in NAMES.items():
        value = getattr(draft, attribute)
        if value is None or (name == "details" and not value):
            continue
        written[name] = to_text(value) if name == "time" else dict(value) if name == "details" else value
    return written


def digest_of(line: bytes) -> str:
    """32 hexadecimal digits: 128 bits of sha256, so that no two lines of any log ever share one."""
    return hashlib.sha256(line).hexdigest()[:32]


def _kind(value: Any, name: str) -> ActivityKind:
    try:
        return ActivityKind(value)
    except ValueError:
        raise InvalidInput(f"One of: {', '.join(ActivityKind)}.", field=name) from None


def _outcome(value: Any, name: str) -> ActivityOutcome:
    try:
        return ActivityOutcome(value)
    except ValueError:
        raise InvalidInput(f"One of: {', '.join(ActivityOutcome)}.", field=name) from None


def _time(value: Any, name: str) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    return from_text(_text(value, name), field=name)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput("This is text.", field=name)
    return check_text(value, field=name, most=MAX_TEXT_LENGTH)


def _source(value: Any, name: str) -> str:
    text = _text(value, name)
    if len(text) > MAX_SOURCE_LENGTH or not _SOURCE.fullmatch(text):
        raise InvalidInput("The name of the log: up to 64 letters, digits, spaces and . _ : / -", field=name)
    return text


def _external_id(value: Any, name: str) -> str:
    text = _text(value, name)
    if not 1 <= len(text) <= 256:
        raise InvalidInput("The source's own identifier: 1 to 256 characters.", field=name)
    return text


def _entity(entity_type: EntityType) -> Callable[[Any, str], str]:
    def read(value: Any, name: str) -> str:
        return _canonical(entity_type, _text(value, name), name)

    return read


@lru_cache(maxsize=16_384)
def _canonical(entity_type: EntityType, text: str, name: str) -> str:
    # The same few addresses and names stand on most lines of a log.
    return canonical(entity_type, text, field=name)


def _code(length: int, meaning: str) -> Callable[[Any, str], str]:
    def read(value: Any, name: str) -> str:
        text = _text(value, name)
        if len(text) != length or not text.isascii() or not text.isalpha():
            raise InvalidInput(meaning, field=name)
        return text.upper()

    return read


def _number(low: float, high: float) -> Callable[[Any, str], float]:
    def read(value: Any, name: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidInput("This is a number.", field=name)
        if not low <= value <= high or not math.isfinite(value):
            raise InvalidInput(f"A number from {low:g} to {high:g}.", field=name)
        return float(value)

    return read


def _whole(low: int, high: int = _MOST) -> Callable[[Any, str], int]:
    def read(value: Any, name: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidInput("This is a whole number.", field=name)
        if not low <= value <= high:
            raise InvalidInput(f"A whole number from {low} to {high}.", field=name)
        return value

    return read


def _details(value: Any, name: str) -> Mapping[str, Any]:
    return check_json(value, field=name, most_bytes=MAX_DETAILS_BYTES)


# Each name of the JSON form and how it is read, in the order it is written.
_READERS: Mapping[str, Callable[[Any, str], Any]] = MappingProxyType(
    {
        "kind": _kind,
        "time": _time,
        "source": _source,
        "externalId": _external_id,
        "outcome": _outcome,
        "user": _entity(EntityType.USER),
        "ip": _entity(EntityType.IP),
        "device": _entity(EntityType.DEVICE),
        "email": _entity(EntityType.EMAIL),
        "domain": _entity(EntityType.DOMAIN),
        "transaction": _entity(EntityType.TRANSACTION),
        "country": _code(2, "Two letters, as ISO 3166 has them."),
        "latitude": _number(-90.0, 90.0),
        "longitude": _number(-180.0, 180.0),
        "userAgent": _text,
        "amount": _number(-1e15, 1e15),
        "currency": _code(3, "Three letters, as ISO 4217 has them."),
        "bytesIn": _whole(0),
        "bytesOut": _whole(0),
        "durationMs": _whole(0),
        "count": _whole(1, 1_000_000_000),
        "details": _details,
    }
)
# Logs write an entity they do not know as an empty text.
_BLANK_IS_ABSENT = frozenset(str(entity_type) for entity_type in EntityType) | {"country", "currency", "userAgent"}
_WRITTEN_APART = {
    "externalId": "external_id",
    "userAgent": "user_agent",
    "bytesIn": "bytes_in",
    "bytesOut": "bytes_out",
    "durationMs": "duration_ms",
}
# JSON name to the draft's own.
NAMES: Mapping[str, str] = MappingProxyType({name: _WRITTEN_APART.get(name, name) for name in _READERS})
