"""What was learnt of a source, in figures."""

from datetime import timedelta

import pytest

from rules.groups import GroupRole, in_force, may_give
from rules.trust import TrustLevelName
from rules.trust_metrics import Outcomes, historical_performance, reliability, reputation, trust_metrics
from tests.conftest import NOON

BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("verified", "refuted", "expected"), [(0, 0, 0.5), (8, 0, 10 / 12), (0, 4, 0.25), (3, 1, 0.625)]
)
def test_reliability_begins_at_a_half_and_follows_the_outcomes(verified: int, refuted: int, expected: float) -> None:
    assert reliability(Outcomes(verified, refuted)) == pytest.approx(expected)


def test_reputation_is_weighted_by_who_grants() -> None:
    assert reputation([]) == 0.0
    assert reputation([(90, 1.0), (10, 1.0)]) == pytest.approx(0.5)
    assert reputation([(90, 0.75), (10, 0.25)]) == pytest.approx(0.7)


def test_history_counts_what_others_have_too_and_who_was_first() -> None:
    mine = {"first": BEFORE, "together": NOON, "later": AFTER, "alone": BEFORE}
    others = {"first": NOON, "together": NOON, "later": NOON}
    assert historical_performance(mine, others) == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert historical_performance({}, others) == 0.0


def test_the_score_is_made_of_the_three() -> None:
    known = Outcomes(8, 2, NOON)
    told = trust_metrics("o", outcomes=known, reputation=0.9, performance=0.5, now=AFTER)
    assert told.trust_score == pytest.approx(0.5 * 10 / 14 + 0.3 * 0.9 + 0.2 * 0.5)
    assert (told.confidence_level, told.last_updated, told.outcomes) == (0.5, NOON, known)
    unknown = trust_metrics("o", outcomes=Outcomes(), reputation=0.0, performance=0.0, now=AFTER)
    assert (unknown.trust_score, unknown.confidence_level, unknown.last_updated) == (0.25, 0.0, AFTER)


def test_what_holds_in_a_group_is_the_least_that_was_agreed() -> None:
    assert in_force(TrustLevelName.RESTRICTED, [90, 50, 90]) == 50
    assert in_force(TrustLevelName.PUBLIC, [90, 50]) == 10
    assert in_force(TrustLevelName.TRUSTED, []) == 50
    gives = {(mine, role) for mine in GroupRole for role in GroupRole if may_give(mine, role)}
    everything = {(GroupRole.ADMINISTRATOR, role) for role in GroupRole}
    assert gives == everything | {(GroupRole.MODERATOR, GroupRole.MEMBER)}
