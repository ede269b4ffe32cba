"""Who read what: one line a request, written a moment later and in batches (SECURITY R38).

Reading never waits for it and never fails by it: what does not fit, or cannot be written, is counted and said.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from foundation.telemetry import count, logger
from models.database import Database
from models.failures import as_refusal
from models.queries import access_log
from rules.access.actions import Action
from rules.access.viewer import Viewer, ViewerKind

MOST_WAITING = 10_000
"""Requests that wait to be written: some megabytes, and seconds of a busy process."""

MOST_NAMED = 20
"""Fields, and ids, that are kept of one request."""

log = logger("casegraph.access")


@dataclass
class Read:
    """What one request has read so far. `is_taken`: it is being written, and what follows begins another line."""

    viewer: Viewer
    door: str
    request_id: str
    action: str
    at: datetime
    fields: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    count: int = 0
    is_taken: bool = False


class AccessLog:
    """Of one process. `is_on` false: nothing is kept."""

    def __init__(self, database: Database, *, is_on: bool) -> None:
        self._database, self._is_on = database, is_on
        self._waiting: list[Read] = []
        self._dropped = 0

    def begin(self, viewer: Viewer, *, door: str, request_id: str, action: Action, at: datetime) -> Read | None:
        """A new line; None where none is kept: for nobody, for the engine, and where too many wait."""
        if not self._is_on or viewer.kind not in (ViewerKind.USER, ViewerKind.SERVICE):
            return None
        if len(self._waiting) >= MOST_WAITING:
            self._drop(1)
            return None
        made = Read(viewer, door, request_id, str(action), at)
        self._waiting.append(made)
        return made

    async def write(self) -> int:
        """Everything that waits; how many lines it was. What cannot be written is dropped. Never raises."""
        taken, self._waiting = self._waiting, []
        for line in taken:
            line.is_taken = True
        try:
            if taken:
                async with self._database.transaction() as session:
                    await access_log.put(session, [_columns(line) for line in taken])
        except Exception as error:
            self._drop(len(taken))
            log.warning("reads could not be written down", error=type(as_refusal(error)).__name__)
            taken = []
        if self._dropped:
            log.warning("reads were not written down", count=self._dropped)
            self._dropped = 0
        return len(taken)

    def _drop(self, number: int) -> None:
        self._dropped += number
        count("access_log.dropped", number)


def note(read: Read, field_: str, targets: Iterable[Any], number: int) -> None:
    """One root of the request: what it was asked for by id, and how many things it handed out."""
    read.fields = [*read.fields, field_][:MOST_NAMED]
    read.targets = [*read.targets, *(str(target) for target in targets)][:MOST_NAMED]
    read.count += number


def _columns(read: Read) -> dict[str, Any]:
    return {
        "organization_id": read.viewer.organization_id,
        "user_id": read.viewer.user_id,
        "api_key_id": read.viewer.api_key_id,
        "door": read.door,
        "action": read.action,
        "fields": read.fields,
        "targets": read.targets,
        "count": read.count,
        "request_id": read.request_id,
        "at": read.at,
    }
