"""Reading the JSON body of a request: one media type, no compression, a bound that is kept while reading."""

import asyncio
from typing import Any

from starlette.requests import ClientDisconnect, Request

from foundation.errors import Malformed
from foundation.strict_json import TooLarge, read_json
from web.refusals import SlowBody, UnsupportedMediaType

JSON = "application/json"
JSON_BYTES = 1024 * 1024  # SECURITY R25
SIGN_IN_BYTES = 8 * 1024  # SECURITY R25
READING_S = 30.0  # the largest body at two megabits a second; who is slower only holds the connection


async def json_object(request: Request, *, max_bytes: int = JSON_BYTES, texts_of: str = "") -> dict[str, Any]:
    """The object in the body. Raises UnsupportedMediaType, TooLarge, Malformed. `texts_of`: see `read_json`."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType(expected=JSON)
    if not is_json(request.headers.get("content-type", "")):
        raise UnsupportedMediaType(expected=JSON)
    return read_json(await body_bytes(request, max_bytes), max_bytes=max_bytes, texts_of=texts_of)


def is_json(content_type: str) -> bool:
    """Whether it declares JSON in UTF-8, by exact comparison: a looser test would let a form cross origins (R32)."""
    media, _, parameters = content_type.partition(";")
    if media.strip().lower() != JSON:
        return False
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            return False
    return True


async def body_bytes(request: Request, max_bytes: int) -> bytes:
    """The bytes, counted as they come: the declared length is only what the client says."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > max_bytes:
        raise TooLarge(max_bytes=max_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(READING_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise TooLarge(max_bytes=max_bytes)
    except TimeoutError as error:
        raise SlowBody from error
    except ClientDisconnect as error:
        raise Malformed("The body ended early.") from error
    return bytes(body)
