"""The form in which the investigation contract answers. Refusals are written by `web.envelopes`."""

from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from foundation import telemetry, times
from rest_compat.shapes import FLAG, TEXT, TIME, WHOLE, Shape, record
from web.gate import operation

PAGINATION = record("Pagination", page=WHOLE, limit=WHOLE, total=WHOLE, has_next=FLAG)


def moment(time: datetime | None) -> str | None:
    """A time that may be missing."""
    return None if time is None else times.to_rest_text(time)


def answered(
    request: Request,
    data: Any,
    *,
    status: int = 200,
    about: str | None = None,
    location: str | None = None,
    **meta: Any,
) -> Response:
    """`data` in the envelope. `about`: the ref of the one case the reply is about, which correlates what belongs
    together (CONTRACTS row 32)."""
    told = {"timestamp": moment(operation(request).clock.now()), "request_id": telemetry.request_id.get(), **meta}
    headers = {"X-Correlation-ID": about} if about and "x-correlation-id" not in request.headers else {}
    if location:
        headers["Location"] = location
    content = orjson.dumps({"success": True, "data": data, "meta": told})
    return Response(content, status, headers, media_type="application/json")


def pagination(page: int, limit: int, total: int) -> dict[str, Any]:
    return {"page": page, "limit": limit, "total": total, "has_next": page * limit < total}


def enveloped(data: Shape, *, optional: dict[str, Shape] | None = None, **meta: Shape) -> Shape:
    """What `answered` answers with, for openapi.json."""
    told = record(timestamp=TIME, request_id=TEXT, optional=optional, **meta)
    return record(success={**FLAG, "const": True}, data=data, meta=told)
