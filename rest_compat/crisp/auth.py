"""/api/auth/*: the CRISP contract, section 1.1."""

from starlette.requests import Request
from starlette.responses import Response

from foundation.errors import Unauthenticated
from resolvers import sign_in
from resolvers.attempts import InvalidCredentials
from resolvers.second_factor import Given
from resolvers.sign_in import AccountDisabled, SignedIn
from rest_compat.crisp import account
from rest_compat.crisp.envelope import flat, flat_shape
from rest_compat.crisp.people import USER, user_of
from rest_compat.endpoints import Contract, Endpoint, body
from rest_compat.shapes import FLAG, TEXT, maybe, record, text
from rules.access.actions import Action
from rules.access.lockout import SignInLimited
from rules.access.totp import TotpInvalid, TotpRequired
from web.bodies import SIGN_IN_BYTES
from web.gate import operation, public

NEEDED = text(least=1)
TOKENS = record("Tokens", access=TEXT, refresh=TEXT)


@public("Nobody has a token before signing in.")
async def login(request: Request) -> Response:
    """Signs a person in.

    `username` is a name or an address. Answers with both tokens and the person behind them. An account with a second
    factor wants `totp_code` too (of the authenticator, or a recovery code): without one the answer is 401 with
    `totp_required`. With a right one `remember_device` gets a `device_token`, which stands for the code for 30 days.
    """
    asked = await body(request)
    signed_in = await sign_in.login(
        operation(request),
        name_or_email=asked["username"],
        password=asked["password"],
        given=Given(asked.get("totp_code"), asked.get("device_token"), bool(asked.get("remember_device"))),
    )
    device = {"device_token": signed_in.device_token} if signed_in.device_token else {}
    return flat({"tokens": _tokens(signed_in), "user": user_of(signed_in.account, signed_in.personal), **device})


@public("The access token has expired by then: the refresh token in the body decides (CONTRACTS row 4).")
async def refresh(request: Request) -> Response:
    """Gives a new pair of tokens for a refresh token.

    It works once. The new pair stands at both places where clients look for it (CONTRACTS row 5).
    """
    asked = await body(request)
    signed_in = await sign_in.refresh(operation(request), refresh_token=asked["refresh_token"])
    return flat({"tokens": _tokens(signed_in), "data": {"tokens": _tokens(signed_in)}})


async def logout(request: Request) -> Response:
    """Ends the session of the access token.

    A body is not read.
    """
    await sign_in.logout(operation(request))
    return flat({"message": "Signed out.", "data": {}})


CONTRACT = Contract(
    name="Authentication",
    says="Signing in and out, registering, the password, sessions. Answers lie flat beside `success`; so do refusals, "
    "with `message` and `code`.",
    prefixes=("/api/auth", "/api/v1/auth"),  # the second as CONTRACTS row 11 decides
    endpoints=(
        Endpoint(
            "POST",
            "login",
            login,
            Action.SIGN_IN,
            answers={200: flat_shape(tokens=TOKENS, user=USER, optional={"device_token": TEXT})},
            takes=record(
                username=NEEDED,
                password=NEEDED,
                optional={"remember_device": maybe(FLAG), "totp_code": maybe(TEXT), "device_token": maybe(TEXT)},
            ),
            refuses=(InvalidCredentials, TotpInvalid, TotpRequired, AccountDisabled, SignInLimited),
            max_bytes=SIGN_IN_BYTES,
        ),
        Endpoint(
            "POST",
            "refresh",
            refresh,
            Action.SESSION_REFRESH,
            answers={200: flat_shape(tokens=TOKENS, data=record(tokens=TOKENS))},
            takes=record(refresh_token=NEEDED),
            refuses=(Unauthenticated,),
            max_bytes=SIGN_IN_BYTES,
        ),
        Endpoint(
            "POST",
            "logout",
            logout,
            Action.SESSION_END,
            answers={200: flat_shape(message=TEXT, data=record())},
        ),
        *account.ENDPOINTS,
    ),
)


def _tokens(signed_in: SignedIn) -> dict[str, str]:
    return {"access": signed_in.access_token, "refresh": signed_in.refresh_token}
