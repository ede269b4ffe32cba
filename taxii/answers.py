"""Answers of TAXII: resources as JSON, pages made of stored text, dates in headers, gzip for those who take it."""

import asyncio
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from foundation.times import from_microseconds, to_text
from resolvers.collections import Page
from taxii.media import TAXII, takes_gzip
from web.gate import operation

_WORTH_IT: Final = 1_000
"""Bytes: less would hardly become smaller."""
_AT_ONCE: Final = 64 * 1024
"""Bytes that are packed in some milliseconds; more is packed beside the event loop."""
_LEVEL: Final = 4
_GZIP: Final = 31  # of zlib: the window of 32 kB, in the wrapping of gzip


async def resource(request: Request, value: Any, status: int = 200) -> Response:
    """One resource: discovery, an api root, collections, a status."""
    return await _answer(request, orjson.dumps(value), {}, status)


async def page(request: Request, name: str, page: Page, items: Iterable[bytes]) -> Response:
    """A page whose items, as JSON, are its member `name`. An empty one is `{}`, unless the settings say otherwise."""
    if not page.items:
        as_list = operation(request).settings.taxii_empty_objects == "list"
        return await _answer(request, b'{"%s":[]}' % name.encode() if as_list else b"{}", {})
    more = b'"more":true,"next":%s,' % orjson.dumps(page.next) if page.next else b""
    body = b"".join((b"{", more, b'"', name.encode(), b'":[', b",".join(items), b"]}"))
    dates = {
        "X-TAXII-Date-Added-First": to_text(from_microseconds(page.first)),
        "X-TAXII-Date-Added-Last": to_text(from_microseconds(page.last)),
    }
    return await _answer(request, body, dates)


async def _answer(request: Request, body: bytes, headers: Mapping[str, str], status: int = 200) -> Response:
    told = {**headers, "Vary": "Accept, Accept-Encoding"}
    if len(body) >= _WORTH_IT and takes_gzip(", ".join(request.headers.getlist("accept-encoding"))):
        body = await asyncio.to_thread(_packed, body) if len(body) > _AT_ONCE else _packed(body)
        told["Content-Encoding"] = "gzip"
    return Response(body, status, told, TAXII)


def _packed(body: bytes) -> bytes:
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packing.compress(body) + packing.flush()
