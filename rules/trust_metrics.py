"""What an organisation has learnt of another: trust that was earned, beside the trust that was granted (DOMAIN 2).

It is one organisation's own view, made of what that one may see: its verdicts on evidence that rests on the other's
indicators, the levels it knows to be granted, and who else reported the same. It changes nobody's access.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

PRIOR: Final = 2.0
"""Beta(2, 2): before anything is known reliability is a half, and two verdicts do not make it certain."""

SETTLED: Final = 10
"""Outcomes after which confidence is a half."""

RELIABILITY, REPUTATION, HISTORY = 0.5, 0.3, 0.2

FIRST, LATER = 1.0, 0.5
"""What an indicator that others have too counts for: whole where this source was before them, else half."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How evidence that rests on a source's indicators turned out. `last_at`: when the newest verdict was given."""

    verified: int = 0
    refuted: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrustMetrics:
    """All but the counts run from 0 to 1. `id` is the organisation that they are about."""

    id: str
    trust_score: float
    confidence_level: float
    reliability: float
    reputation: float
    historical_performance: float
    outcomes: Outcomes
    last_updated: datetime


def reliability(outcomes: Outcomes) -> float:
    """Mean of the posterior over what was verified and what was refuted."""
    return (PRIOR + outcomes.verified) / (2 * PRIOR + outcomes.verified + outcomes.refuted)


def reputation(granted: Iterable[tuple[int, float]]) -> float:
    """Of (level 0 to 100, reliability of who grants it): the mean level, weighted. 0 where nobody grants anything."""
    levels = list(granted)
    weight = sum(how_reliable for _, how_reliable in levels)
    return sum(level / 100 * how_reliable for level, how_reliable in levels) / weight if weight else 0.0


def historical_performance(seen_at: Mapping[str, datetime], others_at: Mapping[str, datetime]) -> float:
    """Share of indicators that others have too; one that came after theirs counts half.

    `seen_at`: indicator -> when this source shared it; `others_at`: indicator -> when the first other source did.
    """
    if not seen_at:
        return 0.0
    counted = sum(FIRST if at <= others_at[one] else LATER for one, at in seen_at.items() if one in others_at)
    return counted / len(seen_at)


def trust_metrics(
    organization_id: str, *, outcomes: Outcomes, reputation: float, performance: float, now: datetime
) -> TrustMetrics:
    """All of it. Without a verdict `last_updated` is `now`: nothing older is part of it."""
    reliable, count = reliability(outcomes), outcomes.verified + outcomes.refuted
    return TrustMetrics(
        id=organization_id,
        trust_score=RELIABILITY * reliable + REPUTATION * reputation + HISTORY * performance,
        confidence_level=count / (count + SETTLED),
        reliability=reliable,
        reputation=reputation,
        historical_performance=performance,
        outcomes=outcomes,
        last_updated=outcomes.last_at or now,
    )
