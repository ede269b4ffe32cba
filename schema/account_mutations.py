"""One's own account: registering, the password, where one is signed in."""

from typing import Annotated

import strawberry

from foundation.ids import to_global
from resolvers import passwords, registration, sessions
from resolvers.registration import Registered
from rules.access.actions import Action
from rules.access.viewer import Duty, Role
from schema.marks import acts
from schema.naming import key_within
from schema.payloads import KEY_SAYS, UserError, attempt
from schema.people import Session
from schema.planned import Info, planned
from schema.sign_in import SignedInOrganization
from schema.viewer import Viewer, myself


@strawberry.input(description="Who wants an account.")
class RegisterUserInput:
    username: str = strawberry.field(description="The name to sign in by.")
    password: str = strawberry.field(description="8 to 128 characters, taken exactly as given.")
    password_confirm: str = strawberry.field(description="The same once more.")
    email: str = strawberry.field(description="The mail address, to sign in by as well.")
    organization: str = strawberry.field(
        description="The name of the organisation. One that is new here is made, unverified; one that is known has to "
        "agree before the account can be used."
    )
    role: Role = strawberry.field(default=Role.VIEWER, description="VIEWER or PUBLISHER.")
    first_name: str = strawberry.field(default="", description="The first name, or nothing.")
    last_name: str = strawberry.field(default="", description="The last name, or nothing.")


@strawberry.type(description="Who registered, as it was sent.")
class RegisteredUser:
    id: strawberry.ID = strawberry.field(description="Opaque and lasting.")
    name: str = strawberry.field(description="What to sign in by.")
    email: str = strawberry.field(description="The mail address.")
    role: Role = strawberry.field(description="What the user may do in the organisation, once it agreed.")
    organization: SignedInOrganization = strawberry.field(description="Where the user belongs, or asked to join.")


@strawberry.type(description="How registering ended.")
class RegisterUserPayload:
    user: RegisteredUser | None = strawberry.field(description="Who registered; null when it was refused.")
    user_errors: list[UserError] = strawberry.field(
        description="NAME_TAKEN, WEAK_PASSWORD and others; REGISTRATION_CLOSED where this server takes none."
    )


@strawberry.input(description="The new password, and the one it replaces.")
class ChangePasswordInput:
    current_password: str = strawberry.field(
        description="The one in use. A wrong one counts as a wrong one at signing in."
    )
    new_password: str = strawberry.field(description="8 to 128 characters, taken exactly as given.")
    new_password_confirm: str = strawberry.field(description="The same once more.")


@strawberry.type(description="How changing the password ended.")
class ChangePasswordPayload:
    viewer: Viewer | None = strawberry.field(description="Whose password it is; null when nothing was changed.")
    user_errors: list[UserError] = strawberry.field(
        description="INVALID_CREDENTIALS for a wrong current password, WEAK_PASSWORD for a new one that is too easy."
    )


@strawberry.input(description="The session that is to end.")
class RevokeSessionInput:
    session_id: strawberry.ID = strawberry.field(description="The id of one of the own sessions.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.type(description="How ending a session ended.")
class RevokeSessionPayload:
    session: Session | None = strawberry.field(description="The session, ended now or before.")
    user_errors: list[UserError] = strawberry.field(description="Why no session was ended; empty when it was.")


@strawberry.type(description="One's own account.")
class AccountMutations:
    @strawberry.mutation(
        description="Registers a person: at once in a new, unverified organisation, or to be approved by an existing "
        "one. The answer does not tell which.",
        metadata={"public": "Who registers has no account yet."} | acts(Action.USER_REGISTER),
    )
    async def register_user(
        self, info: Info, input: Annotated[RegisterUserInput, strawberry.argument(description="Who registers.")]
    ) -> RegisterUserPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: registration.register(
                op,
                name=input.username,
                password=input.password,
                password_confirm=input.password_confirm,
                email=input.email,
                organization=input.organization,
                role=input.role,
                first_name=input.first_name,
                last_name=input.last_name,
            ),
        )
        return RegisterUserPayload(user=_registered(done.result) if done.result else None, user_errors=done.user_errors)

    @strawberry.mutation(
        description="Changes the own password, and ends every other session. Who signed in by a one-time password can "
        "do nothing else before.",
        metadata=acts(Action.PASSWORD_CHANGE),
    )
    async def change_password(
        self, info: Info, input: Annotated[ChangePasswordInput, strawberry.argument(description="The passwords.")]
    ) -> ChangePasswordPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: passwords.change_password(
                op,
                current=input.current_password,
                new=input.new_password,
                confirm=input.new_password_confirm,
            ),
        )
        return ChangePasswordPayload(
            viewer=myself(info, done=Duty.PASSWORD) if done.result else None, user_errors=done.user_errors
        )

    @strawberry.mutation(
        description="Ends one of the own sessions, its tokens and its open streams.",
        metadata=acts(Action.SESSION_REVOKE),
    )
    async def revoke_session(
        self, info: Info, input: Annotated[RevokeSessionInput, strawberry.argument(description="Which session.")]
    ) -> RevokeSessionPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: sessions.revoke_session(op, session_id=key_within("Session", input.session_id)),
            mutation="revokeSession",
            asked=input,
            key=input.client_mutation_key,
        )
        return RevokeSessionPayload(
            session=planned(info, Session, done.result) if done.result else None, user_errors=done.user_errors
        )


def _registered(told: Registered) -> RegisteredUser:
    return RegisteredUser(
        id=strawberry.ID(to_global("User", told.user_id)),
        name=told.name,
        email=told.email,
        role=told.role,
        organization=SignedInOrganization(
            id=strawberry.ID(to_global("Organization", told.organization_id)), name=told.organization_name
        ),
    )
