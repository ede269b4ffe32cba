"""Objects as a reader is given them: as they were sent, changed, or the word that they are gone.

What was sent is given out as the text that is stored, unparsed. What has to be changed and cannot be is withheld: it is
never an error, and never the original.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from formats.stix.masked import Mask, masked
from formats.stix.references import references_of
from formats.stix.tombstone import tombstone
from foundation import telemetry
from foundation.times import from_microseconds, to_text
from foundation.words import Tlp
from models.database import Session
from models.queries import contents
from models.queries.contents import Stored
from models.queries.pages import Placed
from models.reading.stix import KNOWN, OWN_THINGS, Asking
from resolvers.needs import Showing
from resolvers.operation import Operation
from resolvers.reading import read_batch
from rules.masking import Assets
from rules.own_things import assets_of
from rules.pseudonyms import Pseudonyms, pseudonyms_of
from rules.trust import Form

log = telemetry.logger("casegraph.showing")


@dataclass(frozen=True, slots=True)
class Changing:
    """An object that its reader does not get as it was sent, and the form it is to be shown in."""

    original_id: str
    organization_id: str
    type: str
    tlp: str
    form: int
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What changing objects takes: whose things are to be hidden, and which objects go by another id from which form
    on, by (owner, STIX id): (key, strictest form in which it goes by its own)."""

    assets: Mapping[str, Assets]
    known: Mapping[tuple[str, str], tuple[str, int]]


def surroundings(objects: Sequence[Changing]) -> Asking:
    """Two statements, whatever they are."""
    if not objects:
        return Surroundings({}, {})
    owners = list(dict.fromkeys(one.organization_id for one in objects))
    named = {ref for one in objects for _, ref in references_of(one.content)}
    things = yield OWN_THINGS.of(owners=owners)
    known = yield KNOWN.of(ids=sorted(named), owners=owners)
    return Surroundings(
        {owner: assets_of(*said) for owner, *said in things},
        {(owner, stix_id): (key, form) for owner, stix_id, key, form in known},
    )


def changed(one: Changing, around: Surroundings, reader: Pseudonyms) -> dict[str, Any] | None:
    """The object as the reader gets it, under its pseudonym; None where it gets nothing, whatever the reason. Slow for
    patterns: call it in a thread."""
    try:
        shown = masked(one.content, _mask(one, around, reader))
        return None if shown is None else {**shown, "id": reader.of(one.type, one.original_id), "spec_version": "2.1"}
    except Exception as error:
        telemetry.count("showing.withheld")
        log.error("an object could not be shown", object=one.original_id, form=one.form, exc_info=error)
        return None


def _mask(one: Changing, around: Surroundings, reader: Pseudonyms) -> Mask:
    def pseudonym_of(stix_id: str) -> str:
        known = around.known.get((one.organization_id, stix_id))
        return reader.of_stranger(stix_id) if known is None else reader.of(stix_id.partition("--")[0], known[0])

    def id_of(stix_id: str) -> str:
        known = around.known.get((one.organization_id, stix_id))
        return stix_id if known is None or one.form <= known[1] else pseudonym_of(stix_id)

    assets = around.assets[one.organization_id]
    return Showing(Form(one.form), Tlp(one.tlp), assets, id_of, pseudonym_of).mask()


# ---- a page of a collection ----


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
    to_change = {
        one: _changing(one, source)
        for one in placed
        if one.is_masked and not one.is_revoked and (source := found.get(one.version_id)) is not None
    }
    around = await read_batch(op, surroundings(list(to_change.values()))) if to_change else Surroundings({}, {})

    def shown(one: Placed) -> Shown | None:
        if (source := found.get(one.version_id)) is None:
            return None
        if one in to_change:
            return _made(one, changed(to_change[one], around, reader))
        return _gone(one, source, reader) if one.is_revoked else _as_sent(one, source)

    def every() -> list[Shown]:
        return [made for one in placed if (made := shown(one)) is not None]

    return await asyncio.to_thread(every) if to_change else every()


def _changing(placed: Placed, source: Stored) -> Changing:
    content = orjson.loads(source.text)
    return Changing(source.object_id, source.organization_id, source.type, source.tlp, placed.form, content)


def _as_sent(placed: Placed, source: Stored) -> Shown | None:
    if not source.is_versioned:
        # The standard lets observables go without; readers do not.
        is_said = "spec_version" in orjson.loads(source.text)
        text = source.text if is_said else f'{{"spec_version":"2.1",{source.text.lstrip()[1:]}'
    elif placed.has_own_modified:
        text = source.text
    else:
        return _made(placed, orjson.loads(source.text))
    return Shown(placed, source.stix_id, source.type, text.encode())


def _gone(placed: Placed, source: Stored, reader: Pseudonyms) -> Shown | None:
    if not source.is_versioned:  # STIX has no word for it
        return None
    stix_id = reader.of(source.type, source.object_id) if placed.is_masked else source.stix_id
    created = orjson.loads(source.text)["created"]
    return _made(placed, tombstone(source.type, stix_id, created=created, modified=_moment(placed)))


def _moment(placed: Placed) -> str:
    return to_text(from_microseconds(placed.modified))


def _made(placed: Placed, content: dict[str, Any] | None) -> Shown | None:
    if content is None:
        return None
    if "modified" in content:
        content = {**content, "modified": _moment(placed)}
    return Shown(placed, content["id"], content["type"], orjson.dumps(content))
