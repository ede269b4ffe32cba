"""What is said to bring evidence, and about it."""

import strawberry

from rules.investigation.words import DomainName, EvidenceType, VerificationStatus
from schema.investigation_inputs import WHICH_CASE
from schema.payloads import KEY_SAYS
from schema.scalars import JSON, Score


@strawberry.input(description="The evidence that is to be added.")
class AddEvidenceInput:
    investigation_id: strawberry.ID = strawberry.field(description=WHICH_CASE)
    domain: DomainName = strawberry.field(description="The line of analysis it belongs to.")
    title: str = strawberry.field(description="What it is, in 1 to 500 characters.")
    strength: Score = strawberry.field(
        description="How far it would move an even chance: 0.0 not at all, 1.0 as far as a whole domain can."
    )
    source: str = strawberry.field(description="Where it comes from, in 1 to 200 characters.")
    type: EvidenceType = strawberry.field(default=EvidenceType.MANUAL_OBSERVATION, description="What it is made of.")
    description: str = strawberry.field(default="", description="What it is, in full: at most 10,000 characters.")
    raw_data: JSON | None = strawberry.field(
        default=None, description="What was measured, as a JSON object of at most 64 kB."
    )
    reliability: Score | None = strawberry.field(
        default=None, description="How far the source can be relied on; 0.5, marked as a default, when left out."
    )
    supports: bool = strawberry.field(default=True, description="True: it speaks for the risk. False: it mitigates.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="What somebody makes of a piece of evidence.")
class VerifyEvidenceInput:
    evidence_id: strawberry.ID = strawberry.field(description="The evidence, by its global id or its ref: `EV-3`.")
    status: VerificationStatus = strawberry.field(description="What is said of it.")
    reason: str = strawberry.field(description="Why, in 1 to 2,000 characters.")
    investigation_id: strawberry.ID | None = strawberry.field(
        default=None, description="The case it must belong to; when left out, whichever it belongs to."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)
