"""From stored evidence and domains to what `assess` takes: one reading of them, for a step and its explanation."""

from collections.abc import Iterable
from typing import Protocol

from rules.investigation.catalogue import PRIORS
from rules.investigation.risk import Coverage, Weighed
from rules.investigation.words import AnalysisStatus, DomainName, EntityType, VerificationStatus


class StoredEvidence(Protocol):
    """A row of evidence."""

    domain: str
    code: str | None
    source: str
    log_odds: float
    reliability: float
    correlated_group: str | None
    verification_status: str
    own_telemetry: bool

    @property
    def id(self) -> int | None: ...


class StoredDomain(Protocol):
    """A row of a domain."""

    name: str
    status: str
    records_seen: int


def weighed(evidence: StoredEvidence) -> Weighed:
    """A stored piece as the score sees it; without a signal of ours, its source stands for the code.

    `reliability` was stored with its freshness in it, measured at the case's window and not at today: a score that
    fades while nobody touches the case would need a step nobody took.
    """
    assert evidence.id is not None, "evidence is weighed once it has its number"
    return Weighed(
        key=evidence.id,
        domain=DomainName(evidence.domain),
        code=evidence.code or evidence.source,
        weight=evidence.log_odds,
        reliability=evidence.reliability,
        group=evidence.correlated_group,
        verification=VerificationStatus(evidence.verification_status),
        own_telemetry=evidence.own_telemetry,
    )


def coverage(asked: Iterable[str], domains: Iterable[StoredDomain]) -> Coverage:
    """Which domains were asked, which have ended, and which of those had data.

    Only a finished analysis counts: one that failed, timed out or waits for data has judged nothing.
    """
    finished = [domain for domain in domains if domain.status == AnalysisStatus.COMPLETE]
    return Coverage(
        asked=frozenset(DomainName(name) for name in asked),
        analysed=frozenset(DomainName(domain.name) for domain in finished),
        with_data=frozenset(DomainName(domain.name) for domain in finished if domain.records_seen > 0),
    )


def prior_of(entity_type: str) -> float:
    """Log-odds of what is assumed before anything is known."""
    return PRIORS[EntityType(entity_type)]
