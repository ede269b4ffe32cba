"""Which evidence a list shows."""

from datetime import datetime

import strawberry

from rules.investigation.words import DomainName, EvidenceType
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
