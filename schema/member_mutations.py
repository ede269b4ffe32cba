"""The people of an organisation, kept by its administrators."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import strawberry

from resolvers import members
from rules.access.actions import Action
from rules.access.viewer import Role
from schema.marks import acts
from schema.naming import key_within
from schema.payloads import KEY_SAYS, UserError, attempt
from schema.people import User
from schema.planned import Info, planned

_USER = "The user as it stands now; null when nothing was done."
_ERRORS = "Why nothing was done; empty when it was."


@strawberry.input(description="Who is to have an account in the own organisation.")
class CreateUserInput:
    username: str = strawberry.field(description="The name to sign in by.")
    email: str | None = strawberry.field(default=None, description="The mail address, to sign in by as well.")
    role: Role = strawberry.field(default=Role.VIEWER, description="What the user may do.")
    first_name: str = strawberry.field(default="", description="The first name, or nothing.")
    last_name: str = strawberry.field(default="", description="The last name, or nothing.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="What of a user is to change. What is left out or null stays.")
class UpdateUserInput:
    user_id: strawberry.ID = strawberry.field(description="The id of the user.")
    role: Role | None = strawberry.field(default=None, description="What the user may do.")
    email: str | None = strawberry.field(default=None, description="The mail address.")
    first_name: str | None = strawberry.field(default=None, description="The first name; empty for none.")
    last_name: str | None = strawberry.field(default=None, description="The last name; empty for none.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Who is to be put out.")
class DeactivateUserInput:
    user_id: strawberry.ID = strawberry.field(description="The id of the user.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Who is to be let in again.")
class ReactivateUserInput:
    user_id: strawberry.ID = strawberry.field(description="The id of the user.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="The answer to who asked to join.")
class AnswerMembershipInput:
    user_id: strawberry.ID = strawberry.field(description="The id of the user, who is pending.")
    accept: bool = strawberry.field(
        description="True: the user may sign in, with the role that was asked for. False: the request is taken away, "
        "and its name is free again."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.type(description="How making a user ended.")
class CreateUserPayload:
    user: User | None = strawberry.field(description="The new user; null when none was made.")
    one_time_password: str | None = strawberry.field(
        description="What the user signs in by, this once, to choose a password: we keep only its hash. Null when the "
        "mutation is repeated."
    )
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How changing a user ended.")
class UpdateUserPayload:
    user: User | None = strawberry.field(description=_USER)
    user_errors: list[UserError] = strawberry.field(
        description="LAST_ADMIN where the organisation would be left without an administrator; USER_NOT_FOUND; others."
    )


@strawberry.type(description="How putting a user out ended.")
class DeactivateUserPayload:
    user: User | None = strawberry.field(description=_USER)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How letting a user in again ended.")
class ReactivateUserPayload:
    user: User | None = strawberry.field(description=_USER)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How answering ended.")
class AnswerMembershipPayload:
    user: User | None = strawberry.field(description="The user who was accepted; null when the request was taken away.")
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
    """The payload of a mutation that answers with the user it is about."""
    done = await attempt(
        info.context.operation,
        lambda op: act(op, user_id=key_within("User", asked.user_id), **values),
        mutation=mutation,
        asked=asked,
        key=asked.client_mutation_key,
    )
    return payload(user=planned(info, User, done.result) if done.result else None, user_errors=done.user_errors)


@strawberry.type(description="The people of an organisation, kept by its administrators.")
class MemberMutations:
    @strawberry.mutation(
        description="Makes a person of the own organisation, with a one-time password. For administrators.",
        metadata=acts(Action.USER_CREATE),
    )
    async def create_user(
        self, info: Info, input: Annotated[CreateUserInput, strawberry.argument(description="The new user.")]
    ) -> CreateUserPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: members.create_member(
                op,
                name=input.username,
                email=input.email,
                role=input.role,
                first_name=input.first_name,
                last_name=input.last_name,
            ),
            mutation="createUser",
            asked=input,
            key=input.client_mutation_key,
        )
        made = members.as_new_member(done.result) if done.result is not None else None
        return CreateUserPayload(
            user=planned(info, User, made.user_id) if made else None,
            one_time_password=made.one_time_password if made else None,
            user_errors=done.user_errors,
        )

    @strawberry.mutation(
        description="Changes a person of the own organisation. Another role acts at once. For administrators; who "
        "looks after the whole installation may change anybody.",
        metadata=acts(Action.USER_UPDATE),
    )
    async def update_user(
        self, info: Info, input: Annotated[UpdateUserInput, strawberry.argument(description="What is to change.")]
    ) -> UpdateUserPayload | None:
        return await _kept(
            info,
            UpdateUserPayload,
            "updateUser",
            input,
            members.update_member,
            role=input.role,
            email=input.email,
            first_name=input.first_name,
            last_name=input.last_name,
        )

    @strawberry.mutation(
        description="Puts a person or a service of the own organisation out: sessions end, keys stop to work, streams "
        "close. For administrators; twice is no error.",
        metadata=acts(Action.USER_DEACTIVATE),
    )
    async def deactivate_user(
        self, info: Info, input: Annotated[DeactivateUserInput, strawberry.argument(description="Who.")]
    ) -> DeactivateUserPayload | None:
        return await _kept(
            info,
            DeactivateUserPayload,
            "deactivateUser",
            input,
            members.deactivate_member,
        )

    @strawberry.mutation(
        description="Lets a person or a service of the own organisation in again. For administrators; twice is "
        "no error.",
        metadata=acts(Action.USER_REACTIVATE),
    )
    async def reactivate_user(
        self, info: Info, input: Annotated[ReactivateUserInput, strawberry.argument(description="Who.")]
    ) -> ReactivateUserPayload | None:
        return await _kept(
            info,
            ReactivateUserPayload,
            "reactivateUser",
            input,
            members.reactivate_member,
        )

    @strawberry.mutation(
        description="Answers somebody who asked to join the own organisation: `organization { users(filter: "
        "{isPending: true}) }`. For administrators.",
        metadata=acts(Action.MEMBERSHIP_ANSWER),
    )
    async def answer_membership(
        self, info: Info, input: Annotated[AnswerMembershipInput, strawberry.argument(description="Whom, and what.")]
    ) -> AnswerMembershipPayload | None:
        return await _kept(
            info,
            AnswerMembershipPayload,
            "answerMembership",
            input,
            members.answer_membership,
            accept=input.accept,
        )
