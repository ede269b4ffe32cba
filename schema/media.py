"""Which media type answers: RFC 9110 negotiation over the types of GraphQL over HTTP."""

from functools import lru_cache
from typing import NamedTuple

RESPONSE = "application/graphql-response+json"
JSON = "application/json"
EVENTS = "text/event-stream"


class Range(NamedTuple):
    """One entry of an Accept header."""

    type: str
    subtype: str
    quality: float

    def fit(self, media: str) -> int:
        """How closely it names `media`: 3 exactly, 2 by `application/*`, 1 by `*/*`, 0 not at all."""
        type_, _, subtype = media.partition("/")
        if (self.type, self.subtype) == (type_, subtype):
            return 3
        if self.subtype != "*":
            return 0
        return 2 if self.type == type_ else int(self.type == "*")


class Accepted(NamedTuple):
    """What the caller takes: one of the JSON types or none, and whether an event stream."""

    json: str | None
    events: bool


@lru_cache(256)  # clients send one of a few headers, each on every request
def accepted(header: str | None) -> Accepted:
    """Reads Accept. Without one, and for wildcards, plain JSON answers: older clients know no other type."""
    if header is None or not header.strip():
        return Accepted(JSON, False)
    ranges = [made for entry in header.split(",") if (made := _range(entry)) is not None]
    # Equal quality: the type that is named beats a wildcard, and of two named ones the more telling.
    ranked = [(*_weight(ranges, media), rank, media) for rank, media in ((1, RESPONSE), (0, JSON))]
    quality, fit, _, media = max(ranked)
    if fit < 3 and quality == _weight(ranges, JSON)[0]:
        media = JSON
    # A stream answers only whoever names it: a wildcard means "anything you have", not "keep this open".
    events_quality, events_fit = _weight(ranges, EVENTS)
    return Accepted(media if quality > 0 else None, events_quality > 0 and events_fit > 1)


def _weight(ranges: list[Range], media: str) -> tuple[float, int]:
    """(quality, closeness) of the range that names `media` most closely."""
    fit, quality = max(((one.fit(media), one.quality) for one in ranges), default=(0, 0.0))
    return (quality, fit) if fit else (0.0, 0)


def _range(entry: str) -> Range | None:
    media, *parameters = entry.split(";")
    type_, slash, subtype = media.strip().lower().partition("/")
    if not slash:
        return None
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                quality = min(max(float(value.strip()), 0.0), 1.0)
            except ValueError:
                quality = 0.0
    return Range(type_.strip(), subtype.strip(), quality if quality == quality else 0.0)
