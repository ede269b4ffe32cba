"""Signing in and out, and the keys of agents."""

from datetime import datetime
from typing import Annotated

import strawberry

from foundation.ids import from_global, to_global
from resolvers import api_keys, sign_in
from resolvers.api_keys import ApiKeyNotFound
from resolvers.second_factor import Given
from resolvers.sign_in import SignedIn
from rules.access.actions import Action, Scope
from rules.access.viewer import Role
from schema.marks import acts
from schema.naming import key_within
from schema.payloads import KEY_SAYS, UserError, attempt
from schema.people import ApiKey
from schema.planned import Info, planned

PUBLIC = {"public": "Nobody has a token before signing in."}
"""The mark of root fields that need no identity; a test refuses any other that answers anonymous callers."""


@strawberry.input(description="Who wants to sign in.")
class LoginInput:
    username: str = strawberry.field(description="The user's name or mail address, in any case of the letters.")
    password: str = strawberry.field(description="The password, exactly as it was chosen.")
    totp_code: str | None = strawberry.field(
        default=None,
        description="For accounts with a second factor: the six digits of the authenticator, or a recovery code.",
    )
    device_token: str | None = strawberry.field(
        default=None, description="What `deviceToken` gave at an earlier sign-in: it stands for the code."
    )
    remember_device: bool | None = strawberry.field(
        default=None, description="True, with a right code: the answer has a `deviceToken`, good for 30 days."
    )


@strawberry.input(description="What stands for the session to go on with.")
class RefreshTokensInput:
    refresh_token: str = strawberry.field(description="The latest refresh token. It works once.")


@strawberry.type(description="What a signed-in client holds. Send the access token as `Authorization: Bearer`.")
class Tokens:
    access: str = strawberry.field(description="Opens every door, for 15 minutes.")
    access_expires_at: datetime = strawberry.field(description="When the access token stops to work.")
    refresh: str = strawberry.field(
        description="Gets the next pair of tokens, once. Used a second time it ends the whole session."
    )
    refresh_expires_at: datetime = strawberry.field(description="When the session ends, however often it is refreshed.")


@strawberry.type(description="The organisation of who signed in. `viewer.organization` has the rest.")
class SignedInOrganization:
    id: strawberry.ID = strawberry.field(description="Opaque and lasting.")
    name: str = strawberry.field(description="What it is called.")


@strawberry.type(description="Who signed in. `viewer` has the rest, once the access token is sent.")
class SignedInUser:
    id: strawberry.ID = strawberry.field(description="Opaque and lasting.")
    name: str = strawberry.field(description="What the user is called, and signs in by.")
    email: str | None = strawberry.field(description="The mail address, where there is one.")
    role: Role = strawberry.field(description="What the user may do in the own organisation.")
    must_change_password: bool = strawberry.field(description="Whether the password was for one time only.")
    organization: SignedInOrganization = strawberry.field(description="Where the user belongs.")


@strawberry.type(description="How signing in ended.")
class LoginPayload:
    tokens: Tokens | None = strawberry.field(description="The tokens of the new session; null when it was refused.")
    user: SignedInUser | None = strawberry.field(description="Who signed in; null when it was refused.")
    device_token: str | None = strawberry.field(
        description="Stands for the code at the next sign-ins; shown this once, and only where it was asked for."
    )
    user_errors: list[UserError] = strawberry.field(
        description="INVALID_CREDENTIALS for a wrong name or password; after right ones ACCOUNT_DISABLED, "
        "TOTP_REQUIRED where a code is needed, TOTP_INVALID for one that is wrong or was used before."
    )


@strawberry.type(description="How refreshing ended.")
class RefreshTokensPayload:
    tokens: Tokens | None = strawberry.field(description="The next pair of tokens.")
    user_errors: list[UserError] = strawberry.field(description="Empty: a token that is no good is told in `errors`.")


@strawberry.type(description="How signing out ended.")
class LogoutPayload:
    signed_out: bool = strawberry.field(description="Whether the session is over.")
    user_errors: list[UserError] = strawberry.field(description="Empty: signing out twice is no error.")


