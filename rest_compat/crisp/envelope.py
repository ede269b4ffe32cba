"""The forms in which the CRISP contract answers."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from foundation import telemetry
from foundation.clock import Clock
from foundation.errors import Refusal, Unauthenticated
from foundation.times import to_text

NO_STORE = {"Cache-Control": "no-store"}


def answer(content: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, {**NO_STORE, **(headers or {})}, "application/json")


class FlatRefusals:
    """The flat error envelope of /api/auth: success, message, timestamp, request_id; and `code`, for which the
    documented form has no place (CONTRACTS row 2)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, _request: Request, refusal: Refusal) -> Response:
        headers: dict[str, str] = {}
        if "retry_after_s" in refusal.details:
            headers["Retry-After"] = str(refusal.details["retry_after_s"])
        if refusal.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        content = {
            "success": False,
            "message": refusal.text,
            "timestamp": to_text(self._clock.now()),
            "request_id": telemetry.request_id.get(),
            "code": "AUTHENTICATION_FAILED" if isinstance(refusal, Unauthenticated) else refusal.code,
        }
        return answer(content, refusal.status, headers)
