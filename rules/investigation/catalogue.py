"""The signals as data: what each is worth, and the hash that says by which catalogue a case was judged.

A weight is in log-odds and reads as "how much likelier malice makes this": 0.7 doubles the odds, 2.3 multiplies them by
ten. The weights are judgement, checked against the labelled logs the tests read; they are not learnt, since the lists
of labelled addresses are far too short to learn from. Whoever changes one raises the signal's version.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from types import MappingProxyType

from rules.investigation.words import DomainName, EntityType, EvidenceType


@dataclass(frozen=True, slots=True)
class Signal:
    """What an analyser can notice, and what it is worth.

    `curve` holds (value measured, weight) points with rising values: the first value is the threshold, the first weight
    the least a finding adds, the last the most (`cap`). A `group` names correlated signals of the domain.
    """

    code: str
    version: int
    domain: DomainName
    curve: tuple[tuple[float, float], ...]
    group: str | None
    evidence_type: EvidenceType
    title: str
    technique: str | None = None

    @property
    def threshold(self) -> float:
        """The least value that is a finding."""
        return self.curve[0][0]

    @property
    def cap(self) -> float:
        """The most it adds, in log-odds, signed."""
        return self.curve[-1][1]

    def weight(self, value: float) -> float:
        """The weight of a measured value: straight lines over the logarithm of the value, level outside the curve,
        since the tenth failure says more than the thousandth."""
        if value <= self.threshold:
            return self.curve[0][1]
        for (low, at_low), (high, at_high) in pairwise(self.curve):
            if value <= high:
                share = (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
                return at_low + share * (at_high - at_low)
        return self.cap


def _authentication(
    word: str,
    title: str,
    technique: str | None,
    curve: tuple[tuple[float, float], ...],
    *,
    group: str = "guessing",
    evidence_type: EvidenceType = EvidenceType.LOGIN_PATTERN,
    version: int = 1,
) -> Signal:
    domain = DomainName.AUTHENTICATION
    return Signal(f"{domain}.{word}", version, domain, curve, group, evidence_type, title, technique)


# Techniques are ATT&CK's. Everything that measures the same guessing is one group, so that it is not counted twice.
# What only describes the failures more closely is light beside them, so that room is left below the domain's cap.
_ALL = (
    # Failures within a day. Fewer than three are everyday mistyping. Ten without a success are no mistyping: with
    # OpenSSH's three prompts a connection they are a fourth attempt at getting in, by somebody who does not know the
    # password; hence the step between nine and ten, which by itself takes the default prior past the high-risk line.
    _authentication(
        "failures",
        "Failed sign-ins",
        "T1110.001",
        ((3, 0.8), (5, 1.4), (9, 2.2), (10, 4.2), (100, 4.4), (1_000, 4.5)),
    ),
    # Spread over days the same ten are as telling; they only take longer to come together.
    _authentication("slow_guessing", "Slow guessing", "T1110.001", ((10, 4.1), (100, 4.3))),
    # Ten within ten minutes is faster than a person types and thinks again; a hundred is a program.
    _authentication("burst", "Burst of failed sign-ins", "T1110.001", ((10, 0.3), (100, 0.7))),
    # One person has one or two accounts on a machine, so five names are not one person's.
    _authentication("many_names", "Many user names tried", "T1110", ((5, 0.2), (15, 0.4), (50, 0.7))),
    # One password on many accounts, so that no account is locked: ten accounts are beyond any person's own.
    _authentication("password_spraying", "Password spraying", "T1110.003", ((10, 0.4), (50, 0.7))),
    # Accounts that do not exist: somebody works through a list of names.
    _authentication("unknown_names", "Names that do not exist", "T1589.001", ((3, 0.3), (30, 0.6))),
    # A server that takes keys only logs nothing of a refused password but the connection's end. A few such ends are
    # scanners and monitors; hundreds from one address are somebody trying one valid name again and again.
    _authentication(
        "unfinished_connections",
        "Connections without a sign-in",
        "T1595",
        ((3, 0.2), (30, 0.6), (300, 1.6), (1_000, 2.4)),
        evidence_type=EvidenceType.NETWORK_TRAFFIC,
    ),
    # Accepted right after ten unexplained failures: the guess was right.
    _authentication(
        "success_after_burst", "Sign-in after a burst of failures", "T1078", ((10, 3.0), (100, 4.0)), group="break_in"
    ),
    # Accepted on several days without guessing around it: somebody who belongs here, at the latest after a fortnight.
    _authentication(
        "steady_success", "Accepted sign-ins of long standing", None, ((2, -0.5), (14, -2.0)), group="standing"
    ),
)
SIGNALS: Mapping[str, Signal] = MappingProxyType({signal.code: signal for signal in _ALL})

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
