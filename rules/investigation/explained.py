"""The risk score of a stored case, taken apart again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.investigation.explanation import ExplainedTerm, explain
from rules.investigation.risk import assess
from rules.investigation.weighing import StoredDomain, StoredEvidence, coverage, prior_of, weighed


@dataclass(frozen=True, slots=True)
class RiskExplanation:
    """`prior` + the impacts of all terms = `risk_score`, within 1e-9. `notes`: the rules that had a part in it."""

    prior: float
    risk_score: float
    confidence: float
    terms: tuple[ExplainedTerm, ...]
    notes: tuple[str, ...]
    records_seen: int


def explained(
    entity_type: str,
    asked: Iterable[str],
    domains: Iterable[StoredDomain],
    evidence: Sequence[StoredEvidence],
    *,
    records_seen: int,
) -> RiskExplanation:
    """The explanation of the score that these rows give: the very functions that scored them, read anew."""
    found = explain(prior_of(entity_type), [weighed(piece) for piece in evidence], coverage(asked, domains))
    if found.terms:
        notes = () if found.rule is None else (found.rule,)
    else:
        # Never that an entity is safe: only what was looked at.
        notes = (f"Nothing found in {records_seen} records.",)
    return RiskExplanation(found.prior, found.risk, found.confidence, found.terms, notes, records_seen)


def impacts(
    entity_type: str, asked: Iterable[str], domains: Iterable[StoredDomain], evidence: Sequence[StoredEvidence]
) -> dict[int, float]:
    """Each piece's part of the score beyond the prior, by its key."""
    return assess(prior_of(entity_type), [weighed(piece) for piece in evidence], coverage(asked, domains)).impacts
