"""Objects sent to a collection, and what became of each of them: told at once, and for a day to who asks again."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from foundation.errors import NotFound
from foundation.ids import new_id
from foundation.times import to_text
from models import tables as rows
from models.queries import collections
from resolvers.collections import writable
from resolvers.indicators import ImportResult, ImportStatus, import_objects
from resolvers.operation import Door, Operation
from rules.access.actions import Action

KEPT_FOR: Final = timedelta(hours=24)
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_NO_ID: Final = "unknown"


class StatusNotFound(NotFound):
    message = "There is no such status. It is kept for a day."


async def add_objects(op: Operation, name: str, objects: Sequence[Any]) -> dict[str, Any]:
    """Imports up to 1,000 objects into a collection of the caller's organisation; the status, as TAXII writes it.

    Raises CollectionNotFound, Forbidden. An object that is not acceptable is a failure of the status.
    """
    await writable(op, name, Action.STIX_IMPORT)
    status: dict[str, Any] = {}

    async def keep(door: Door, results: Sequence[ImportResult]) -> None:
        status.update(_status(objects, results, door.now))
        door.add(
            rows.TaxiiStatus(
                id=status["id"], organization_id=op.viewer.organization_id, content=status, created_at=door.now
            )
        )

    await import_objects(op, objects=objects, beside=keep)
    return status


async def find_status(op: Operation, status_id: str) -> dict[str, Any]:
    """What `add_objects` said, for a day. Raises StatusNotFound."""
    async with op.read(Action.COLLECTION_READ) as session:
        since = op.clock.now() - KEPT_FOR
        found = await collections.status_of(session, op.viewer, status_id, since) if _ID.fullmatch(status_id) else None
    if found is None:
        raise StatusNotFound
    op.has_read(Action.COLLECTION_READ, "status", [status_id], 1)
    return found


def _status(objects: Sequence[Any], results: Sequence[ImportResult], now: datetime) -> dict[str, Any]:
    """Lists are whole or left out: clients hold their lengths against the counts."""
    at = to_text(now)
    parts: dict[bool, list[dict[str, str]]] = {True: [], False: []}
    for sent, result in zip(objects, results, strict=True):
        told = {"id": result.stix_id or _NO_ID, "version": _version(sent, at)}
        if result.status is ImportStatus.REFUSED:
            parts[False].append({**told, "message": _message(result)})
        else:
            parts[True].append(told)
    return {
        "id": new_id(),
        "status": "complete",
        "request_timestamp": at,
        "total_count": len(objects),
        "success_count": len(parts[True]),
        **({"successes": parts[True]} if parts[True] else {}),
        "failure_count": len(parts[False]),
        **({"failures": parts[False]} if parts[False] else {}),
        "pending_count": 0,
    }


def _version(sent: Any, otherwise: str) -> str:
    for member in ("modified", "created"):
        text = sent.get(member) if isinstance(sent, Mapping) else None
        if isinstance(text, str) and len(text) <= 40 and text.isascii() and text.isprintable():
            return text
    return otherwise


def _message(result: ImportResult) -> str:
    said = result.message or "It was refused."
    return said if result.member is None or result.member in said else f"{result.member}: {said}"
