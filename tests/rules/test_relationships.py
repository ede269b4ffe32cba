"""What a relationship comes to, in each of its states."""

from datetime import timedelta
from typing import Any

import pytest

from foundation.words import IndicatorType, Tlp
from rules.relationships import (
    KINDS,
    AccessLevel,
    Effect,
    RelationshipStatus,
    SharingPolicy,
    effect,
    kind_bit,
    turns_at,
)
from rules.trust import ANY_AGE, EVERY_KIND, Form, TrustLevelName
from tests.conftest import NOON

IN_FORCE: dict[str, Any] = {
    "status": RelationshipStatus.ACTIVE,
    "level": TrustLevelName.TRUSTED,
    "access_level": AccessLevel.READ,
    "policy": SharingPolicy(),
    "was_active": True,
    "valid_from": NOON,
    "valid_until": None,
    "now": NOON,
}


def test_in_force_it_grants_its_level_up_to_amber_and_everything() -> None:
    assert effect(**IN_FORCE) == Effect(50, 2, Form.NONE, EVERY_KIND, ANY_AGE)
    assert effect(**{**IN_FORCE, "level": TrustLevelName.RESTRICTED}).granted == 90


@pytest.mark.parametrize("status", [s for s in RelationshipStatus if s is not RelationshipStatus.ACTIVE])
def test_what_was_in_force_and_no_longer_is_grants_nothing(status: RelationshipStatus) -> None:
    assert effect(**{**IN_FORCE, "status": status}) == Effect(0)


@pytest.mark.parametrize("status", [RelationshipStatus.PENDING, RelationshipStatus.REVOKED])
def test_what_never_was_in_force_says_nothing(status: RelationshipStatus) -> None:
    assert effect(**{**IN_FORCE, "status": status, "was_active": False}) == Effect(None)


@pytest.mark.parametrize(
    "change",
    [
        {"access_level": AccessLevel.NONE},
        {"now": NOON - timedelta(microseconds=1)},
        {"valid_until": NOON},
    ],
)
def test_outside_its_bounds_it_grants_nothing(change: dict[str, Any]) -> None:
    assert effect(**{**IN_FORCE, **change}) == Effect(0)


def test_what_has_not_begun_says_nothing_yet() -> None:
    early = {**IN_FORCE, "was_active": False, "now": NOON - timedelta(microseconds=1)}
    assert effect(**early) == Effect(None)
    assert effect(**{**IN_FORCE, "status": RelationshipStatus.EXPIRED, "was_active": False}) == Effect(None)


def test_it_turns_at_its_beginning_and_then_at_its_end() -> None:
    begins, ends = NOON, NOON + timedelta(hours=1)
    active, pending = RelationshipStatus.ACTIVE, RelationshipStatus.PENDING
    assert turns_at(active, begins, ends, NOON - timedelta(hours=1)) == begins
    assert turns_at(active, begins, ends, NOON) == ends
    assert turns_at(pending, begins, ends, NOON - timedelta(hours=1)) == ends
    assert turns_at(active, begins, None, NOON) is None
    assert turns_at(RelationshipStatus.REVOKED, begins, ends, NOON) is None


def test_a_policy_only_ever_narrows() -> None:
    policy = SharingPolicy(max_tlp=Tlp.RED, require_anonymization=True, allow_attribution=True, max_age_days=30)
    assert effect(**{**IN_FORCE, "policy": policy}) == Effect(50, 2, Form.LOW_NAMED, EVERY_KIND, 30)
    hidden = SharingPolicy(max_tlp=Tlp.CLEAR, require_anonymization=True)
    assert effect(**{**IN_FORCE, "policy": hidden}) == Effect(50, 0, Form.LOW, EVERY_KIND, ANY_AGE)


def test_types_are_allowed_and_blocked_one_by_one() -> None:
    addresses = kind_bit("indicator", IndicatorType.IP)
    assert SharingPolicy(allowed_types=frozenset({"malware"})).kinds == KINDS["malware"]
    blocked = SharingPolicy(blocked_types=frozenset({"malware"})).kinds
    assert blocked == sum(KINDS.values()) - KINDS["malware"]
    only = SharingPolicy(allowed_types=frozenset({"indicator"}), allowed_indicator_types=frozenset({"ip"})).kinds
    assert only == addresses
    but = SharingPolicy(blocked_indicator_types=frozenset({"ip"})).kinds
    assert not but & addresses
    assert not but & KINDS["indicator"]  # of no one type: it might look for addresses as well
    assert but & kind_bit("indicator", IndicatorType.DOMAIN)


def test_a_policy_survives_being_written_down() -> None:
    policy = SharingPolicy(
        allowed_types=frozenset({"malware", "indicator"}),
        blocked_indicator_types=frozenset({"ip"}),
        max_tlp=Tlp.GREEN,
        max_age_days=7,
        require_anonymization=True,
        allow_attribution=True,
    )
    assert SharingPolicy.read(policy.wire()) == policy
    assert SharingPolicy.read({}) == SharingPolicy()
    assert kind_bit("x-custom") == KINDS["other"]
    assert kind_bit("file", is_observable=True) == KINDS["observable"]
