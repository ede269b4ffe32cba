"""What is left of an indicator at a time: stated confidence, less what time and contradiction took of it.

    confidence x freshness since it was last seen x standing; nothing once it is revoked, expired or declared over

A sighting restarts the clock. Nothing of this is stored: it is computed when it is read, from a few facts.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rules.investigation.catalogue import UNSTATED_CONFIDENCE
from rules.investigation.freshness import KIND_OF, LIFETIMES, OTHERWISE, freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was seen of an indicator. `vouched` and `refuted` count organisations, each by its newest word."""

    last_seen: datetime | None = None
    over_at: datetime | None = None
    vouched: int = 0
    refuted: int = 0

    @property
    def share(self) -> float:
        """(v + 1) / (v + r + 1), above 0 to 1: its source's word is one voice, and every organisation is another. So
        one false positive halves what nobody has seen, and hardly touches what ten have."""
        return (self.vouched + 1) / (self.vouched + self.refuted + 1)

    def is_over(self, at: datetime) -> bool:
        """Its holder said that it is over, and nobody saw it after that."""
        return self.over_at is not None and self.over_at <= at and (self.last_seen or self.over_at) <= self.over_at


UNSEEN: Final = Standing()


def remaining(
    kind: str,
    *,
    valid_from: datetime | None,
    valid_until: datetime | None,
    revoked: bool,
    standing: Standing,
    as_of: datetime,
) -> float:
    """The share, 0 to 1, of its confidence that is left of an indicator of this STIX object type.

    What is not valid yet counts: lists are written after the fact. One that says neither when it is valid nor when it
    was seen is of unknown age: half.
    """
    if ended_because(valid_until, revoked, standing, as_of):
        return 0.0
    seen = seen_at(valid_from, standing)
    fresh = 0.5 if seen is None else freshness(kind, seen=seen, as_of=as_of)
    return fresh * standing.share


def seen_at(valid_from: datetime | None, standing: Standing) -> datetime | None:
    """The last that is known of it: its newest sighting, else the beginning of its validity."""
    return max((time for time in (valid_from, standing.last_seen) if time is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decay:
    """How the confidence of one moment comes about. `stated` and `left`: 0 to 100; the shares 0 to 1; days."""

    at: datetime
    stated: int
    is_assumed: bool
    since: datetime
    age_days: float
    lifetime_days: float
    speed: float
    freshness: float
    vouched: int
    refuted: int
    standing: float
    ended_because: str | None
    left: int


def decay(
    indicator_type: str | None,
    confidence: int | None,
    valid_from: datetime,
    valid_until: datetime | None,
    revoked: bool,
    standing: Standing,
    *,
    at: datetime,
) -> Decay:
    """What is left at that time, and why. Rounded to the nearest whole number, so that 0.4 of a hundred is nothing."""
    kind = KIND_OF.get(indicator_type, "")
    stated = round(100 * UNSTATED_CONFIDENCE) if confidence is None else confidence
    left = remaining(kind, valid_from=valid_from, valid_until=valid_until, revoked=revoked, standing=standing, as_of=at)
    since = seen_at(valid_from, standing) or valid_from
    lifetime = LIFETIMES.get(kind, OTHERWISE)
    return Decay(
        at=at,
        stated=stated,
        is_assumed=confidence is None,
        since=since,
        age_days=(at - since).total_seconds() / 86_400,
        lifetime_days=lifetime.days,
        speed=lifetime.decay_speed,
        freshness=freshness(kind, seen=since, as_of=at),
        vouched=standing.vouched,
        refuted=standing.refuted,
        standing=standing.share,
        ended_because=ended_because(valid_until, revoked, standing, at),
        left=round(stated * left),
    )


def ended_because(valid_until: datetime | None, revoked: bool, standing: Standing, at: datetime) -> str | None:
    """Why it says nothing any more, whatever its age; None while nothing has ended it."""
    if revoked:
        return "Its producer took it back."
    if valid_until is not None and valid_until <= at:
        return "Its validity has ended."
    return "Its holder declared it over." if standing.is_over(at) else None
