"""The analysers, one file a domain. A new one is written beside these and named here; nothing else has to know it."""

from rules.investigation.analysers.authentication import Authentication
from rules.investigation.analysers.intelligence import Intelligence
from rules.investigation.analysers.network import Network
from rules.investigation.findings import Analyser
from rules.investigation.words import DomainName, EntityType

ANALYSERS: tuple[Analyser, ...] = (Authentication(), Network(), Intelligence())


def analyser_for(domain: DomainName, entity_type: EntityType) -> Analyser | None:
    """The analyser of a domain for such an entity; None when there is none and only an outside agent can report."""
    for analyser in ANALYSERS:
        if analyser.domain is domain and entity_type in analyser.entity_types:
            return analyser
    return None


def analysed_domains(entity_type: EntityType) -> tuple[DomainName, ...]:
    """The domains this server can analyse for such an entity, in the order of the enumeration."""
    return tuple(domain for domain in DomainName if analyser_for(domain, entity_type) is not None)
