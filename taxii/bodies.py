"""The body of a POST: an envelope, or a bundle, which is taken as one; plain or as gzip, both bounded."""

import asyncio
import zlib
from typing import Any, Final

from starlette.requests import Request

from foundation.errors import Malformed
from foundation.strict_json import TooLarge, read_json
from resolvers.indicators import MOST_OBJECTS
from taxii.media import TAXII, UnsupportedMediaType, check_content_type
from web.bodies import body_bytes
from web.middleware import BODY_BYTES

MOST_RATIO: Final = 100
"""How many times its size a body may unpack to (SECURITY R25); the busiest envelopes come to about thirty."""
_PIECE: Final = 256 * 1024
_AUTO: Final = 31  # of zlib: the window of 32 kB, in the wrapping of gzip


class BadEnvelope(Malformed):
    """What was sent cannot be read as a list of objects at all."""

    code = "INVALID_STIX_OBJECT"


class TooManyObjects(TooLarge):
    message = "Send at most {most} objects at once."


async def objects_in(request: Request) -> list[Any]:
    """The 1 to 1,000 objects that were sent. Raises UnsupportedMediaType, TooLarge, BadEnvelope."""
    check_content_type(", ".join(request.headers.getlist("content-type")))
    encoding = ", ".join(request.headers.getlist("content-encoding")).strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise UnsupportedMediaType(expected=TAXII)
    body = await body_bytes(request, BODY_BYTES)
    try:
        if encoding.endswith("gzip"):
            body = await asyncio.to_thread(_unpacked, body)
        envelope = await asyncio.to_thread(read_json, body, max_bytes=BODY_BYTES, texts_of="objects")
    except TooLarge:
        raise
    except Malformed as refusal:
        raise BadEnvelope(refusal.text) from refusal
    objects = envelope.get("objects")
    if not isinstance(objects, list) or not objects:
        raise BadEnvelope(
            "Send an envelope: an object whose member objects is a list of STIX objects.", field="objects"
        )
    if len(objects) > MOST_OBJECTS:
        raise TooManyObjects(most=MOST_OBJECTS)
    return objects


def _unpacked(packed: bytes) -> bytes:
    """Stops where it grows beyond its bounds, however small it came."""
    unpacking, body, rest = zlib.decompressobj(_AUTO), bytearray(), packed
    most = min(BODY_BYTES, MOST_RATIO * len(packed))
    try:
        while rest and not unpacking.eof:
            body += unpacking.decompress(rest, _PIECE)
            if len(body) > most:
                raise TooLarge(max_bytes=most)
            rest = unpacking.unconsumed_tail
    except zlib.error as error:
        raise BadEnvelope("The body is no gzip.") from error
    if not unpacking.eof or unpacking.unused_data:
        raise BadEnvelope("The gzip ends early, or something follows it.")
    return bytes(body)
