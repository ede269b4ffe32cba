"""How much of an indicator is left after a time without a sighting: MISP's polynomial decay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Lifetime:
    """When an indicator of a kind is worth nothing any more, in days, and how it gets there.

    `decay_speed` of 1 loses evenly; below 1 it keeps most of its worth for long and loses it towards the end, above 1
    it loses most at once.
    """

    days: float
    decay_speed: float


# Judgement. Whoever publishes an indicator that ends sooner says so by `valid_until`, which rules over all of this.
# Addresses are leased and change hands within weeks. A name that was registered for an attack hardly ever comes to
# serve anybody else; reports of years ago are still matched, and what they name is still nobody's shop. What has a
# hash never changes; it only falls out of use. Mail accounts and user names stand between.
LIFETIMES: Mapping[str, Lifetime] = MappingProxyType(
    {
        "ipv4-addr": Lifetime(30.0, 1.0),
        "ipv6-addr": Lifetime(30.0, 1.0),
        "domain-name": Lifetime(1_825.0, 0.5),
        "url": Lifetime(365.0, 0.5),
        "email-addr": Lifetime(1_825.0, 0.5),
        "user-account": Lifetime(365.0, 1.0),
        "file": Lifetime(1_825.0, 0.3),
    }
)
OTHERWISE = Lifetime(365.0, 1.0)
"""For what has no line above: a year, losing evenly."""

KIND_OF: Mapping[str | None, str] = MappingProxyType(
    {"ip": "ipv4-addr", "domain": "domain-name", "url": "url", "email": "email-addr", "file_hash": "file"}
)
"""Words of indicator types -> the STIX object type whose lifetime is theirs."""


def freshness(kind: str, *, seen: datetime, as_of: datetime) -> float:
    """1 - (t / lifetime)^(1 / decay_speed), 0 to 1, for a STIX object type. `seen` is the last sighting.

    t counts both ways: lists are written after the fact, so what is named today was hostile yesterday, and the longer
    before, the less is known of it.
    """
    lifetime = LIFETIMES.get(kind, OTHERWISE)
    share = abs(as_of - seen) / timedelta(days=lifetime.days)
    return 0.0 if share >= 1.0 else 1.0 - float(share ** (1.0 / lifetime.decay_speed))
