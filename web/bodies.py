"""Reading the JSON body of a request: one media type, no compression, a bound that is kept while reading."""

from typing import Any

from starlette.requests import ClientDisconnect, Request

from foundation.errors import Malformed
from foundation.strict_json import TooLarge, read_json

JSON_BYTES = 1024 * 1024  # SECURITY R25
SIGN_IN_BYTES = 8 * 1024  # SECURITY R25


class UnsupportedMediaType(Malformed):
    """Only `application/json`: browsers send the others across origins without asking (SECURITY R32)."""

    code, status = "UNSUPPORTED_MEDIA_TYPE", 415
    message = "Send application/json in UTF-8, uncompressed."


async def json_object(request: Request, *, max_bytes: int = JSON_BYTES) -> dict[str, Any]:
    """The object in the body. Raises UnsupportedMediaType, TooLarge, Malformed."""
    media, _, rest = request.headers.get("content-type", "").partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if media.strip().lower() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType
    return read_json(await _bytes(request, max_bytes), max_bytes=max_bytes)


async def _bytes(request: Request, max_bytes: int) -> bytes:
    """The bytes, counted as they come: the declared length is only what the client says."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                raise TooLarge(max_bytes=max_bytes)
    except ClientDisconnect as error:
        raise Malformed("The body ended early.") from error
    return bytes(body)
