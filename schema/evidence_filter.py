"""Which evidence a list shows."""

from datetime import datetime

import strawberry

from models.reading.case_filters import changed_since, unless_set
from models.reading.filters import among, at_least, equals, only_equal
from rules.investigation.words import DomainName, EvidenceType, VerificationStatus
from schema.conditions import condition
from schema.scalars import Score


@strawberry.input(description="Which evidence. What is left out or null is no condition; all conditions must hold.")
class EvidenceFilter:
    domain: list[DomainName] | None = condition("Of one of these domains.")
    type: list[EvidenceType] | None = condition("Of one of these types.")
    strength_min: Score | None = condition("At least this strong.")
    verified_only: bool | None = condition("True: only what somebody verified.")
    supports: bool | None = condition("True: only what speaks for the risk. False: only what mitigates.")
    include_superseded: bool | None = condition("True: also what a later run replaced. Left out: only what counts now.")
    updated_since: datetime | None = condition("Only what was found, or judged by somebody, at this time or after it.")


EVIDENCE_FILTERS = {
    "domain": among("domain"),
    "type": among("type"),
    "strength_min": at_least("strength"),
    "verified_only": only_equal("verification_status", VerificationStatus.VERIFIED.value),
    "supports": equals("supports"),
    "include_superseded": unless_set("superseded"),
    "updated_since": changed_since(),
}
