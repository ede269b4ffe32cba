"""The signals as data: what each is worth, and the hash that says by which catalogue a case was judged.

A weight is in log-odds and reads as "how much likelier malice makes this": 0.7 doubles the odds, 2.3 multiplies them by
ten. The weights are judgement, checked against the labelled logs the tests read; they are not learnt, since the lists
of labelled addresses are far too short to learn from. Whoever changes one raises the signal's version. The signals of
each domain stand in signals/, with their reasons.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType

from rules.investigation.freshness import LIFETIMES, OTHERWISE
from rules.investigation.signals.authentication import AUTHENTICATION
from rules.investigation.signals.intelligence import INTELLIGENCE
from rules.investigation.signals.network import NETWORK
from rules.investigation.signals.signal import Signal
from rules.investigation.words import EntityType

SIGNALS: Mapping[str, Signal] = MappingProxyType(
    {signal.code: signal for signal in (*AUTHENTICATION, *NETWORK, *INTELLIGENCE)}
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
# Reliability of an indicator whose source says nothing of its confidence, and the trust in a source to which the
# organisation has granted no level: an even chance, since both are as likely high as low.
UNSTATED_CONFIDENCE = 0.5
UNSTATED_TRUST = 0.5


def catalogue_hash() -> str:
    """sha256, in hexadecimal, over everything above in one fixed JSON form; stored with each case judged by it."""
    content = {
        "signals": [asdict(SIGNALS[code]) for code in sorted(SIGNALS)],
        "priors": {str(entity_type): prior for entity_type, prior in PRIORS.items()},
        "group_damping": GROUP_DAMPING,
        "domain_cap": DOMAIN_CAP,
        "own_telemetry_reliability": OWN_TELEMETRY_RELIABILITY,
        "unstated_confidence": UNSTATED_CONFIDENCE,
        "unstated_trust": UNSTATED_TRUST,
        "lifetimes": {kind: asdict(lifetime) for kind, lifetime in LIFETIMES.items()},
        "lifetime_otherwise": asdict(OTHERWISE),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
