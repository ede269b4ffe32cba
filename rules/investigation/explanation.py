"""Why a score is what it is, and how it came to be: the terms, what the score were without each, and its steps."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rules.investigation.risk import (
    Assessment,
    Coverage,
    Weighed,
    assess,
    has_verified_fact,
    overall,
    sums_without,
)
from rules.investigation.words import DomainName, Priority, Severity, ThresholdType

PRIOR_SOURCE = "prior"

# The lines of risk that speak, rising.
THRESHOLDS = (
    (ThresholdType.HIGH_RISK, 0.7),
    (ThresholdType.ESCALATION_REQUIRED, 0.8),
    (ThresholdType.CRITICAL_RISK, 0.9),
)


@dataclass(frozen=True, slots=True)
class ExplainedTerm:
    """One piece of evidence in the explanation. `without` is the risk were this piece not there: the counterfactual."""

    key: int
    domain: DomainName
    code: str
    reliability: float
    log_odds: float
    impact: float
    without: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The score taken apart: `prior` + sum of impacts = `risk`. `rule` names the rule that held it back, if one did."""

    prior: float
    risk: float
    confidence: float
    rule: str | None
    terms: tuple[ExplainedTerm, ...]


@dataclass(frozen=True, slots=True)
class RiskStep:
    """One entry of the progression: where the score went, by how much, who moved it and why."""

    score: float
    delta: float
    source: str
    reason: str


TWO_DOMAIN_RULE = "Risk stays at 0.9 until two domains agree or a fact of own telemetry is verified."


def explain(prior: float, evidence: Sequence[Weighed], coverage: Coverage | None = None) -> Explanation:
    """The explanation of exactly the score that `assess` gives. Each counterfactual is worked out within its group."""
    judged = assess(prior, evidence, coverage)
    known = {piece.key: piece for piece in evidence}
    by_domain: dict[DomainName, list[Weighed]] = {}
    for piece in evidence:
        by_domain.setdefault(piece.domain, []).append(piece)
    sums = {score.domain: score.log_odds for score in judged.domains}
    facts = [piece.key for piece in evidence if has_verified_fact((piece,))]
    without_each = {key: left for pieces in by_domain.values() for key, left in sums_without(pieces).items()}
    terms = []
    for term in judged.terms:
        left = {**sums, term.domain: without_each[term.key]}
        without = _risk_without(prior, known[term.key], evidence, coverage, left, facts)
        terms.append(
            ExplainedTerm(term.key, term.domain, term.code, term.reliability, term.log_odds, term.impact, without)
        )
    rule = TWO_DOMAIN_RULE if judged.capped else None
    return Explanation(judged.prior, judged.risk, judged.confidence, rule, tuple(terms))


def _risk_without(
    prior: float,
    gone: Weighed,
    evidence: Sequence[Weighed],
    coverage: Coverage | None,
    sums: dict[DomainName, float],
    facts: Collection[int],
) -> float:
    if len(evidence) == 1 and not (coverage and (coverage.analysed or coverage.with_data)):
        return 0.0
    verified = any(key != gone.key for key in facts)
    return overall(prior, list(sums.values()), verified_fact=verified)[0]


def steps(before: Assessment, after: Assessment, *, source: str, reason: str) -> tuple[RiskStep, ...]:
    """The entries that lead from one assessment to the next; their deltas sum to the difference.

    The first one ever has an entry of its own before it, by which the prior enters.
    """
    entered: tuple[RiskStep, ...] = ()
    start = before.risk
    if before.prior == 0.0 and after.prior > 0.0:
        entered = (
            RiskStep(after.prior, after.prior - start, PRIOR_SOURCE, "What is assumed before anything is known"),
        )
        start = after.prior
    return (*entered, RiskStep(after.risk, after.risk - start, source, reason))


def crossed(
    before: float, after: float, spoken: Collection[ThresholdType] = ()
) -> tuple[tuple[ThresholdType, float], ...]:
    """The thresholds that rising from `before` to `after` crosses, but for those that have spoken in this run."""
    return tuple((name, line) for name, line in THRESHOLDS if before < line <= after and name not in spoken)


def priority_after(priority: Priority, breached: Iterable[ThresholdType], *, escalate: bool) -> Priority:
    """The priority once thresholds spoke: critical at critical risk; at least high when escalation is wanted."""
    names = set(breached)
    order = list(Priority)
    least = priority
    if ThresholdType.ESCALATION_REQUIRED in names and escalate:
        least = max(least, Priority.HIGH, key=order.index)
    if ThresholdType.CRITICAL_RISK in names:
        least = Priority.CRITICAL
    return least


def severity_of(weight: float) -> Severity:
    """The word for a weight: by the odds it multiplies. What speaks for the entity is never more than low."""
    if weight >= 3.0:  # twentyfold odds: enough to make an ordinary prior an even chance
        return Severity.CRITICAL
    if weight >= 1.5:  # more than fourfold
        return Severity.HIGH
    if weight >= 0.7:  # doubled
        return Severity.MEDIUM
    return Severity.LOW
