"""Objects as a reader is given them: as they were sent, changed, or the word that they are gone.

What was sent is given out as the text that is stored, unparsed. What has to be changed and cannot be is withheld: it is
never an error, and never the original.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from formats.stix.tombstone import tombstone
from foundation import telemetry
from foundation.times import from_microseconds, to_text
from models.database import Session
from models.queries import contents
from models.queries.contents import Stored
from models.queries.pages import Placed
from resolvers.operation import Operation
from rules.pseudonyms import Pseudonyms, pseudonyms_of

log = telemetry.logger("casegraph.showing")


@dataclass(frozen=True, slots=True)
class Shown:
    """One object of a page as its reader gets it. `stix_id` and `type` are those that `text`, its JSON, has; its
    `modified`, where its type has one, is `placed.modified`."""

    placed: Placed
    stix_id: str
    type: str
    text: bytes


async def show(
    op: Operation, session: Session, placed: Sequence[Placed], *, reader_id: str | None = None
) -> list[Shown]:
    """What the reader (by default: the viewer's organisation) is given of a page, in its order, in the session that
    read it. What is withheld is left out: the page goes on after its last place, not after the last object shown."""
    reader = pseudonyms_of(op.house.sharing_secret, reader_id or op.viewer.organization_id)
    found = await contents.stored(session, {one.version_id for one in placed})
    return [shown for one in placed if (shown := _shown(one, found.get(one.version_id), reader)) is not None]


def _shown(placed: Placed, source: Stored | None, reader: Pseudonyms) -> Shown | None:
    """None where nothing may be said: whatever goes wrong, the original is not what is given instead."""
    if source is None:
        return None
    try:
        if placed.is_revoked:
            return _gone(placed, source, reader)
        return None if placed.is_masked else _as_sent(placed, source)
    except Exception as error:
        telemetry.count("showing.withheld")
        log.error("an object could not be shown", version=placed.version_id, exc_info=error)
        return None


def _as_sent(placed: Placed, source: Stored) -> Shown:
    if not source.is_versioned:
        # The standard lets observables go without; readers do not.
        is_said = "spec_version" in orjson.loads(source.text)
        text = source.text if is_said else f'{{"spec_version":"2.1",{source.text.lstrip()[1:]}'
    elif placed.has_own_modified:
        text = source.text
    else:
        return _of(placed, {**orjson.loads(source.text), "modified": _moment(placed)})
    return Shown(placed, source.stix_id, source.type, text.encode())


def _gone(placed: Placed, source: Stored, reader: Pseudonyms) -> Shown | None:
    if not source.is_versioned:  # STIX has no word for it
        return None
    stix_id = reader.of(source.type, source.object_id) if placed.is_masked else source.stix_id
    created = orjson.loads(source.text)["created"]
    return _of(placed, tombstone(source.type, stix_id, created=created, modified=_moment(placed)))


def _moment(placed: Placed) -> str:
    return to_text(from_microseconds(placed.modified))


def _of(placed: Placed, content: dict[str, Any]) -> Shown:
    return Shown(placed, content["id"], content["type"], orjson.dumps(content))
