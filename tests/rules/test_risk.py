"""The arithmetic of risk: properties that hold for any evidence, and a table of exact cases."""

import math
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.investigation.catalogue import DEFAULT_PRIOR, DOMAIN_CAP, SIGNALS, catalogue_hash
from rules.investigation.explanation import (
    PRIOR_SOURCE,
    crossed,
    explain,
    priority_after,
    severity_of,
    steps,
)
from rules.investigation.risk import Assessment, Coverage, Weighed, assess, sigmoid, strength, weight_of
from rules.investigation.words import DomainName, Priority, ThresholdType, VerificationStatus

AUTH, NET, INTEL = DomainName.AUTHENTICATION, DomainName.NETWORK, DomainName.INTELLIGENCE
VERIFIED, REFUTED = VerificationStatus.VERIFIED, VerificationStatus.FALSE_POSITIVE

unit = st.floats(0.0, 1.0)
pieces = st.builds(
    Weighed,
    key=st.just(0),
    domain=st.sampled_from([AUTH, NET, INTEL]),
    code=st.sampled_from(["a", "b", "c"]),
    weight=st.floats(-6.0, 6.0) | st.sampled_from([0.0, 1.0, -1.0]),
    reliability=unit | st.just(0.95),
    group=st.sampled_from([None, "g", "h"]),
    verification=st.sampled_from(VerificationStatus),
    own_telemetry=st.booleans(),
    freshness=unit,
)
cases = st.lists(pieces, max_size=12).map(lambda found: [replace(piece, key=n) for n, piece in enumerate(found)])
priors = st.floats(-5.0, 5.0)


def piece(weight: float, *, key: int = 1, domain: DomainName = AUTH, reliability: float = 1.0, **more: Any) -> Weighed:
    return Weighed(key, domain, more.pop("code", "code"), weight, reliability, **more)


@settings(max_examples=150, deadline=None)
@given(priors, cases, st.randoms(use_true_random=False))
def test_the_order_of_evidence_changes_nothing_to_the_last_bit(
    prior: float, evidence: list[Weighed], chance: random.Random
) -> None:
    shuffled = list(evidence)
    chance.shuffle(shuffled)
    assert repr(assess(prior, evidence)) == repr(assess(prior, shuffled))
    assert repr(explain(prior, evidence)) == repr(explain(prior, shuffled))


@settings(max_examples=150, deadline=None)
@given(priors, cases)
def test_prior_and_impacts_sum_to_the_score(prior: float, evidence: list[Weighed]) -> None:
    judged = assess(prior, evidence)
    assert abs(math.fsum([judged.prior, *judged.impacts.values()]) - judged.risk) < 1e-9
    assert len(judged.terms) == len(evidence)
    if evidence:
        assert 0.01 <= judged.risk <= 0.99
    assert 0.0 <= judged.confidence <= 1.0
    assert 0.0 <= judged.quality <= 1.0
    for score in judged.domains:
        assert abs(score.log_odds) <= DOMAIN_CAP + 1e-9


