"""The signals as data: what each is worth, and the hash that says by which catalogue a case was judged.

A weight is in log-odds and reads as "how much likelier malice makes this": 0.7 doubles the odds, 2.3 multiplies them by
ten. The weights are judgement, checked against the labelled logs the tests read; they are not learnt, since the lists
of labelled addresses are far too short to learn from. Whoever changes one raises the signal's version.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

from rules.investigation.words import DomainName, EntityType, EvidenceType


@dataclass(frozen=True, slots=True)
class Signal:
    """What an analyser can notice. `weight` is the least it adds (signed), `cap` the most; a `group` damps itself."""

    code: str
    version: int
    domain: DomainName
    weight: float
    cap: float
    group: str | None
    evidence_type: EvidenceType
    title: str
    technique: str | None = None


_AUTHENTICATION = DomainName.AUTHENTICATION
_LOGINS = EvidenceType.LOGIN_PATTERN

SIGNALS: Mapping[str, Signal] = MappingProxyType(
    {
        signal.code: signal
        for signal in (
            Signal(
                "authentication.failures",
                1,
                _AUTHENTICATION,
                0.8,
                4.9,
                "guessing",
                _LOGINS,
                "Failed sign-ins",
                "T1110.001",
            ),
            Signal(
                "authentication.slow_guessing",
                1,
                _AUTHENTICATION,
                1.0,
                1.8,
                "guessing",
                _LOGINS,
                "Slow guessing",
                "T1110.001",
            ),
            Signal(
                "authentication.many_names",
                1,
                _AUTHENTICATION,
                0.6,
                1.8,
                "guessing",
                _LOGINS,
                "Many user names tried",
                "T1110",
            ),
            Signal(
                "authentication.password_spraying",
                1,
                _AUTHENTICATION,
                1.0,
                1.6,
                "guessing",
                _LOGINS,
                "Password spraying",
                "T1110.003",
            ),
            Signal(
                "authentication.unknown_names",
                1,
                _AUTHENTICATION,
                0.3,
                1.0,
                "guessing",
                _LOGINS,
                "Names that do not exist",
                "T1110",
            ),
            Signal(
                "authentication.unfinished_connections",
                1,
                _AUTHENTICATION,
                0.2,
                0.8,
                "guessing",
                EvidenceType.NETWORK_TRAFFIC,
                "Connections without a sign-in",
                "T1595",
            ),
            Signal(
                "authentication.success_after_burst",
                1,
                _AUTHENTICATION,
                3.0,
                4.0,
                "break_in",
                _LOGINS,
                "Sign-in after a burst of failures",
                "T1078",
            ),
            Signal(
                "authentication.steady_success",
                1,
                _AUTHENTICATION,
                -0.5,
                -2.0,
                "custom",
                _LOGINS,
                "Accepted sign-ins of long standing",
            ),
        )
    }
)

# Log-odds of the prior: -3 is 4.7 percent, what is assumed of an entity somebody found worth a case. Judgement, one
# value for all types until measurements tell them apart.
DEFAULT_PRIOR = -3.0
PRIORS: Mapping[EntityType, float] = MappingProxyType(dict.fromkeys(EntityType, DEFAULT_PRIOR))

# The k-th strongest of correlated signals counts 0.6^k (k from 0): measured as the best calibrated damping tried.
GROUP_DAMPING = 0.6
# No domain moves the log-odds by more than this, whatever it found: one line of analysis can be wrong as a whole.
DOMAIN_CAP = 5.0
# Reliability of our own telemetry: nearly, not quite, sure.
OWN_TELEMETRY_RELIABILITY = 0.95


def catalogue_hash() -> str:
    """sha256, in hexadecimal, over everything above in one fixed JSON form; stored with each case judged by it."""
    content = {
        "signals": [asdict(SIGNALS[code]) for code in sorted(SIGNALS)],
        "priors": {str(entity_type): prior for entity_type, prior in PRIORS.items()},
        "group_damping": GROUP_DAMPING,
        "domain_cap": DOMAIN_CAP,
        "own_telemetry_reliability": OWN_TELEMETRY_RELIABILITY,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
