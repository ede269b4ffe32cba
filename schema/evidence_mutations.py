"""Evidence is brought and judged."""

from typing import Annotated

import strawberry

from resolvers import evidence as resolvers
from rules.access.actions import Action
from schema.evidence import Evidence
from schema.evidence_inputs import AddEvidenceInput, VerifyEvidenceInput
from schema.marks import acts
from schema.naming import case_number, evidence_number, json_value
from schema.payloads import UserError, attempt
from schema.planned import Info, planned


@strawberry.type(description="How adding evidence ended.")
class AddEvidencePayload:
    evidence: Evidence | None = strawberry.field(
        description="The new evidence; its `investigation` has the new score. Null when nothing was added."
    )
    user_errors: list[UserError] = strawberry.field(description="Why nothing was added; empty when it was.")


@strawberry.type(description="How a word on evidence ended.")
class VerifyEvidencePayload:
    evidence: Evidence | None = strawberry.field(
        description="The evidence as it stands now; its `investigation` has the new score. Null when nothing was done."
    )
    user_errors: list[UserError] = strawberry.field(description="Why nothing was done; empty when it was.")


@strawberry.type(description="Evidence is brought and judged.")
class EvidenceMutations:
    @strawberry.mutation(
        description="Adds evidence by hand. The score of the case moves at once, and everybody who watches it is told.",
        metadata=acts(Action.EVIDENCE_ADD),
    )
    async def add_evidence(
        self, info: Info, input: Annotated[AddEvidenceInput, strawberry.argument(description="The evidence.")]
    ) -> AddEvidencePayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: resolvers.add_evidence(
                op,
                investigation_id=case_number(op, Action.EVIDENCE_ADD, input.investigation_id),
                domain=input.domain,
                type=input.type,
                title=input.title,
                description=input.description,
                strength=input.strength,
                source=input.source,
                raw_data=json_value(input.raw_data),
                reliability=input.reliability,
                supports=input.supports,
            ),
            mutation="addEvidence",
            asked=input,
            key=input.client_mutation_key,
        )
        return AddEvidencePayload(
            evidence=planned(info, Evidence, done.result) if done.result else None, user_errors=done.user_errors
        )

    @strawberry.mutation(
        description="Verifies, disputes or refutes evidence, or puts it under review. Every word is kept; the last one "
        "counts, and the score of the case moves at once. For people, not for keys.",
        metadata=acts(Action.EVIDENCE_VERIFY),
    )
    async def verify_evidence(
        self,
        info: Info,
        input: Annotated[VerifyEvidenceInput, strawberry.argument(description="What is said of which evidence.")],
    ) -> VerifyEvidencePayload | None:
        action = Action.EVIDENCE_VERIFY
        done = await attempt(
            info.context.operation,
            lambda op: resolvers.verify_evidence(
                op,
                evidence_id=evidence_number(op, action, input.evidence_id),
                status=input.status,
                reason=input.reason,
                investigation_id=None
                if input.investigation_id is None
                else case_number(op, action, input.investigation_id),
            ),
            mutation="verifyEvidence",
            asked=input,
            key=input.client_mutation_key,
        )
        return VerifyEvidencePayload(
            evidence=planned(info, Evidence, done.result) if done.result else None, user_errors=done.user_errors
        )
