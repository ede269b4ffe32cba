"""`/feeds/{collection}.txt` and `.csv`: the values of a collection that may be acted on, for firewalls."""

import csv
import hashlib
import io
import tempfile
from collections.abc import AsyncIterator, Callable
from typing import IO

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from foundation.times import to_text
from resolvers.actionable import Actionable, actionable_values, read_types
from resolvers.collections import CollectionNotFound
from rest_compat.endpoints import Contract, Endpoint, Parameter
from rest_compat.shapes import TEXT
from rules.access.actions import Action
from rules.access.budgets import Budget
from web.gate import operation
from web.pollers import PollerIdentify

IN_MEMORY = 1024 * 1024  # bytes; a longer list waits on the disk for those who read slowly
PIECE = 64 * 1024
COLUMNS = ("value", "type", "confidence", "valid_until", "tlp", "name")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

TYPES = Parameter(
    "type",
    TEXT,
    "Only values of these types, comma-separated: ip, domain, url, file_hash, email, user_agent, registry, mutex, "
    "process. Left out: of all.",
)


async def text(request: Request) -> Response:
    """One value a line.

    Only what may be acted on: not what was revoked, has expired or decayed to nothing, is shown to the caller changed,
    or stands on a warning list. With an ETag, and 304 where the list has not changed.
    """
    return await _answer(request, "text/plain; charset=utf-8", lambda one: f"{one.value}\n")


async def table(request: Request) -> Response:
    """The same as a table: value, type, confidence, valid_until, tlp, name.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    return await _answer(request, "text/csv; charset=utf-8; header=present", _row, head=_line(COLUMNS))


async def _answer(request: Request, media: str, write: Callable[[Actionable], str], head: str = "") -> Response:
    # Written down before it is sent: what it is called (ETag) is known at its end, and nobody gets half a list as a
    # whole one.
    types = read_types(request.query_params.get("type", ""))
    values = actionable_values(operation(request), collection=request.path_params["collection"], types=types)
    kept, digest = tempfile.SpooledTemporaryFile(IN_MEMORY), hashlib.sha256()  # noqa: SIM115 - closed when it is sent
    try:
        kept.write(head.encode())
        async for one in values:
            line = write(one).encode()
            digest.update(line)
            kept.write(line)
        length = kept.tell()
    except BaseException:
        kept.close()
        raise
    tag = f'"{digest.hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "authorization, x-api-key"}
    if _is_known(request.headers.get("if-none-match", ""), tag):
        kept.close()
        return Response(status_code=304, headers=headers)
    headers["content-length"] = str(length)
    kept.seek(0)
    return StreamingResponse(_pieces(kept), headers=headers, media_type=media, background=BackgroundTask(kept.close))


async def _pieces(kept: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := kept.read(PIECE):
        yield piece


def _is_known(sent: str, tag: str) -> bool:
    return sent.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in sent.split(","))


def _row(one: Actionable) -> str:
    ends = "" if one.valid_until is None else to_text(one.valid_until)
    confidence = "" if one.confidence is None else str(one.confidence)
    return _line((one.value, str(one.type), confidence, ends, str(one.tlp), one.name or ""))


def _line(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    safe = [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]
    csv.writer(written, lineterminator="\r\n").writerow(safe)
    return written.getvalue()


CONTRACT = Contract(
    name="Lists",
    says="Values of a collection as plain lists, for firewalls and older tools. Beside tokens and keys they take "
    "Basic: a name and a password, or an API key as either of them.",
    prefixes=("/feeds",),
    budget=Budget.TAXII,
    identify=PollerIdentify,
    endpoints=tuple(
        Endpoint(
            "GET",
            path,
            handler,
            Action.LIST_READ,
            answers={200: TEXT, 304: None},
            parameters=(TYPES,),
            refuses=(CollectionNotFound,),
            media=media,
        )
        for path, handler, media in (
            ("{collection}.txt", text, "text/plain"),
            ("{collection}.csv", table, "text/csv"),
        )
    ),
)
