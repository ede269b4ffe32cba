"""/api/auth/*: one's own account. The CRISP contract, section 1.1; what it leaves open is CONTRACTS rows 5 and 7."""

from math import ceil

from starlette.requests import Request
from starlette.responses import Response

from foundation import times
from foundation.errors import InvalidInput
from resolvers import passwords, registration, resets, sessions
from resolvers.attempts import InvalidCredentials
from resolvers.dashboard import dashboard
from resolvers.people import NameTaken
from resolvers.personal import personal_of
from resolvers.registration import TO_CHOOSE, RegistrationClosed
from resolvers.resets import InvalidResetToken
from resolvers.sessions import SessionNotFound, own_account
from rest_compat.crisp.envelope import flat, flat_shape
from rest_compat.crisp.people import ORGANIZATION, USER, registered, user_of
from rest_compat.endpoints import Endpoint, body
from rest_compat.shapes import ANYTHING, FLAG, ID, TEXT, TIME, WHOLE, listed, maybe, one_of, record, text
from rules.access.actions import Action
from rules.access.budgets import BudgetSpent
from rules.access.lockout import SignInLimited
from rules.access.passwords import WeakPassword
from rules.investigation.words import InvestigationStatus
from web.bodies import SIGN_IN_BYTES
from web.gate import operation, public

NEEDED = text(least=1)
SESSION = record("Session", id=ID, created_at=TIME, last_used_at=TIME, user_agent=TEXT, current=FLAG)


@public("Who registers has no account yet.")
async def register(request: Request) -> Response:
    """Registers a person.

    An organisation that is new here is made, unverified, and the account can be used at once; one that is known has to
    agree first. The answer is the same for both.
    """
    asked = await body(request)
    told = await registration.register(
        operation(request),
        name=asked["username"],
        password=asked["password"],
        password_confirm=asked["password_confirm"],
        email=asked["email"],
        organization=asked["organization"],
        role=asked.get("role") or TO_CHOOSE[0],
        first_name=asked.get("first_name") or "",
        last_name=asked.get("last_name") or "",
    )
    message = "Registered. Where the organisation was known already, it has to agree before you can sign in."
    return flat({"message": message, "user": registered(told)}, status=201)


async def verify(request: Request) -> Response:
    """Tells whose the token is, and until when it is good."""
    op = operation(request)
    account = await own_account(op)
    user = user_of(account, personal_of(op, account.user))
    ends = times.to_text(op.viewer.expires_at) if op.viewer.expires_at else None
    return flat({"user": user, "data": {"user": user, "expires_at": ends}})


async def list_sessions(request: Request) -> Response:
    """Lists where the person is signed in, the latest first."""
    op = operation(request)
    shown = [
        {
            "id": session.id,
            "created_at": times.to_text(session.created_at),
            "last_used_at": times.to_text(session.last_used_at),
            "user_agent": session.user_agent,
            "current": session.id == op.viewer.session_id,
        }
        for session in await sessions.own_sessions(op)
    ]
    return flat({"data": {"sessions": shown}})


async def revoke_session(request: Request) -> Response:
    """Ends one of the person's own sessions.

    Twice is no error.
    """
    asked = await body(request)
    await sessions.revoke_session(operation(request), session_id=asked["session_id"])
    return flat({"message": "The session has ended.", "data": {}})


async def change_password(request: Request) -> Response:
    """Changes the person's own password.

    Every other session ends. A wrong current password counts as a wrong one at signing in.
    """
    asked = await body(request)
    await passwords.change_password(
        operation(request),
        current=asked["current_password"],
        new=asked["new_password"],
        confirm=asked["new_password_confirm"],
    )
    return flat({"message": "The password was changed. Every other session has ended.", "data": {}})


@public("Who forgot the password has no token.")
async def forgot_password(request: Request) -> Response:
    """Sends a link by which the person chooses a new password.

    The answer is the same for an address that nobody has, and where no mail server is set.
    """
    asked = await body(request)
    await resets.request_reset(operation(request), email=asked["email"])
    return flat({"message": "If the address belongs to an account, a letter is on its way to it.", "data": {}})


@public("Who forgot the password has no token.")
async def validate_reset_token(request: Request) -> Response:
    """Tells whether the token of such a link is still good, without using it."""
    asked = await body(request)
    ends = times.to_text(await resets.check_token(operation(request), token=asked["token"]))
    return flat({"message": "The link is good.", "data": {"valid": True, "expires_at": ends}})


