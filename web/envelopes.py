"""A refusal in the form of the contract its path belongs to (CONTRACTS 1, row 3).

/api/auth                                          flat      success, message, code
/api/v1/investigations, /api/v1/exports, /dev/mock Olorin    success, error, meta
/taxii, /taxii2                                    TAXII     title, error_code, http_status
/graphql                                           GraphQL   errors
everything else                                    common    error
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
from starlette.responses import Response

from foundation import telemetry, times
from foundation.clock import Clock
from foundation.errors import Refusal, Unavailable
from web.refusals import MethodNotAllowed

JSON = "application/json"
TAXII = "application/taxii+json;version=2.1"

SURPRISE = "Something went wrong."
_CAPITAL = re.compile(r"(?<=[a-z0-9])[A-Z]", re.ASCII)


class Trouble(NamedTuple):
    """What every envelope is made of."""

    status: int
    code: str
    kind: str
    message: str
    details: Mapping[str, Any]
    at: str
    request_id: str


def _flat(trouble: Trouble) -> dict[str, Any]:
    return {
        "success": False,
        "message": trouble.message,
        "code": _word(
            trouble,
            UNAUTHORIZED="AUTHENTICATION_FAILED",
            TOTP_REQUIRED="AUTHENTICATION_FAILED",
            TOTP_INVALID="AUTHENTICATION_FAILED",
            RATE_LIMIT_EXCEEDED="RATE_LIMITED",
        ),
        "timestamp": trouble.at,
        "request_id": trouble.request_id,
        # The contract's code says no more than that signing in failed; whether to ask for a code, programs must know.
        **({"totp_required": True} if trouble.code == "TOTP_REQUIRED" else {}),
    }


def _common(trouble: Trouble) -> dict[str, Any]:
    return {
        "error": {
            "code": _word(trouble, UNAUTHORIZED="AUTHENTICATION_REQUIRED", FORBIDDEN="PERMISSION_DENIED"),
            "message": trouble.message,
            "details": dict(trouble.details),
            "timestamp": trouble.at,
            "request_id": trouble.request_id,
        }
    }


def _olorin(trouble: Trouble) -> dict[str, Any]:
    return {
        "success": False,
        "error": {"code": trouble.code, "message": trouble.message, "details": dict(trouble.details)},
        "meta": {"timestamp": trouble.at, "request_id": trouble.request_id},
    }


def _taxii(trouble: Trouble) -> dict[str, Any]:
    return {
        "title": trouble.message,
        "error_id": trouble.request_id,
        "error_code": trouble.code,
        "http_status": str(trouble.status),  # text, as TAXII 2.1 says
    }


def _graphql(trouble: Trouble) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": trouble.kind, "contractCode": trouble.code}
    if trouble.status == 500:
        extensions = {"code": trouble.kind, "requestId": trouble.request_id}
    return {"errors": [{"message": trouble.message, "extensions": extensions}]}


def _word(trouble: Trouble, **words: str) -> str:
    """The contract's own word, where it has another one for the same thing."""
    return words.get(trouble.code, trouble.code)


Form = Callable[[Trouble], dict[str, Any]]

_FORMS: tuple[tuple[str, Form, str], ...] = (
    ("/graphql", _graphql, JSON),
    ("/taxii", _taxii, TAXII),
    ("/taxii2", _taxii, TAXII),
    ("/dev/mock", _olorin, JSON),
    ("/api/auth", _flat, JSON),
    ("/api/v1/auth", _flat, JSON),
    ("/api/v1/investigations", _olorin, JSON),
    ("/api/v1/exports", _olorin, JSON),
    ("/api/v1/dev/mock", _olorin, JSON),
    ("/api/investigations", _olorin, JSON),
)


def form_of(path: str) -> tuple[Form, str]:
    """(envelope, content type) of the contract that documents this path."""
    for prefix, form, media in _FORMS:
        if path == prefix or path.startswith(prefix + "/"):
            return form, media
    return _common, JSON


def refused(path: str, refusal: Refusal, clock: Clock) -> Response:
    """The response to a refusal at `path`, with the headers its status asks for."""
    return _response(
        path,
        Trouble(
            refusal.status,
            refusal.code,
            refusal.kind,
            refusal.text,
            {**({"field": _snake(refusal.field)} if refusal.field else {}), **refusal.details},
            times.to_rest_text(clock.now()),
            telemetry.request_id.get(),
        ),
        headers_of(refusal),
    )


def _snake(field: str) -> str:
    """Resolvers name fields as the graph does; these contracts have words of their own making."""
    return _CAPITAL.sub(lambda match: f"_{match[0].lower()}", field)


def surprised(path: str, clock: Clock) -> Response:
    """The response to what nobody expected. The log tells the rest, under the request id."""
    trouble = Trouble(
        500,
        "INTERNAL_ERROR",
        "INTERNAL_SERVER_ERROR",
        SURPRISE,
        {},
        times.to_rest_text(clock.now()),
        telemetry.request_id.get(),
    )
    return _response(path, trouble, {})


def headers_of(refusal: Refusal) -> dict[str, str]:
    """Allow, WWW-Authenticate and Retry-After, where the status asks for them."""
    headers = {}
    if isinstance(refusal, MethodNotAllowed):
        headers["Allow"] = str(refusal.details.get("allowed", ""))
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after_s" in refusal.details:
        headers["Retry-After"] = str(refusal.details["retry_after_s"])
    elif isinstance(refusal, Unavailable):
        headers["Retry-After"] = "5"
    return headers


def _response(path: str, trouble: Trouble, headers: dict[str, str]) -> Response:
    form, media = form_of(path)
    if media == TAXII and trouble.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="TAXII", Bearer'
    return Response(orjson.dumps(form(trouble), default=str), trouble.status, headers, media)
