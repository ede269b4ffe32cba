"""Groups of organisations that trust each other alike."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import strawberry

from resolvers import trust_groups
from rules.access.actions import Action
from rules.groups import GroupRole
from rules.trust import TrustLevelName
from schema.marks import acts
from schema.naming import key_within
from schema.payloads import KEY_SAYS, UserError, attempt
from schema.planned import Info, planned
from schema.trust import TrustGroup

_STANDS = "The group as it stands now; null when nothing was done, and to who is no longer in it."
_ERRORS = "Why nothing was done: ENTITY_NOT_FOUND, ALREADY_MEMBER, LAST_ADMINISTRATOR or others; empty when it was."
_ID = "The id of the group."


@strawberry.input(description="A group to be made. The own organisation is its administrator.")
class CreateTrustGroupInput:
    name: str = strawberry.field(description="What it is called: 1 to 200 characters.")
    level: TrustLevelName = strawberry.field(description="How far its members are to trust each other.")
    description: str = strawberry.field(default="", description="What it is for.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="What of a group is to change. What is left out or null stays.")
class ChangeTrustGroupInput:
    group_id: strawberry.ID = strawberry.field(description=_ID)
    name: str | None = strawberry.field(default=None, description="What it is called.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    level: TrustLevelName | None = strawberry.field(
        default=None,
        description="How far its members are to trust each other. A lower level holds at once; a higher one when every "
        "member has agreed to it by `joinTrustGroup`.",
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Who is asked to join.")
class InviteToTrustGroupInput:
    group_id: strawberry.ID = strawberry.field(description=_ID)
    organization_id: strawberry.ID = strawberry.field(description="The id of the organisation.")
    role: GroupRole = strawberry.field(default=GroupRole.MEMBER, description="What it may do in the group.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Which group to join.")
class JoinTrustGroupInput:
    group_id: strawberry.ID = strawberry.field(description=_ID)
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Which group to leave.")
class LeaveTrustGroupInput:
    group_id: strawberry.ID = strawberry.field(description=_ID)
    organization_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whom to remove from it, for its administrators; left out: the own organisation."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Which member gets which role.")
class ChangeTrustMemberInput:
    group_id: strawberry.ID = strawberry.field(description=_ID)
    organization_id: strawberry.ID = strawberry.field(description="The id of the member.")
    role: GroupRole = strawberry.field(description="What it may do in the group.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.type(description="How making a group ended.")
class CreateTrustGroupPayload:
    group: TrustGroup | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How changing a group ended.")
class ChangeTrustGroupPayload:
    group: TrustGroup | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How asking to join ended.")
class InviteToTrustGroupPayload:
    group: TrustGroup | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How joining ended.")
class JoinTrustGroupPayload:
    group: TrustGroup | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How leaving ended.")
class LeaveTrustGroupPayload:
    group: TrustGroup | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How changing a member ended.")
class ChangeTrustMemberPayload:
    group: TrustGroup | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


P = TypeVar("P")


async def _kept(
    info: Info,
    payload: Callable[..., P],
    mutation: str,
    asked: Any,
    act: Callable[..., Awaitable[str]],
    **values: Any,
) -> P:
    """The payload of a mutation that answers with the group it is about."""
    if getattr(asked, "group_id", None) is not None:
        values["group_id"] = key_within("TrustGroup", asked.group_id)
    if getattr(asked, "organization_id", None) is not None:
        values["organization_id"] = key_within("Organization", asked.organization_id)
    done = await attempt(
        info.context.operation,
        lambda op: act(op, **values),
        mutation=mutation,
        asked=asked,
        key=asked.client_mutation_key,
    )
    group = planned(info, TrustGroup, done.result) if done.result else None
    return payload(group=group, user_errors=done.user_errors)


@strawberry.type(description="Groups of organisations that trust each other alike.")
class TrustGroupMutations:
    @strawberry.mutation(
        description="Makes a group whose members see what each other share, up to a level. For publishers.",
        metadata=acts(Action.TRUST_GROUP_CREATE),
    )
    async def create_trust_group(
        self, info: Info, input: Annotated[CreateTrustGroupInput, strawberry.argument(description="The new group.")]
    ) -> CreateTrustGroupPayload | None:
        return await _kept(
            info,
            CreateTrustGroupPayload,
            "createTrustGroup",
            input,
            trust_groups.create_trust_group,
            name=input.name,
            level=input.level,
            description=input.description,
        )

    @strawberry.mutation(
        description="Changes a group. For publishers of an organisation that is its administrator.",
        metadata=acts(Action.TRUST_GROUP_CHANGE),
    )
    async def change_trust_group(
        self, info: Info, input: Annotated[ChangeTrustGroupInput, strawberry.argument(description="What is to change.")]
    ) -> ChangeTrustGroupPayload | None:
        return await _kept(
            info,
            ChangeTrustGroupPayload,
            "changeTrustGroup",
            input,
            trust_groups.change_trust_group,
            name=input.name,
            description=input.description,
            level=input.level,
        )

    @strawberry.mutation(
        description="Asks an organisation to join a group. For publishers of an organisation that is its "
        "administrator, or its moderator.",
        metadata=acts(Action.TRUST_GROUP_INVITE),
    )
    async def invite_to_trust_group(
        self, info: Info, input: Annotated[InviteToTrustGroupInput, strawberry.argument(description="Whom.")]
    ) -> InviteToTrustGroupPayload | None:
        return await _kept(
            info,
            InviteToTrustGroupPayload,
            "inviteToTrustGroup",
            input,
            trust_groups.invite_to_trust_group,
            role=input.role,
        )

    @strawberry.mutation(
        description="Joins a group that asked for it, at the level the group asks for; a member agrees by it to a "
        "level that was raised. For publishers.",
        metadata=acts(Action.TRUST_GROUP_JOIN),
    )
    async def join_trust_group(
        self, info: Info, input: Annotated[JoinTrustGroupInput, strawberry.argument(description="Which.")]
    ) -> JoinTrustGroupPayload | None:
        return await _kept(info, JoinTrustGroupPayload, "joinTrustGroup", input, trust_groups.join_trust_group)

    @strawberry.mutation(
        description="Leaves a group, declines to join it, or removes another from it. It acts at once. For publishers.",
        metadata=acts(Action.TRUST_GROUP_LEAVE),
    )
    async def leave_trust_group(
        self, info: Info, input: Annotated[LeaveTrustGroupInput, strawberry.argument(description="Which, and who.")]
    ) -> LeaveTrustGroupPayload | None:
        return await _kept(info, LeaveTrustGroupPayload, "leaveTrustGroup", input, trust_groups.leave_trust_group)

    @strawberry.mutation(
        description="Gives a member of a group another role. For publishers of an organisation that is its "
        "administrator.",
        metadata=acts(Action.TRUST_GROUP_CHANGE),
    )
    async def change_trust_member(
        self, info: Info, input: Annotated[ChangeTrustMemberInput, strawberry.argument(description="Whom, and what.")]
    ) -> ChangeTrustMemberPayload | None:
        return await _kept(
            info,
            ChangeTrustMemberPayload,
            "changeTrustMember",
            input,
            trust_groups.change_trust_member,
            role=input.role,
        )
