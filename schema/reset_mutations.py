"""A forgotten password."""

from datetime import datetime
from typing import Annotated

import strawberry

from resolvers import resets
from rules.access.actions import Action
from schema.marks import acts
from schema.payloads import UserError, attempt
from schema.planned import Info

PUBLIC = {"public": "Who forgot the password has no token."}


@strawberry.input(description="Whose password is forgotten.")
class RequestPasswordResetInput:
    email: str = strawberry.field(description="The mail address of the account.")


@strawberry.type(description="How asking ended.")
class RequestPasswordResetPayload:
    accepted: bool = strawberry.field(description="True also for an address that nobody has.")
    user_errors: list[UserError] = strawberry.field(description="Why it was not looked at; empty when it was.")


@strawberry.input(description="The token of a link.")
class CheckPasswordResetTokenInput:
    token: str = strawberry.field(description="What stands behind `#token=` in the link.")


@strawberry.type(description="How looking at a token ended.")
class CheckPasswordResetTokenPayload:
    expires_at: datetime | None = strawberry.field(description="Until when the token is good; null when it is not.")
    user_errors: list[UserError] = strawberry.field(description="INVALID_RESET_TOKEN for a token that is not good.")


@strawberry.input(description="The token of a link, and the password to set.")
class ResetPasswordInput:
    token: str = strawberry.field(description="What stands behind `#token=` in the link. It works once.")
    new_password: str = strawberry.field(description="8 to 128 characters, taken exactly as given.")
    new_password_confirm: str = strawberry.field(description="The same once more.")


@strawberry.type(description="How setting a new password ended.")
class ResetPasswordPayload:
    done: bool = strawberry.field(description="Whether the password was set. Nobody is signed in by it.")
    user_errors: list[UserError] = strawberry.field(
        description="INVALID_RESET_TOKEN for a token that is not good; WEAK_PASSWORD, which leaves it good."
    )


@strawberry.type(description="A forgotten password.")
class ResetMutations:
    @strawberry.mutation(
        description="Sends a link by which the person chooses a new password. The answer is the same for an address "
        "that nobody has, and where no mail server is set.",
        metadata=PUBLIC | acts(Action.PASSWORD_FORGET),
    )
    async def request_password_reset(
        self, info: Info, input: Annotated[RequestPasswordResetInput, strawberry.argument(description="Whose.")]
    ) -> RequestPasswordResetPayload | None:
        done = await attempt(info.context.operation, lambda op: resets.request_reset(op, email=input.email))
        return RequestPasswordResetPayload(accepted=not done.user_errors, user_errors=done.user_errors)

    @strawberry.mutation(
        description="Tells whether the token of a link is still good, without using it.",
        metadata=PUBLIC | acts(Action.PASSWORD_RESET),
    )
    async def check_password_reset_token(
        self, info: Info, input: Annotated[CheckPasswordResetTokenInput, strawberry.argument(description="The token.")]
    ) -> CheckPasswordResetTokenPayload | None:
        done = await attempt(info.context.operation, lambda op: resets.check_token(op, token=input.token))
        return CheckPasswordResetTokenPayload(expires_at=done.result, user_errors=done.user_errors)

    @strawberry.mutation(
        description="Sets a new password by the token of a link, once. Every session ends; a second factor stays.",
        metadata=PUBLIC | acts(Action.PASSWORD_RESET),
    )
    async def reset_password(
        self, info: Info, input: Annotated[ResetPasswordInput, strawberry.argument(description="What to set.")]
    ) -> ResetPasswordPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: resets.reset_password(
                op, token=input.token, new=input.new_password, confirm=input.new_password_confirm
            ),
        )
        return ResetPasswordPayload(done=not done.user_errors, user_errors=done.user_errors)
