"""Reading the collections of other TAXII 2.1 servers, over the one client for everything outside.

Lenient in what it takes, since servers differ: an envelope or a bundle, with whatever `more` and `next` they write; and
exact in what it asks for.
"""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from foundation.errors import Malformed
from foundation.strict_json import read_value
from gateways.http import FEED_BYTES, GuardedHttp, OutgoingAnswered, Request
from gateways.ports import RemoteCollection, RemotePage
from rules.feeds import FeedAuth, Told

MEDIA = "application/taxii+json;version=2.1"
MOST_OBJECTS = 100_000  # of one page: far more than fit into its bytes
MOST_WORD = 4_096  # characters of what the other server calls its next page, which we send back


class TaxiiClient:
    """gateways.ports.Taxii."""

    def __init__(self, http: GuardedHttp) -> None:
        self._http = http

    async def page(
        self, remote: RemoteCollection, *, added_after: str | None, next_page: str | None, limit: int
    ) -> RemotePage:
        asked = {"limit": str(limit), "added_after": added_after, "next": next_page}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        where = f"{remote.url.rstrip('/')}/collections/{quote(remote.collection, safe='')}/objects/"
        headers = {"accept": MEDIA, **_credentials(remote)}
        answer = await self._http.send(Request(f"{where}?{query}", headers=headers, most_bytes=FEED_BYTES))
        if "json" not in answer.headers.get("content-type", "").lower():
            raise OutgoingAnswered("The other server's answer is no JSON.")
        # Beside the loop: ten megabytes take a while.
        return await asyncio.to_thread(_read, answer.body, answer.headers)


def _read(body: bytes, headers: Mapping[str, str]) -> RemotePage:
    try:
        envelope = read_value(body, max_bytes=FEED_BYTES) if body.strip() else {}
    except Malformed as refusal:
        raise OutgoingAnswered(f"The other server's answer cannot be read: {refusal.text}") from refusal
    objects = envelope.get("objects") if isinstance(envelope, dict) else None
    if not isinstance(envelope, dict) or not isinstance(objects, list | None):
        raise OutgoingAnswered("The other server's answer is no TAXII envelope.")
    objects = objects or []
    if len(objects) > MOST_OBJECTS:
        raise OutgoingAnswered(f"The other server's answer holds more than {MOST_OBJECTS} objects.")
    return RemotePage(
        objects,
        Told(
            objects=len(objects),
            more=envelope.get("more") in (True, "true", "True"),
            next=_word(envelope.get("next")),
            last=_word(headers.get("x-taxii-date-added-last")),
        ),
    )


def _word(value: Any) -> str | None:
    """The other server's own word for something; a number counts as its text, nothing and the empty text as none."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if len(text) > MOST_WORD or not text.isprintable():
        raise OutgoingAnswered("The other server's word for its next page cannot be sent back.")
    return text or None


def _credentials(remote: RemoteCollection) -> dict[str, str]:
    match remote.auth:
        case FeedAuth.BASIC:
            pair = base64.b64encode(f"{remote.username}:{remote.secret}".encode()).decode()
            return {"authorization": f"Basic {pair}"}
        case FeedAuth.BEARER:
            return {"authorization": f"Bearer {remote.secret}"}
        case FeedAuth.TOKEN:
            return {"authorization": f"Token {remote.secret}"}
        case FeedAuth.API_KEY:
            return {"x-api-key": remote.secret}
        case FeedAuth.NONE:
            return {}