@strawberry.input(description="The key that is wanted.")
class CreateApiKeyInput:
    name: str = strawberry.field(
        description="What it is for: the service that acts by it bears this name, which is no person's. 1 to 100 "
        "characters. Keys of one name belong to one service: to replace a key, make the next one under its name, then "
        "revoke it."
    )
    scopes: list[Scope] = strawberry.field(description="What it may do: one or more.")
    expires_in_days: int | None = strawberry.field(default=None, description="1 to 365; 90 when left out.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="The key that is to be replaced.")
class RotateApiKeyInput:
    id: strawberry.ID = strawberry.field(description="The id of the key.")
    overlap_hours: int | None = strawberry.field(
        default=None,
        description="How long the old key goes on beside the new one: 0 to 168 hours; 24 when left out.",
    )
    expires_in_days: int | None = strawberry.field(default=None, description="1 to 365; 90 when left out.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="The key that is to end.")
class RevokeApiKeyInput:
    id: strawberry.ID = strawberry.field(description="The id of the key.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.type(description="How making a key ended.")
class CreateApiKeyPayload:
    api_key: ApiKey | None = strawberry.field(description="The new key, as it is listed.")
    secret: str | None = strawberry.field(
        description="The key itself (`cg_...`), this once: we keep only its digest. Null when the mutation is repeated."
    )
    user_errors: list[UserError] = strawberry.field(description="Why no key was made; empty when it was.")


@strawberry.type(description="How replacing a key ended.")
class RotateApiKeyPayload:
    api_key: ApiKey | None = strawberry.field(description="The new key, as it is listed.")
    secret: str | None = strawberry.field(
        description="The new key itself (`cg_...`), this once. Null when the mutation is repeated."
    )
    user_errors: list[UserError] = strawberry.field(description="Why no key was made; empty when it was.")


@strawberry.type(description="How revoking a key ended.")
class RevokeApiKeyPayload:
    api_key: ApiKey | None = strawberry.field(description="The key, revoked now or before.")
    user_errors: list[UserError] = strawberry.field(description="Why no key was revoked; empty when it was.")


@strawberry.type(description="Signing in and out, and the keys of agents.")
class SignInMutations:
    @strawberry.mutation(
        description="Signs in. After five wrong passwords or codes in 15 minutes the name is locked for 15, "
        "told in `errors` as RATE_LIMITED with `retryAfterS`, whether or not somebody has it.",
        metadata=PUBLIC | acts(Action.SIGN_IN),
    )
    async def login(
        self, info: Info, input: Annotated[LoginInput, strawberry.argument(description="Who signs in.")]
    ) -> LoginPayload | None:
        op = info.context.operation
        given = Given(input.totp_code, input.device_token, bool(input.remember_device))
        done = await attempt(
            op,
            lambda op: sign_in.login(op, name_or_email=input.username, password=input.password, given=given),
        )
        signed_in = done.result
        return LoginPayload(
            tokens=_tokens(signed_in) if signed_in else None,
            user=_user(signed_in) if signed_in else None,
            device_token=signed_in.device_token if signed_in else None,
            user_errors=done.user_errors,
        )

    @strawberry.mutation(
        description="The next pair of tokens for a refresh token. Send no expired access token along.",
        metadata=PUBLIC | acts(Action.SESSION_REFRESH),
    )
    async def refresh_tokens(
        self,
        info: Info,
        input: Annotated[RefreshTokensInput, strawberry.argument(description="The session to go on with.")],
    ) -> RefreshTokensPayload | None:
        signed_in = await sign_in.refresh(info.context.operation, refresh_token=input.refresh_token)
        return RefreshTokensPayload(tokens=_tokens(signed_in), user_errors=[])

    @strawberry.mutation(
        description="Ends the session of the access token, with its tokens and its open streams.",
        metadata=acts(Action.SESSION_END),
    )
    async def logout(self, info: Info) -> LogoutPayload | None:
        await sign_in.logout(info.context.operation)
        return LogoutPayload(signed_out=True, user_errors=[])

    @strawberry.mutation(
        description="Makes an API key for an agent of the own organisation. For administrators.",
        metadata=acts(Action.API_KEY_CREATE),
    )
    async def create_api_key(
        self, info: Info, input: Annotated[CreateApiKeyInput, strawberry.argument(description="The new key.")]
    ) -> CreateApiKeyPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: api_keys.create_api_key(
                op, name=input.name, scopes=input.scopes, expires_in_days=input.expires_in_days
            ),
            mutation="createApiKey",
            asked=input,
            key=input.client_mutation_key,
        )
        made = api_keys.as_new_key(done.result) if done.result is not None else None
        return CreateApiKeyPayload(
            api_key=planned(info, ApiKey, made.key_id) if made else None,
            secret=made.secret if made else None,
            user_errors=done.user_errors,
        )

    @strawberry.mutation(
        description="Makes a new key for the service of another one, with the same scopes; the old one goes on for a "
        "while, so that no agent stands still. For administrators.",
        metadata=acts(Action.API_KEY_ROTATE),
    )
    async def rotate_api_key(
        self, info: Info, input: Annotated[RotateApiKeyInput, strawberry.argument(description="The key to replace.")]
    ) -> RotateApiKeyPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: api_keys.rotate_api_key(
                op,
                key_id=key_within("ApiKey", input.id),
                overlap_hours=input.overlap_hours,
                expires_in_days=input.expires_in_days,
            ),
            mutation="rotateApiKey",
            asked=input,
            key=input.client_mutation_key,
        )
        made = api_keys.as_new_key(done.result) if done.result is not None else None
        return RotateApiKeyPayload(
            api_key=planned(info, ApiKey, made.key_id) if made else None,
            secret=made.secret if made else None,
            user_errors=done.user_errors,
        )

    @strawberry.mutation(
        description="Ends an API key at once. For the administrators of its organisation; twice is no error.",
        metadata=acts(Action.API_KEY_REVOKE),
    )
    async def revoke_api_key(
        self, info: Info, input: Annotated[RevokeApiKeyInput, strawberry.argument(description="The key to end.")]
    ) -> RevokeApiKeyPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: api_keys.revoke_api_key(op, key_id=_key_id(input.id)),
            mutation="revokeApiKey",
            asked=input,
            key=input.client_mutation_key,
        )
        return RevokeApiKeyPayload(
            api_key=planned(info, ApiKey, done.result) if done.result else None, user_errors=done.user_errors
        )


def _key_id(text: str) -> str:
    named = from_global(text)
    if named is None or named[0] != "ApiKey":
        raise ApiKeyNotFound(field="id")
    return named[1]


def _tokens(signed_in: SignedIn) -> Tokens:
    return Tokens(
        access=signed_in.access_token,
        access_expires_at=signed_in.access_expires_at,
        refresh=signed_in.refresh_token,
        refresh_expires_at=signed_in.refresh_expires_at,
    )


def _user(signed_in: SignedIn) -> SignedInUser:
    user, organization = signed_in.account.user, signed_in.account.organization
    return SignedInUser(
        id=strawberry.ID(to_global("User", user.id)),
        name=user.name,
        email=signed_in.personal.email,
        role=Role(user.role),
        must_change_password=user.must_change_password,
        organization=SignedInOrganization(
            id=strawberry.ID(to_global("Organization", organization.id)), name=organization.name
        ),
    )
