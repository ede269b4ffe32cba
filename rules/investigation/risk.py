"""Risk: signed log-odds all the way, a probability only at the end.

    L = b + sum of L_d        b: log-odds of the prior, L_d: what the evidence of one domain adds, capped at +-5
    risk = sigmoid(L)         between 0.01 and 0.99, and at most 0.9 unless two domains agree

`assess` is the one function that judges: it runs when a step is recorded and when the explanation is read, and its
answer does not depend, to the last bit, on the order the evidence is handed in. Terms are sorted by what they say
before they are damped, and added with `math.fsum`, which is exact.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.investigation.catalogue import DOMAIN_CAP, GROUP_DAMPING
from rules.investigation.words import DomainName, VerificationStatus

# What can be said at all: nothing observed makes an entity certainly harmless or certainly hostile.
LEAST_RISK, MOST_RISK = 0.01, 0.99
# Beyond this two different domains must agree, or a person must have verified a fact of our own telemetry.
ONE_DOMAIN_RISK = 0.9
# Two domains agree when the second, too, adds at least this: more than the weakest signals, such as an address in a
# data centre (0.4), which would otherwise unlock the highest scores by themselves.
AGREEMENT = 0.5
# A disputed piece counts by half: the one who found it and the one who contests it are believed alike until somebody
# settles it. Counting it in full would make a dispute empty, counting it for nothing would make it a refutation.
DISPUTED_SHARE = 0.5
# Below this the sum of the terms is taken for zero when the score is shared out: a quotient of two such numbers
# would be noise, and what the shares then miss is at most a quarter of it.
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Weighed:
    """A piece of evidence as the score sees it.

    `key` identifies it (its number in the case's installation), `code` says which signal or source it comes from;
    `weight` is in log-odds, signed; `reliability` is source x trust x freshness, 0 to 1, `freshness` its last factor.
    """

    key: int
    domain: DomainName
    code: str
    weight: float
    reliability: float
    group: str | None = None
    verification: VerificationStatus = VerificationStatus.UNVERIFIED
    own_telemetry: bool = False
    freshness: float = 1.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which domains the run asked, and which of them had ended and had data to judge by."""

    asked: frozenset[DomainName] = frozenset()
    analysed: frozenset[DomainName] = frozenset()
    with_data: frozenset[DomainName] = frozenset()


@dataclass(frozen=True, slots=True)
class Term:
    """What one piece adds: `log_odds` after reliability, damping and cap; `impact` is its part of risk - prior."""

    key: int
    domain: DomainName
    code: str
    reliability: float
    log_odds: float
    impact: float


@dataclass(frozen=True, slots=True)
class DomainScore:
    """One domain by itself: the risk were it the only one, 0.01 to 0.99, its confidence, and its log-odds L_d."""

    domain: DomainName
    risk: float
    confidence: float
    log_odds: float
    evidence_count: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """A case, judged. `prior` + the sum of the impacts = `risk`, within 1e-9.

    `prior` is 0.0 until something was analysed or observed: a case nobody has looked at has no score. `capped` says
    that the two-domain rule held the score at 0.9. Terms stand by falling weight; domains in the enumeration's order.
    """

    prior: float
    risk: float
    confidence: float
    quality: float
    capped: bool
    domains: tuple[DomainScore, ...]
    terms: tuple[Term, ...]

    @property
    def impacts(self) -> dict[int, float]:
        """Each piece's part of risk - prior, by its key."""
        return {term.key: term.impact for term in self.terms}


def sigmoid(log_odds: float) -> float:
    """Log-odds to probability, without overflow at either end."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    grown = math.exp(log_odds)
    return grown / (1.0 + grown)


def strength(weight: float) -> float:
    """How far a weight would move an even prior, 0 to 1: |2 sigmoid(w) - 1|."""
    return abs(2.0 * sigmoid(weight) - 1.0)


def weight_of(given_strength: float, *, supports: bool = True) -> float:
    """The weight of evidence whose strength a person stated: the inverse of `strength`, at most the domain cap."""
    bounded = min(max(given_strength, 0.0), strength(DOMAIN_CAP))
    weight = math.log1p(bounded) - math.log1p(-bounded)
    return weight if supports else -weight


def effective_reliability(piece: Weighed) -> float:
    """Reliability after people had their say.

    Refuted counts for nothing, disputed by half; what a person verified no longer depends on who said it, only on how
    fresh it is.
    """
    match piece.verification:
        case VerificationStatus.FALSE_POSITIVE:
            return 0.0
        case VerificationStatus.DISPUTED:
            return piece.reliability * DISPUTED_SHARE
        case VerificationStatus.VERIFIED:
            return max(piece.reliability, piece.freshness)
        case _:
            return piece.reliability


def assess(prior: float, evidence: Sequence[Weighed], coverage: Coverage | None = None) -> Assessment:
    """Judges a case. `prior` is in log-odds; without `coverage` the domains with evidence are all that was asked."""
    coverage = coverage or Coverage()
    heard = coverage.with_data | {piece.domain for piece in evidence}
    if not coverage.analysed and not heard:
        return Assessment(0.0, 0.0, 0.0, 0.0, False, (), ())
    by_domain = {
        domain: [piece for piece in evidence if piece.domain is domain]
        for domain in DomainName
        if domain in heard or domain in coverage.analysed
    }
    terms = {domain: domain_terms(pieces) for domain, pieces in by_domain.items()}
    sums = {domain: math.fsum(term for _, term in found) for domain, found in terms.items()}
    base = prior_risk(prior)
    risk, capped = overall(prior, list(sums.values()), verified_fact=has_verified_fact(evidence))
    moved = math.fsum(sums.values())
    slope = (risk - base) / moved if abs(moved) > _TINY else base * (1.0 - base)
    share = len(heard) / len(coverage.asked | heard) if heard else 0.0
    return Assessment(
        prior=base,
        risk=risk,
        confidence=_confidence(share, evidence, moved),
        quality=_quality(evidence),
        capped=capped,
        domains=tuple(_domain_score(prior, domain, by_domain[domain], sums[domain], heard) for domain in by_domain),
        terms=tuple(
            Term(piece.key, piece.domain, piece.code, effective_reliability(piece), log_odds, slope * log_odds)
            for piece, log_odds in sorted(
                (pair for found in terms.values() for pair in found), key=lambda pair: (-abs(pair[1]), _rank(pair[0]))
            )
        ),
    )


def domain_terms(pieces: Iterable[Weighed]) -> list[tuple[Weighed, float]]:
    """Each piece of ONE domain with its log-odds: damped among the correlated, then cut to the cap in proportion."""
    damped = [pair for members in _damped(pieces) for pair in members]
    total = math.fsum(weight for _, weight in damped)
    if abs(total) > DOMAIN_CAP:
        damped = [(piece, weight * (DOMAIN_CAP / abs(total))) for piece, weight in damped]
    return damped


def sums_without(pieces: Iterable[Weighed]) -> dict[int, float]:
    """What ONE domain would add without each of its pieces, by key; linear, since cases hold thousands of pieces.

    Taking one out of a group lets every weaker member move up a place, so what they add grows by 1 / damping.
    """
    groups = _damped(pieces)
    total = math.fsum(weight for members in groups for _, weight in members)
    found = {}
    for members in groups:
        weaker = 0.0
        for piece, weight in reversed(members):
            left = math.fsum((total, -weight, weaker * (1.0 / GROUP_DAMPING - 1.0)))
            found[piece.key] = min(max(left, -DOMAIN_CAP), DOMAIN_CAP)
            weaker += weight
    return found


def _damped(pieces: Iterable[Weighed]) -> list[list[tuple[Weighed, float]]]:
    """The groups of a domain, each strongest first, with reliability and damping in the weights.

    What speaks for and what speaks against are damped apart: a mitigating finding should not make an incriminating one
    count for less than it would alone.
    """
    groups: dict[tuple[object, bool], list[tuple[Weighed, float]]] = {}
    for piece in pieces:
        weight = effective_reliability(piece) * piece.weight
        group: object = piece.key if piece.group is None else piece.group
        groups.setdefault((group, weight < 0), []).append((piece, weight))
    for members in groups.values():
        members.sort(key=lambda pair: (-abs(pair[1]), _rank(pair[0])))
        members[:] = [(piece, weight * GROUP_DAMPING**k) for k, (piece, weight) in enumerate(members)]
    return list(groups.values())


def overall(prior: float, sums: Sequence[float], *, verified_fact: bool) -> tuple[float, bool]:
    """(risk, whether the two-domain rule held it back) from the log-odds of the domains."""
    risk = _said(sigmoid(prior + math.fsum(sums)))
    # The rule holds back what the evidence adds; it never pushes a score below its own prior.
    ceiling = max(ONE_DOMAIN_RISK, prior_risk(prior))
    agreeing = sum(1 for added in sums if added >= AGREEMENT - _TINY)
    if risk > ceiling and agreeing < 2 and not verified_fact:
        return ceiling, True
    return risk, False


def has_verified_fact(evidence: Iterable[Weighed]) -> bool:
    """Whether a person verified something incriminating that our own telemetry recorded."""
    return any(
        piece.own_telemetry and piece.weight > 0 and piece.verification is VerificationStatus.VERIFIED
        for piece in evidence
    )


def prior_risk(prior: float) -> float:
    """The prior as a probability, within what can be said at all."""
    return _said(sigmoid(prior))


def _said(probability: float) -> float:
    return min(max(probability, LEAST_RISK), MOST_RISK)


def _rank(piece: Weighed) -> tuple[str, str, float, float, int]:
    # By what a piece says before its key: keys are given in the order analysers finish, which must not matter.
    return (piece.domain, piece.code, piece.weight, piece.reliability, piece.key)


def _confidence(coverage: float, evidence: Iterable[Weighed], moved: float) -> float:
    """coverage^0.5 x (1 - exp(-S/2)) x (0.5 + 0.5 |L-b|/S), S = sum of |r w|: 0 when nothing was found.

    Half of it is lost when the evidence contradicts itself, and nearly all when there is hardly any.
    """
    weighed = math.fsum(abs(effective_reliability(piece) * piece.weight) for piece in evidence)
    if weighed <= 0.0:
        return 0.0
    agreement = 0.5 + 0.5 * min(abs(moved) / weighed, 1.0)
    return math.sqrt(coverage) * -math.expm1(-weighed / 2.0) * agreement


def _quality(evidence: Iterable[Weighed]) -> float:
    """Share of the evidence, weighted by reliability, that is verified and fresh. Refuted evidence is left out."""
    counted = [piece for piece in evidence if piece.verification is not VerificationStatus.FALSE_POSITIVE]
    total = math.fsum(piece.reliability for piece in counted)
    if total <= 0.0:
        return 0.0
    good = math.fsum(
        piece.reliability * piece.freshness for piece in counted if piece.verification is VerificationStatus.VERIFIED
    )
    return good / total


def _domain_score(
    prior: float, domain: DomainName, pieces: Sequence[Weighed], log_odds: float, heard: frozenset[DomainName]
) -> DomainScore:
    risk = _said(sigmoid(prior + log_odds))
    confidence = _confidence(1.0 if domain in heard else 0.0, pieces, log_odds)
    return DomainScore(domain, risk, confidence, log_odds, len(pieces))