@settings(max_examples=80, deadline=None)
@given(priors, cases)
def test_each_counterfactual_is_the_score_without_that_piece(prior: float, evidence: list[Weighed]) -> None:
    analysed = Coverage(analysed=frozenset({AUTH, NET, INTEL}), with_data=frozenset({AUTH}))
    for coverage in (None, analysed):
        for term in explain(prior, evidence, coverage).terms:
            left = [other for other in evidence if other.key != term.key]
            assert term.without == pytest.approx(assess(prior, left, coverage).risk, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(priors, cases)
def test_refuted_evidence_moves_nothing_and_stays_visible(prior: float, evidence: list[Weighed]) -> None:
    refuted = replace(piece(5.0, key=99), verification=REFUTED)
    coverage = Coverage(asked=frozenset(DomainName), analysed=frozenset(DomainName), with_data=frozenset({AUTH}))
    without, with_it = assess(prior, evidence, coverage), assess(prior, [*evidence, refuted], coverage)
    assert with_it.risk == without.risk
    assert with_it.confidence == without.confidence
    assert with_it.quality == without.quality
    assert with_it.impacts[99] == 0.0


@settings(max_examples=80, deadline=None)
@given(priors, cases, st.floats(0.0, 5.0), st.sampled_from([None, "g"]))
def test_more_against_an_entity_never_lowers_its_score(
    prior: float, evidence: list[Weighed], weight: float, group: str | None
) -> None:
    # Within a group too: at most 0.4 / (1 - 0.6) = 1 times the newcomer's weight is lost by those it pushes back.
    fewer = [*evidence, piece(0.0, key=98)]
    more = [*fewer, piece(weight, key=99, group=group)]
    assert assess(prior, more).risk >= assess(prior, fewer).risk - 1e-12


def test_a_case_nobody_looked_at_has_no_score() -> None:
    asked = Coverage(asked=frozenset({AUTH, NET}))
    assert assess(DEFAULT_PRIOR, [], asked) == Assessment(0.0, 0.0, 0.0, 0.0, False, (), ())


def test_nothing_found_is_the_prior_with_no_confidence() -> None:
    coverage = Coverage(asked=frozenset({AUTH}), analysed=frozenset({AUTH}), with_data=frozenset({AUTH}))
    judged = assess(DEFAULT_PRIOR, [], coverage)
    assert (judged.prior, judged.risk, judged.confidence) == (sigmoid(-3.0), sigmoid(-3.0), 0.0)


@pytest.mark.parametrize(
    ("evidence", "risk"),
    [
        ([piece(3.0)], sigmoid(0.0)),
        ([piece(3.0, reliability=0.5)], sigmoid(-1.5)),
        ([piece(2.0, key=1, group="g"), piece(2.0, key=2, group="g")], sigmoid(-3.0 + 2.0 + 1.2)),
        ([piece(2.0, key=1), piece(2.0, key=2)], sigmoid(1.0)),
        ([piece(2.0, key=1, group="g"), piece(-1.0, key=2, group="g")], sigmoid(-2.0)),
        ([piece(9.0)], sigmoid(2.0)),
        ([piece(-9.0)], 0.01),
        ([piece(2.0, verification=VerificationStatus.DISPUTED)], sigmoid(-2.0)),
        ([piece(2.0, reliability=0.5, verification=VerificationStatus.PENDING_REVIEW)], sigmoid(-2.0)),
        ([piece(2.0, reliability=0.5, verification=VerificationStatus.VERIFIED)], sigmoid(-1.0)),
        ([piece(2.0, verification=VerificationStatus.FALSE_POSITIVE)], sigmoid(-3.0)),
        ([piece(5.0, key=1), piece(0.45, key=2, domain=NET)], 0.9),
        ([piece(5.0, key=1), piece(0.5, key=2, domain=NET)], sigmoid(2.5)),
        ([piece(5.0, key=1), piece(5.0, key=2, domain=NET)], 0.99),
        ([piece(5.0, key=1, own_telemetry=True, verification=VERIFIED), piece(0.45, key=2, domain=NET)], sigmoid(2.45)),
    ],
)
def test_exact_scores(evidence: list[Weighed], risk: float) -> None:
    judged = assess(-3.0, evidence)
    assert judged.risk == pytest.approx(risk, abs=1e-12)
    assert judged.capped == (risk == 0.9)
    assert (explain(-3.0, evidence).rule is None) == (risk != 0.9)


def test_confidence_is_the_written_formula() -> None:
    evidence = [piece(2.0, key=1), piece(-1.0, key=2)]
    coverage = Coverage(asked=frozenset({AUTH, NET, INTEL, DomainName.LOGS}), analysed=frozenset({AUTH}))
    expected = math.sqrt(1 / 4) * (1 - math.exp(-1.5)) * (0.5 + 0.5 * 1 / 3)
    judged = assess(-3.0, evidence, coverage)
    assert judged.confidence == pytest.approx(expected, abs=1e-12)
    assert judged.domains[0].confidence == pytest.approx(2 * expected, abs=1e-12)


def test_quality_is_what_is_verified_and_fresh() -> None:
    evidence = [
        piece(1.0, key=1, reliability=0.6, verification=VERIFIED, freshness=0.5),
        piece(1.0, key=2, reliability=0.4),
        piece(1.0, key=3, reliability=0.9, verification=REFUTED),
    ]
    assert assess(-3.0, evidence).quality == pytest.approx(0.3)


def test_strength_and_weight_are_inverse_up_to_the_cap() -> None:
    assert weight_of(strength(2.0)) == pytest.approx(2.0)
    assert weight_of(0.0) == 0.0
    assert weight_of(1.0) == pytest.approx(DOMAIN_CAP)
    assert weight_of(0.7, supports=False) == -weight_of(0.7)


def test_the_first_step_lets_the_prior_enter() -> None:
    empty = assess(-3.0, [])
    first, second = assess(-3.0, [piece(2.0)]), assess(-3.0, [piece(2.0), piece(1.0, key=2, domain=NET)])
    entered, found = steps(empty, first, source="authentication_agent", reason="found")
    (later,) = steps(first, second, source="network_agent", reason="found more")
    assert (entered.source, entered.score, entered.delta) == (PRIOR_SOURCE, sigmoid(-3.0), sigmoid(-3.0))
    assert (found.source, found.score) == ("authentication_agent", first.risk)
    assert math.fsum([entered.delta, found.delta, later.delta]) == pytest.approx(second.risk, abs=1e-12)


def test_thresholds_speak_once_and_at_the_line() -> None:
    names = [name for name, _ in crossed(0.0, 0.9)]
    assert names == ["high_risk", "escalation_required", "critical_risk"]
    assert crossed(0.69, 0.7) == ((ThresholdType.HIGH_RISK, 0.7),)
    assert crossed(0.7, 0.75) == ()
    assert crossed(0.8, 0.2) == ()
    assert crossed(0.5, 0.85, spoken=[ThresholdType.HIGH_RISK]) == ((ThresholdType.ESCALATION_REQUIRED, 0.8),)


def test_priority_rises_with_thresholds_and_never_falls() -> None:
    needed, critical = [ThresholdType.ESCALATION_REQUIRED], [ThresholdType.CRITICAL_RISK]
    assert priority_after(Priority.LOW, needed, escalate=True) is Priority.HIGH
    assert priority_after(Priority.LOW, needed, escalate=False) is Priority.LOW
    assert priority_after(Priority.CRITICAL, needed, escalate=True) is Priority.CRITICAL
    assert priority_after(Priority.LOW, critical, escalate=False) is Priority.CRITICAL


def test_words_for_numbers() -> None:
    assert [severity_of(weight) for weight in (-2.0, 0.0, 0.7, 1.5, 3.0)] == [
        "low",
        "low",
        "medium",
        "high",
        "critical",
    ]


def test_the_catalogue_is_data_with_one_hash() -> None:
    assert len(catalogue_hash()) == 64
    assert catalogue_hash() == catalogue_hash()
    for code, signal in SIGNALS.items():
        assert code == signal.code
        assert code.startswith(f"{signal.domain}.")
        weights = [signal.weight(value) for value in range(1, 2_000)]
        assert sorted(weights, key=abs) == weights
        assert abs(signal.cap) <= DOMAIN_CAP
        assert all(weight * signal.cap > 0 for weight in weights)
        assert all(signal.weight(value) == pytest.approx(weight) for value, weight in signal.curve)
