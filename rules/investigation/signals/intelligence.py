"""The signals of the intelligence domain, each with the reason for its numbers.

A weight is what a wholly reliable source would be worth; the finding's reliability (stated confidence x trust in the
source x freshness) then takes its share. One source that states no confidence brings half of it: alone it lifts the
default prior to about a quarter, three independent ones past the high-risk line, since all are one damped group:
sources copy one another. The value measured is the number of indicators of the source that say so.
"""

from rules.investigation.signals.signal import Signal
from rules.investigation.words import DomainName, EvidenceType


def _intelligence(
    word: str, title: str, curve: tuple[tuple[float, float], ...], *, group: str = "listed", version: int = 1
) -> Signal:
    domain = DomainName.INTELLIGENCE
    return Signal(f"{domain}.{word}", version, domain, curve, group, EvidenceType.EXTERNAL_INTEL, title)


INTELLIGENCE = (
    # The entity itself, exactly. Several indicators of one source are one voice that says it again.
    _intelligence("listed", "Named by shared intelligence", ((1, 4.0), (10, 4.6))),
    # An address written where a domain name belongs: a slip of the one who filed it, and still that very address.
    _intelligence("filed_as_name", "Named by shared intelligence as a domain name", ((1, 3.4), (10, 4.0))),
    # A network around it. Networks are listed because many of their addresses are bad; this one may be another's.
    _intelligence("network_listed", "In a network of shared intelligence", ((1, 1.6), (10, 2.0))),
    # A name above it, up to the registered one. Who owns a name owns what is under it, but hosting sites that no list
    # of public suffixes knows give theirs to strangers.
    _intelligence("parent_listed", "Under a name of shared intelligence", ((1, 1.2), (10, 1.6)), version=2),
    # What the entity dealt with is named: it may be the victim, the visitor or the accomplice. Ten different ones are
    # no accident.
    _intelligence("contact_listed", "Dealt with what shared intelligence names", ((1, 2.6), (10, 3.6))),
    _intelligence(
        "contact_around_listed", "Dealt with what lies within what is named", ((1, 0.7), (10, 1.4)), version=2
    ),
    # What it did is what a whole pattern describes, be it of itself or of what it dealt with: a pattern does not say
    # which. It is taken for the weaker of both.
    _intelligence("pattern_met", "Did what a pattern of shared intelligence describes", ((1, 2.6), (10, 3.6))),
    # Indicators of benign behaviour speak for it. They are worth less than accusations: an attacker may sit anywhere.
    _intelligence("known_benign", "Named as benign", ((1, -1.5), (10, -2.0)), group="benign"),
)
