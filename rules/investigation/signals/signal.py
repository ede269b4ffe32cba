"""What a signal is: something an analyser can notice, and what noticing it is worth."""

import math
from dataclasses import dataclass
from itertools import pairwise

from rules.investigation.words import DomainName, EvidenceType


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
