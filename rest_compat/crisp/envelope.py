"""The forms in which the CRISP contract answers. Refusals are written by `web.envelopes`, by the path's prefix."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from rest_compat.shapes import FLAG, Shape, record


def flat(content: dict[str, Any], *, status: int = 200) -> Response:
    """The form of /api/auth: what there is to tell lies beside `success`."""
    return Response(orjson.dumps({"success": True, **content}), status, media_type="application/json")


def flat_shape(*, optional: Mapping[str, Shape] | None = None, **members: Shape) -> Shape:
    """What `flat` answers with, for openapi.json."""
    return record(optional=optional, success={**FLAG, "const": True}, **members)
