"""Trust between two organisations: proposed, answered, changed, taken back."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from foundation.words import IndicatorType, Tlp
from resolvers import relationships
from resolvers.relationships import KEEP, Terms
from rules import relationships as rules
from rules.access.actions import Action
from rules.relationships import AccessLevel, RelationshipType
from rules.trust import TrustLevelName
from schema.marks import acts
from schema.naming import json_value, key_within
from schema.payloads import KEY_SAYS, Done, UserError, attempt
from schema.planned import Info, planned
from schema.scalars import JSON
from schema.trust import TrustRelationship

_STANDS = "The relationship as it stands now; null when nothing was done."
_ID = "The id of the relationship."


@strawberry.input(description="What is let through within a level. What is left out narrows nothing.")
class SharingPolicyInput:
    allowed_types: list[str] = strawberry.field(
        default_factory=list,
        description="STIX types to let through, `observable` for any observable and `other` for any unknown type; "
        "empty: all.",
    )
    blocked_types: list[str] = strawberry.field(
        default_factory=list, description="STIX types to hold back, whatever else is said."
    )
    allowed_indicator_types: list[IndicatorType] = strawberry.field(
        default_factory=list, description="What indicators may look for to be let through; empty: anything."
    )
    blocked_indicator_types: list[IndicatorType] = strawberry.field(
        default_factory=list, description="What indicators that are held back look for."
    )
    max_tlp: Tlp = strawberry.field(
        default=Tlp.AMBER, description="The strictest marking to let through. What is stricter than amber never is."
    )
    max_age_days: int | None = strawberry.field(
        default=None, description="How old an object may be when it is shared, in days; null: of any age."
    )
    require_anonymization: bool = strawberry.field(
        default=False, description="Whether to mask victims even for a restricted level."
    )
    allow_attribution: bool = strawberry.field(
        default=False, description="Whether to tell names of those behind an object where victims are masked."
    )


@strawberry.input(description="What another organisation is to see.")
class ProposeTrustInput:
    trustee_id: strawberry.ID = strawberry.field(description="The id of the organisation that is to see it.")
    level: TrustLevelName = strawberry.field(description="How far it is trusted.")
    type: RelationshipType = strawberry.field(
        default=RelationshipType.BILATERAL, description="What kind of relationship it is."
    )
    access_level: AccessLevel = strawberry.field(
        default=AccessLevel.READ, description="What it may do with what it sees."
    )
    policy: SharingPolicyInput | None = strawberry.field(
        default=None, description="What is let through within the level."
    )
    valid_from: datetime | None = strawberry.field(
        default=None, description="From when it is in force, once both sides agree; now when left out."
    )
    valid_until: datetime | None = strawberry.field(
        default=None, description="When it ends by itself; never when left out."
    )
    metadata: JSON | None = strawberry.field(
        default=None, description="Anything to note of it, as a JSON object of at most 8 kB; the other side reads it."
    )
    approve: bool = strawberry.field(
        default=True, description="False: the own side has yet to agree too, by `answerTrust`."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="The answer of one side to a relationship.")
class AnswerTrustInput:
    relationship_id: strawberry.ID = strawberry.field(description=_ID)
    approve: bool = strawberry.field(
        description="True: it agrees. False: it refuses, or takes back that it agreed; the relationship then ends."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="What of a relationship is to change. What is left out or null stays, but for the end.")
class ChangeTrustInput:
    relationship_id: strawberry.ID = strawberry.field(description=_ID)
    level: TrustLevelName | None = strawberry.field(default=None, description="How far the other is trusted.")
    type: RelationshipType | None = strawberry.field(default=None, description="What kind of relationship it is.")
    access_level: AccessLevel | None = strawberry.field(
        default=None, description="What the other may do with what it sees."
    )
    policy: SharingPolicyInput | None = strawberry.field(
        default=None, description="What is let through, in place of what was said before."
    )
    valid_from: datetime | None = strawberry.field(default=None, description="From when it is in force.")
    valid_until: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="When it ends by itself; null: never."
    )
    metadata: JSON | None = strawberry.field(default=None, description="What is noted of it, in place of what was.")
    suspended: bool | None = strawberry.field(
        default=None, description="True: it is put on hold, and shows nothing. False: it is resumed."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="What is to be taken back.")
class RevokeTrustInput:
    relationship_id: strawberry.ID = strawberry.field(description=_ID)
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.type(description="How proposing ended.")
class ProposeTrustPayload:
    relationship: TrustRelationship | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(
        description="RELATIONSHIP_EXISTS where there is one in this direction; ENTITY_NOT_FOUND where there is no such "
        "organisation; others."
    )


@strawberry.type(description="How answering ended.")
class AnswerTrustPayload:
    relationship: TrustRelationship | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(
        description="ENTITY_NOT_FOUND; TRUST_STATUS where it does not wait for an answer."
    )


@strawberry.type(description="How changing ended.")
class ChangeTrustPayload:
    relationship: TrustRelationship | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(
        description="ENTITY_NOT_FOUND; TRUST_STATUS where it has ended, or is not in force and should be put on hold."
    )


@strawberry.type(description="How taking back ended.")
class RevokeTrustPayload:
    relationship: TrustRelationship | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(description="ENTITY_NOT_FOUND.")


def _policy(given: SharingPolicyInput | None) -> rules.SharingPolicy | None:
    if given is None:
        return None
    return rules.SharingPolicy(
        allowed_types=frozenset(given.allowed_types),
        blocked_types=frozenset(given.blocked_types),
        allowed_indicator_types=frozenset(str(word) for word in given.allowed_indicator_types),
        blocked_indicator_types=frozenset(str(word) for word in given.blocked_indicator_types),
        max_tlp=given.max_tlp,
        max_age_days=given.max_age_days,
        require_anonymization=given.require_anonymization,
        allow_attribution=given.allow_attribution,
    )


def _terms(given: Any) -> Terms:
    return Terms(
        level=given.level,
        type=given.type,
        access_level=given.access_level,
        policy=_policy(given.policy),
        details=json_value(given.metadata),
        valid_from=given.valid_from,
        valid_until=KEEP if given.valid_until is strawberry.UNSET else given.valid_until,
    )


def _shown(info: Info, done: Done[str]) -> dict[str, Any]:
    shown = planned(info, TrustRelationship, done.result) if done.result else None
    return {"relationship": shown, "user_errors": done.user_errors}


@strawberry.type(description="Trust between two organisations.")
class TrustMutations:
    @strawberry.mutation(
        description="Proposes to let another organisation see what the own one shares, up to a level. It is in force "
        "once both sides agree. For publishers.",
        metadata=acts(Action.TRUST_PROPOSE),
    )
    async def propose_trust(
        self, info: Info, input: Annotated[ProposeTrustInput, strawberry.argument(description="Whom, and how far.")]
    ) -> ProposeTrustPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: relationships.propose_trust(
                op,
                trustee_id=key_within("Organization", input.trustee_id),
                terms=_terms(input),
                approve=input.approve,
            ),
            mutation="proposeTrust",
            asked=input,
            key=input.client_mutation_key,
        )
        return ProposeTrustPayload(**_shown(info, done))

    @strawberry.mutation(
        description="Answers for the own side of a relationship, on either side of it. For publishers.",
        metadata=acts(Action.TRUST_ANSWER),
    )
    async def answer_trust(
        self, info: Info, input: Annotated[AnswerTrustInput, strawberry.argument(description="Which, and what.")]
    ) -> AnswerTrustPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: relationships.answer_trust(
                op, relationship_id=key_within("TrustRelationship", input.relationship_id), approve=input.approve
            ),
            mutation="answerTrust",
            asked=input,
            key=input.client_mutation_key,
        )
        return AnswerTrustPayload(**_shown(info, done))

    @strawberry.mutation(
        description="Changes how far another organisation is trusted, puts that on hold, or resumes it. It acts at "
        "once. For publishers of the organisation that grants it.",
        metadata=acts(Action.TRUST_CHANGE),
    )
    async def change_trust(
        self, info: Info, input: Annotated[ChangeTrustInput, strawberry.argument(description="What is to change.")]
    ) -> ChangeTrustPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: relationships.change_trust(
                op,
                relationship_id=key_within("TrustRelationship", input.relationship_id),
                terms=_terms(input),
                suspended=input.suspended,
            ),
            mutation="changeTrust",
            asked=input,
            key=input.client_mutation_key,
        )
        return ChangeTrustPayload(**_shown(info, done))

    @strawberry.mutation(
        description="Takes trust back, at once. It may be proposed anew. For publishers of the organisation that "
        "grants it; twice is no error.",
        metadata=acts(Action.TRUST_REVOKE),
    )
    async def revoke_trust(
        self, info: Info, input: Annotated[RevokeTrustInput, strawberry.argument(description="Which.")]
    ) -> RevokeTrustPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: relationships.revoke_trust(
                op, relationship_id=key_within("TrustRelationship", input.relationship_id)
            ),
            mutation="revokeTrust",
            asked=input,
            key=input.client_mutation_key,
        )
        return RevokeTrustPayload(**_shown(info, done))