@public("Who forgot the password has no token.")
async def reset_password(request: Request) -> Response:
    """Sets a new password by the token of such a link, once.

    Every session ends, and none is begun: sign in with the new password, and the second factor where there is one.
    """
    asked = await body(request)
    await resets.reset_password(
        operation(request),
        token=asked["token"],
        new=asked["new_password"],
        confirm=asked["new_password_confirm"],
    )
    return flat({"message": "The password was set. Sign in with it.", "data": {}})


async def show_dashboard(request: Request) -> Response:
    """Tells who asks, how many cases are in each status, and what is left of the requests of this minute.

    `alerts` are the newest ones for the person; none are written yet.
    """
    found = await dashboard(operation(request))
    user, rate = user_of(found.account, found.personal), found.rate
    left = (
        {"limit": rate.limit, "remaining": rate.remaining, "reset": ceil(rate.resets_at.timestamp())} if rate else None
    )
    data = {
        "user": user,
        "organization": user["organization"],
        "investigations": {str(status): count for status, count in found.cases.items()},
        "alerts": [],
        "rateLimit": left,
    }
    return flat({"data": data})


MESSAGE = flat_shape(message=TEXT, data=record())

RATE = record("RateLeft", limit=WHOLE, remaining=WHOLE, reset=WHOLE)
DASHBOARD = record(
    "Dashboard",
    user=USER,
    organization=ORGANIZATION,
    investigations=record(**{str(status): WHOLE for status in InvestigationStatus}),
    alerts=listed(ANYTHING),
    rateLimit=maybe(RATE),
)

ENDPOINTS = (
    Endpoint("GET", "dashboard", show_dashboard, Action.GRAPH_READ, answers={200: flat_shape(data=DASHBOARD)}),
    Endpoint(
        "POST",
        "register",
        register,
        Action.USER_REGISTER,
        answers={201: flat_shape(message=TEXT, user=USER)},
        takes=record(
            username=NEEDED,
            password=NEEDED,
            password_confirm=NEEDED,
            email=NEEDED,
            organization=NEEDED,
            optional={"first_name": maybe(TEXT), "last_name": maybe(TEXT), "role": maybe(one_of(*TO_CHOOSE))},
        ),
        refuses=(NameTaken, WeakPassword, InvalidInput, RegistrationClosed),
        max_bytes=SIGN_IN_BYTES,
    ),
    Endpoint(
        "GET",
        "verify",
        verify,
        Action.VIEWER_READ,
        answers={200: flat_shape(user=USER, data=record(user=USER, expires_at=maybe(TIME)))},
    ),
    Endpoint(
        "GET",
        "sessions",
        list_sessions,
        Action.SESSION_READ,
        answers={200: flat_shape(data=record(sessions=listed(SESSION)))},
    ),
    Endpoint(
        "POST",
        "revoke_session",
        revoke_session,
        Action.SESSION_REVOKE,
        answers={200: MESSAGE},
        takes=record(session_id=NEEDED),
        refuses=(SessionNotFound,),
        max_bytes=SIGN_IN_BYTES,
    ),
    Endpoint(
        "POST",
        "change_password",
        change_password,
        Action.PASSWORD_CHANGE,
        answers={200: MESSAGE},
        takes=record(current_password=NEEDED, new_password=NEEDED, new_password_confirm=NEEDED),
        refuses=(InvalidCredentials, WeakPassword, InvalidInput, SignInLimited),
        max_bytes=SIGN_IN_BYTES,
    ),
    Endpoint(
        "POST",
        "forgot_password",
        forgot_password,
        Action.PASSWORD_FORGET,
        answers={200: MESSAGE},
        takes=record(email=NEEDED),
        refuses=(InvalidInput, BudgetSpent),
        max_bytes=SIGN_IN_BYTES,
    ),
    Endpoint(
        "POST",
        "validate_reset_token",
        validate_reset_token,
        Action.PASSWORD_RESET,
        answers={200: flat_shape(message=TEXT, data=record(valid=FLAG, expires_at=TIME))},
        takes=record(token=NEEDED),
        refuses=(InvalidResetToken, BudgetSpent),
        max_bytes=SIGN_IN_BYTES,
    ),
    Endpoint(
        "POST",
        "reset_password",
        reset_password,
        Action.PASSWORD_RESET,
        answers={200: MESSAGE},
        takes=record(token=NEEDED, new_password=NEEDED, new_password_confirm=NEEDED),
        refuses=(InvalidResetToken, WeakPassword, InvalidInput, BudgetSpent),
        max_bytes=SIGN_IN_BYTES,
    ),
)
