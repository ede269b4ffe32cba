"""The named signals inside a domain of a case, from its evidence."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.investigation.words import Severity, VerificationStatus

_GRAVITY = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Sign:
    """A piece of evidence as its signal sees it. Strength and reliability: 0 to 1."""

    evidence_id: int
    name: str
    severity: Severity
    strength: float
    reliability: float
    supports: bool
    verification: VerificationStatus


@dataclass(frozen=True, slots=True)
class RiskIndicator:
    """One named signal: its gravest severity, greatest weight and confidence, and its strongest evidence."""

    name: str
    severity: Severity
    weight: float
    confidence: float
    evidence_count: int
    evidence_id: int


def risk_indicators(signs: Iterable[Sign]) -> list[RiskIndicator]:
    """Heaviest first, then by name. What mitigates or was refuted is no sign of risk."""
    by_name: dict[str, list[Sign]] = {}
    for sign in signs:
        if sign.supports and sign.verification is not VerificationStatus.FALSE_POSITIVE:
            by_name.setdefault(sign.name, []).append(sign)
    found = [_summed_up(name, alike) for name, alike in by_name.items()]
    return sorted(found, key=lambda indicator: (-indicator.weight, indicator.name))


def _summed_up(name: str, alike: list[Sign]) -> RiskIndicator:
    strongest = min(alike, key=lambda sign: (-sign.strength, sign.evidence_id))
    return RiskIndicator(
        name=name,
        severity=max((sign.severity for sign in alike), key=_GRAVITY.__getitem__),
        weight=strongest.strength,
        confidence=max(sign.reliability for sign in alike),
        evidence_count=len(alike),
        evidence_id=strongest.evidence_id,
    )
