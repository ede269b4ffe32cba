"""Collections, and what lies in them: read page by page, each object once at its place.

A page is `models.queries.pages`. Where a reader goes on is a cursor that holds all that was asked for: nothing is kept
here, and it stays good for as long as the key it was sealed with is kept.
"""

import re
import zlib
from base64 import b85decode, b85encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson

from foundation.cursors import BadCursor
from foundation.errors import Forbidden, InvalidInput, NotFound
from foundation.times import from_microseconds, from_text, microseconds, to_text, whole_millisecond
from models import tables as rows
from models.database import Session
from models.queries import collections, pages
from models.queries.homes import homes_of
from models.queries.pages import LAST, Versions, Wanted
from resolvers import showing
from resolvers.operation import Operation
from resolvers.showing import Shown
from rules.access.actions import Action, may

USUAL_LIMIT: Final = 1_000
MOST_AT_ONCE: Final = 5_000
MOST_BYTES: Final = 10 * 1024 * 1024
"""Of a page, but for its last object: a page with less than was asked for says that there is more."""

_SLICE: Final = 250
"""Objects that are held at once beyond that."""

_CURSOR: Final = "collection"
_MOST_CURSOR: Final = 65_536  # what an address may have: it holds all that was asked for by another
_ID = re.compile(r"[a-z0-9-]{3,250}--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_TIME = re.compile(rb'"(?:modified|created)"\s*:\s*"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)"')
_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
_TYPE = re.compile(r"[a-z0-9-]{1,250}", re.ASCII)


class CollectionNotFound(NotFound):
    code = "COLLECTION_NOT_FOUND"
    message = "There is no such collection, or you may not see it."


