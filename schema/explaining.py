"""Why somebody sees a thing, or does not."""

from typing import Annotated

import strawberry

from resolvers.explaining import explain_access
from rules import explaining
from rules.access.actions import Action
from rules.explaining import AccessRule
from rules.trust import AnonymizationLevel
from schema.marks import acts
from schema.planned import Info


@strawberry.type(description="One rule that access follows from, and how it went.")
class AccessReason:
    rule: AccessRule = strawberry.field(description="Which rule.")
    holds: bool = strawberry.field(description="Whether it lets the reader see the object.")
    text: str = strawberry.field(description="How that comes, in words.")


@strawberry.type(description="Why an organisation sees an object of shared intelligence, or does not.")
class AccessExplanation:
    is_visible: bool = strawberry.field(description="Whether it sees anything of it.")
    anonymization: AnonymizationLevel | None = strawberry.field(
        description="What is done to the object for it; null where it sees nothing."
    )
    reasons: list[AccessReason] = strawberry.field(
        description="The rules in their order: all of them must hold. After a first that grants nothing there are none."
    )

    @classmethod
    def of(cls, made: explaining.AccessExplanation) -> "AccessExplanation":
        reasons = [AccessReason(rule=one.rule, holds=one.holds, text=one.text) for one in made.reasons]
        return cls(is_visible=made.is_visible, anonymization=made.anonymization, reasons=reasons)


async def _explain_access(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="Of the object: its global id or its STIX id.")],
    organization_id: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="Who sees it or does not; the viewer's own organisation where it is left out."),
    ] = None,
) -> AccessExplanation | None:
    made = await explain_access(info.context.operation, id=id, organization_id=organization_id)
    return None if made is None else AccessExplanation.of(made)


@strawberry.type(description="Asking why.")
class ExplainingQueries:
    explain_access: AccessExplanation | None = strawberry.field(
        resolver=_explain_access,
        description="The rules by which the viewer's organisation sees an object; of its own objects, also those by "
        "which another organisation sees it or does not. Null for what is absent or hidden.",
        metadata=acts(Action.GRAPH_READ),
    )
