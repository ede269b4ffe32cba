"""Indicators: what of a STIX indicator is searched and matched by."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from formats.stix.members import InvalidStixObject, member_text, moment
from formats.stix.pattern import Comparisons, read_pattern
from foundation.errors import InvalidInput
from foundation.observables import IndexKey, indicator_type
from foundation.words import IndicatorType

MOST_PATTERN_TYPE = 256
_ANOTHER_LANGUAGE = "It is no STIX pattern."


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorDraft:
    """The members of an indicator beside those of every object.

    `keys` are the alternatives under which the index finds it; none where `uncovered` says why not. `unmatched` says
    why nothing can be matched with it at all; none where the pattern is of a language that is spoken here. `type` and
    `value` are those of the pattern where it looks for one kind of thing, and for one thing.
    """

    pattern: str
    pattern_type: str
    type: IndicatorType | None
    value: str | None
    keys: tuple[IndexKey, ...]
    uncovered: str | None
    unmatched: str | None
    name: str | None
    description: str | None
    labels: list[str]
    indicator_types: list[str]
    confidence: int | None
    valid_from: datetime
    valid_until: datetime | None
    created: datetime
    created_by_ref: str | None

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.keys, self.pattern)


def read_indicator(content: Mapping[str, Any]) -> IndicatorDraft:
    """The indicator in an object whose common members were checked. Raises InvalidStixObject."""
    for member in ("pattern", "pattern_type", "valid_from"):
        if member not in content:
            raise InvalidStixObject(f"The object has no {member}.", field=member)
    pattern_type = content["pattern_type"]
    if not isinstance(pattern_type, str) or not 1 <= len(pattern_type) <= MOST_PATTERN_TYPE:
        raise InvalidStixObject("The pattern type is no word such as stix.", field="pattern_type")
    start = moment(content["valid_from"], "valid_from")
    end = moment(content["valid_until"], "valid_until") if "valid_until" in content else None
    if end is not None and end <= start:
        raise InvalidStixObject("The indicator ends before it is valid.", field="valid_until")
    read = _comparisons(content["pattern"], pattern_type)
    types = {indicator_type(key) for key in read.keys}
    return IndicatorDraft(
        pattern=content["pattern"],
        pattern_type=pattern_type,
        type=types.pop() if len(types) == 1 else None,
        value=read.keys[0].value if len(read.keys) == 1 else None,
        keys=read.keys,
        uncovered=read.uncovered,
        unmatched=None if pattern_type == "stix" else _ANOTHER_LANGUAGE,
        name=member_text(content, "name"),
        description=member_text(content, "description"),
        labels=list(content.get("labels", ())),
        indicator_types=list(content.get("indicator_types", ())),
        confidence=content.get("confidence"),
        valid_from=start,
        valid_until=end,
        created=moment(content["created"], "created"),
        created_by_ref=content.get("created_by_ref"),
    )


def fingerprint(keys: Iterable[IndexKey], pattern: str) -> str:
    """The same for all patterns that look for the same things, however they are written; for one that the index does
    not cover, of its text."""
    parts: list[Any] = sorted(map(list, keys)) or [pattern]
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


def _comparisons(pattern: str, pattern_type: str) -> Comparisons:
    if not pattern.strip():
        raise InvalidStixObject("The pattern is empty.", field="pattern")
    if pattern_type != "stix":
        # Of another language, such as Sigma or YARA: kept, and matched by nobody here.
        return Comparisons((), _ANOTHER_LANGUAGE)
    try:
        return read_pattern(pattern)
    except InvalidInput as refusal:
        raise InvalidStixObject(refusal.text, field="pattern") from refusal