class ObjectNotFound(NotFound):
    message = "There is no such object in this collection, or you may not see it."


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection as the caller may use it."""

    row: rows.Collection
    can_read: bool
    can_write: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a collection. `after`: the place (microseconds) behind which it begins; None in a list: all of
    them. `next`: a cursor; it stands for everything else but `limit`."""

    after: int = 0
    limit: int = USUAL_LIMIT
    ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    spec_versions: tuple[str, ...] | None = None
    versions: Versions = LAST
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page. `next`: what to ask for the rest with, where there is more. `first` and `last`: the places of its first
    and last item; the last of all is rounded up, so that who cuts it to milliseconds does not go back."""

    items: Sequence[Shown]
    next: str | None = None
    first: int = 0
    last: int = 0


async def list_collections(op: Operation) -> list[Shelf]:
    """All that the caller may know of: that of the installation, and those of his organisation, which has one as soon
    as somebody of it looks."""
    found: list[rows.Collection] = []
    for _ in range(2):
        async with op.read(Action.COLLECTION_READ) as session:
            found = await collections.collections_of(session, op.viewer)
        if any(row.is_home for row in found):
            break
        async with op.write(Action.COLLECTION_READ) as door:
            await homes_of(door.session, op.viewer.organization_id, door.now)
    op.has_read(Action.COLLECTION_READ, "collections", (), len(found))
    return [_shelf(op, row) for row in found]


async def find_collection(op: Operation, name: str) -> Shelf:
    """By its key or its alias. Raises CollectionNotFound."""
    async with op.read(Action.COLLECTION_READ) as session:
        found = await _found(op, session, name)
    op.has_read(Action.COLLECTION_READ, "collection", [name], 1)
    return found


async def writable(op: Operation, name: str, action: Action) -> Shelf:
    """One that the caller may write to. Raises CollectionNotFound for what he may not read, else Forbidden."""
    async with op.read(action) as session:
        found = await _found(op, session, name)
    if not found.can_write:
        raise Forbidden("You may read this collection, and not write to it.")
    return found


async def page_objects(op: Operation, name: str, asked: Asked) -> Page:
    """Objects in the order in which they were added. Raises CollectionNotFound, BadCursor."""
    return await _page(op, name, asked, "objects")


async def page_manifest(op: Operation, name: str, asked: Asked) -> Page:
    """The same, asked for what they are and not for what they say."""
    return await _page(op, name, asked, "manifest")


async def page_object(op: Operation, name: str, stix_id: str, asked: Asked) -> Page:
    """The versions of one object. Raises CollectionNotFound, ObjectNotFound, BadCursor."""
    return await _page(op, name, replace(asked, ids=(stix_id,)), "object", only=stix_id)


async def page_versions(op: Operation, name: str, stix_id: str, asked: Asked) -> Page:
    """The same, asked for when they are from. Raises as `page_object`."""
    return await _page(op, name, replace(asked, ids=(stix_id,)), "versions", only=stix_id)


def version_of(shown: Shown) -> str:
    """The version of an object as it writes it: of all times that stand in its text, the one that is its `modified`."""
    if shown.placed.has_own_modified:
        own = shown.placed.modified
        found = (one[1].decode() for one in _TIME.finditer(shown.text))
        return next((time for time in found if _at(time) == own), to_text(from_microseconds(own)))
    return to_text(from_microseconds(shown.placed.modified))


def _at(time: str) -> int | None:
    try:
        return microseconds(from_text(time))
    except InvalidInput:  # it is another member's, which may say what it likes
        return None


async def _page(op: Operation, name: str, asked: Asked, root: str, *, only: str | None = None) -> Page:
    async with op.read(Action.COLLECTION_READ) as session:
        shelf = await _found(op, session, name)
        key = shelf.row.id
        if asked.next is not None:
            asked = replace(_opened(op, key, asked.next), limit=asked.limit)
        if only is not None and asked.ids != (only,):
            raise BadCursor(field="next")
        wanted = await _wanted(op, session, asked, with_ends=only is None)
        if only is not None and not await _is_there(op, session, key, only):
            raise ObjectNotFound
        made = await _filled(op, session, key, asked, wanted) if wanted is not None else Page(())
    op.has_read(Action.COLLECTION_READ, root, [name, *([only] if only else [])], len(made.items))
    return made


async def _filled(op: Operation, session: Session, key: str, asked: Asked, wanted: Wanted) -> Page:
    """Never empty while there is more: pollers take an empty page for the end, or begin again."""
    after, more, items = asked.after, True, list[Shown]()
    while more and not items:
        placed, more = await pages.page(
            session, key, op.viewer.organization_id, after=after, limit=asked.limit, wanted=wanted
        )
        size = 0
        for start in range(0, len(placed), _SLICE):
            some = placed[start : start + _SLICE]
            shown = await showing.show(op, session, some)
            items += shown
            after, size = some[-1].position, size + sum(len(one.text) for one in shown)
            if size > MOST_BYTES:
                more = more or start + _SLICE < len(placed)
                break
    if not items:
        return Page(())
    first, last = items[0].placed.position, items[-1].placed.position
    if more:
        return Page(items, _sealed(op, key, replace(asked, after=after)), first, last)
    return Page(items, None, first, whole_millisecond(last))


async def _is_there(op: Operation, session: Session, key: str, stix_id: str) -> bool:
    """Whether the reader has the object now, whatever else was asked for."""
    wanted = await _wanted(op, session, Asked(ids=(stix_id,)), with_ends=False)
    reader = op.viewer.organization_id
    return wanted is not None and bool((await pages.page(session, key, reader, after=0, limit=1, wanted=wanted))[0])


async def _wanted(op: Operation, session: Session, asked: Asked, *, with_ends: bool) -> Wanted | None:
    """The same in the words of the tables; None where nothing can meet it. What no object is called meets nothing."""
    if asked.spec_versions is not None and "2.1" not in asked.spec_versions:
        return None
    types = None if asked.types is None else tuple(sorted({one for one in asked.types if _TYPE.fullmatch(one)}))
    if types == ():
        return None
    if asked.ids is None:
        return Wanted(types=types, versions=asked.versions, with_ends=with_ends)
    ids = {one for one in asked.ids if _ID.fullmatch(one)}
    exact = await collections.keys_of(session, ids)
    masked = [key for one in ids if (key := op.pseudonyms.key_of(one)) is not None]
    if not exact and not masked:
        return None
    return Wanted(types, tuple(sorted(exact)), tuple(sorted(masked)), asked.versions, with_ends)


async def _found(op: Operation, session: Session, name: str) -> Shelf:
    found = await collections.collection_of(session, op.viewer, name) if _NAME.fullmatch(name) else None
    if found is None:
        raise CollectionNotFound
    return _shelf(op, found)


def _shelf(op: Operation, row: rows.Collection) -> Shelf:
    is_own = row.organization_id == op.viewer.organization_id
    return Shelf(row, can_read=True, can_write=is_own and may(op.viewer, Action.STIX_IMPORT))


def _sealed(op: Operation, key: str, asked: Asked) -> str:
    """Packed: the ids that were asked for have to fit into an address."""
    versions = asked.versions
    said = [
        key,
        asked.after,
        asked.ids,
        asked.types,
        asked.spec_versions,
        [versions.every, versions.first, versions.last, versions.times],
    ]
    return op.house.walks.seal(_CURSOR, [b85encode(zlib.compress(orjson.dumps(said), 9)).decode()])


def _opened(op: Operation, key: str, cursor: str) -> Asked:
    packed = op.house.walks.open(_CURSOR, cursor, field="next", most=_MOST_CURSOR)[0]
    collection, after, ids, types, spec_versions, (every, first, last, times) = orjson.loads(
        zlib.decompress(b85decode(packed))
    )
    if collection != key:
        raise BadCursor(field="next")
    return Asked(
        after=after,
        ids=_listed(ids),
        types=_listed(types),
        spec_versions=_listed(spec_versions),
        versions=Versions(every, first, last, tuple(times)),
    )


def _listed(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
