"""/api/auth/*: the CRISP contract, section 1.1."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from foundation.errors import InvalidInput
from resolvers import sign_in
from resolvers.sign_in import SignedIn
from rest_compat.crisp.envelope import flat
from web.bodies import SIGN_IN_BYTES, json_object
from web.gate import Gated, operation, public
from web.identify import Identify

Handler = Callable[[Request], Awaitable[Response]]


@public("Nobody has a token before signing in.")
async def login(request: Request) -> Response:
    """`username` (a name or an address) and `password`; both tokens and the person behind them."""
    body = await json_object(request, max_bytes=SIGN_IN_BYTES)
    _check_kinds(body, remember_device=bool, totp_code=str)
    signed_in = await sign_in.login(
        operation(request),
        name_or_email=_required(body, "username"),
        password=_required(body, "password"),
        user_agent=request.headers.get("user-agent", ""),
    )
    return flat({"tokens": _tokens(signed_in), "user": _user(signed_in)})


@public("The access token has expired by then: the refresh token in the body decides (CONTRACTS row 4).")
async def refresh(request: Request) -> Response:
    """`refresh_token`; a new pair, at both places where clients look for it (CONTRACTS row 5)."""
    body = await json_object(request, max_bytes=SIGN_IN_BYTES)
    signed_in = await sign_in.refresh(operation(request), refresh_token=_required(body, "refresh_token"))
    return flat({"tokens": _tokens(signed_in), "data": {"tokens": _tokens(signed_in)}})


async def logout(request: Request) -> Response:
    """Ends the session of the access token. A body is not read."""
    await sign_in.logout(operation(request))
    return flat({"message": "Signed out.", "data": {}})


ENDPOINTS: dict[str, Handler] = {"login": login, "refresh": refresh, "logout": logout}
PREFIXES = ("/api/auth", "/api/v1/auth")  # the second as CONTRACTS row 11 decides


def routes(identify: Identify) -> list[BaseRoute]:
    """Every path in both forms, with and without the slash: a redirect would send passwords to a forged Host."""
    return [
        Gated(f"{prefix}/{name}{slash}", endpoint, identify=identify, methods=["POST"])
        for prefix in PREFIXES
        for name, endpoint in ENDPOINTS.items()
        for slash in ("/", "")
    ]


def _required(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{name} is needed, as text.", field=name)
    return value


def _check_kinds(body: dict[str, Any], **kinds: type) -> None:
    """Members that may be left out or null, but not be something else."""
    for name, kind in kinds.items():
        if not isinstance(body.get(name), kind | None):
            raise InvalidInput(f"{name} cannot be used as it is.", field=name)


def _tokens(signed_in: SignedIn) -> dict[str, str]:
    return {"access": signed_in.access_token, "refresh": signed_in.refresh_token}


def _user(signed_in: SignedIn) -> dict[str, Any]:
    user, organization, personal = signed_in.account.user, signed_in.account.organization, signed_in.personal
    return {
        "id": user.id,
        "username": user.name,
        "email": personal.email,
        "role": user.role,
        "first_name": personal.first_name,
        "last_name": personal.last_name,
        "organization": {"id": organization.id, "name": organization.name, "domain": organization.domain},
    }
