"""Another TAXII 2.1 server, over real HTTP: well-behaved, until it is told to answer something else."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from foundation.times import from_text, to_text
from tests.conftest import NOON

MEDIA = "application/taxii+json;version=2.1"
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"


@dataclass(frozen=True)
class Reply:
    """`body`: as JSON, unless it is bytes."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media: str = MEDIA


@dataclass(frozen=True)
class Asked:
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class Remote:
    """`added`: each object with the date it was added on. `odd`: what it answers instead, one request after the other;
    None in it, or nothing left: what the standard says. `hold`: requests wait for it."""

    url: str = ""
    added: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    most: int = 1_000
    asked: list[Asked] = field(default_factory=list)
    odd: list[Reply | Callable[[Asked], Reply] | None] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.hold.set()

    def add(self, *objects: dict[str, Any]) -> None:
        for one in objects:
            self.added.append((NOON + timedelta(microseconds=len(self.added)), one))

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.odd and (odd := self.odd.pop(0)) is not None:
            return odd(asked) if callable(odd) else odd
        after = from_text(asked.query["added_after"]) if "added_after" in asked.query else None
        found = [(at, one) for at, one in self.added if after is None or at > after]
        start, limit = int(asked.query.get("next", 0)), min(self.most, int(asked.query.get("limit", 1_000)))
        page, more = found[start : start + limit], len(found) > start + limit
        body: dict[str, Any] = {"objects": [one for _, one in page]} if page else {}
        if more:
            body |= {"more": True, "next": str(start + limit)}
        dates = {"X-TAXII-Date-Added-Last": to_text(page[-1][0])} if page else {}
        return Reply(body, headers=dates)


@asynccontextmanager
async def remote() -> AsyncIterator[Remote]:
    made = Remote()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            target = urlsplit(head[0].split(" ")[1])
            headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in head[1:] if line)}
            assert target.path == f"/api/collections/{COLLECTION}/objects/"
            await made.hold.wait()
            reply = made.reply(Asked({n: v[0] for n, v in parse_qs(target.query).items()}, headers))
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            told = {"content-type": reply.media, "content-length": len(body), "connection": "close", **reply.headers}
            lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
            writer.write(f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode() + body)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/"
    try:
        yield made
    finally:
        made.hold.set()
        server.close()
