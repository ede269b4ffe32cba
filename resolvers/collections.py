"""Collections, and what lies in them: read page by page, each object once at its place.

A page is `models.queries.pages`. Where a reader goes on is a cursor that holds all that was asked for: nothing is kept
here, and it stays good for as long as the key it was sealed with is kept.
"""

import re
import zlib
from base64 import b85decode, b85encode
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import orjson

from foundation.cursors import BadCursor
from foundation.errors import Forbidden, NotFound
from foundation.times import whole_millisecond
from models import tables as rows
from models.database import Session
from models.queries import collections, pages
from models.queries.pages import LAST, Placed, Versions, Wanted
from resolvers import as_sent
from resolvers.operation import Operation
from rules.access.actions import Action, may

Item = TypeVar("Item")

USUAL_LIMIT: Final = 1_000
MOST_AT_ONCE: Final = 5_000
MOST_BYTES: Final = 10 * 1024 * 1024
"""Of a page, but for its last object: a page with less than was asked for says that there is more."""

_CURSOR: Final = "collection"
_MOST_CURSOR: Final = 16_384
_ID = re.compile(r"[a-z0-9-]{3,250}--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
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
class Pages:
    """A page. `next`: what to ask for the rest with, where there is more. `first` and `last`: the places of its first
    and last item; the last of all is rounded up, so that who cuts it to milliseconds does not go back."""

    items: Sequence[Any]
    next: str | None = None
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """What a manifest says of one version. `version` as it is written in the object."""

    stix_id: str
    added: int
    version: str


async def list_collections(op: Operation) -> list[Shelf]:
    """All that the caller may know of."""
    async with op.read(Action.COLLECTION_READ) as session:
        found = await collections.collections_of(session, op.viewer)
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


async def page_objects(op: Operation, name: str, asked: Asked) -> Pages:
    """Objects in the order in which they were added; items are JSON text, in bytes.

    Raises CollectionNotFound, BadCursor.
    """
    return await _page(op, name, asked, "objects", as_sent.texts_of)


async def page_manifest(op: Operation, name: str, asked: Asked) -> Pages:
    """The same objects, told of by a Record each."""

    async def records(op: Operation, session: Session, placed: Sequence[Placed], most: int) -> list[Record | None]:
        named = await as_sent.names_of(op, session, placed, most)
        return [
            None if one is None else Record(one.stix_id, place.position, one.version)
            for place, one in zip(placed, named, strict=False)
        ]

    return await _page(op, name, asked, "manifest", records)


async def page_object(op: Operation, name: str, stix_id: str, asked: Asked) -> Pages:
    """The versions of one object. Raises CollectionNotFound, ObjectNotFound, BadCursor."""
    return await _page(op, name, replace(asked, ids=(stix_id,)), "object", as_sent.texts_of, only=stix_id)


async def page_versions(op: Operation, name: str, stix_id: str, asked: Asked) -> Pages:
    """When each version of an object is from, as it says itself. Raises as `page_object`."""

    async def versions(op: Operation, session: Session, placed: Sequence[Placed], most: int) -> list[str | None]:
        named = await as_sent.names_of(op, session, placed, most)
        return [None if one is None else one.version for one in named]

    return await _page(op, name, replace(asked, ids=(stix_id,)), "versions", versions, only=stix_id)


Shown = Callable[[Operation, Session, Sequence[Placed], int], Awaitable[Sequence[Item | None]]]


async def _page(
    op: Operation, name: str, asked: Asked, root: str, shown: Shown[Item], *, only: str | None = None
) -> Pages:
    """`shown` gives an item for each of the places, None for what cannot be shown after all; it may stop early."""
    async with op.read(Action.COLLECTION_READ) as session:
        shelf = await _found(op, session, name)
        key = shelf.row.id
        if asked.next is not None:
            asked = replace(_opened(op, key, asked.next), limit=asked.limit)
        if only is not None and asked.ids != (only,):
            raise ObjectNotFound
        wanted = await _wanted(op, session, asked, with_ends=only is None)
        if only is not None and (wanted is None or not await _is_there(op, session, key, wanted)):
            raise ObjectNotFound
        made = await _filled(op, session, key, asked, wanted, shown) if wanted is not None else Pages(())
    op.has_read(Action.COLLECTION_READ, root, [name, *([only] if only else [])], len(made.items))
    return made


async def _filled(op: Operation, session: Session, key: str, asked: Asked, wanted: Wanted, shown: Shown[Item]) -> Pages:
    """Never empty while there is more: pollers take an empty page for the end, or begin again."""
    after, more = asked.after, True
    items: list[Item] = []
    first = last = 0
    while more and not items:
        reader = op.viewer.organization_id
        placed, more = await pages.page(session, key, reader, after=after, limit=asked.limit, wanted=wanted)
        if not placed:
            break
        given = await shown(op, session, placed, MOST_BYTES)
        more = more or len(given) < len(placed)
        kept = [(place, one) for place, one in zip(placed, given, strict=False) if one is not None]
        items = [one for _, one in kept]
        if kept:
            first, last = kept[0][0].position, kept[-1][0].position
        after = placed[len(given) - 1].position
    if not items:
        return Pages(())
    if more:
        return Pages(items, _sealed(op, key, replace(asked, after=after)), first, last)
    return Pages(items, None, first, whole_millisecond(last))


async def _is_there(op: Operation, session: Session, key: str, wanted: Wanted) -> bool:
    """Whether the reader has the object now, whatever else was asked for."""
    now = Wanted(exact=wanted.exact, masked=wanted.masked, with_ends=False)
    found, _ = await pages.page(session, key, op.viewer.organization_id, after=0, limit=1, wanted=now)
    return bool(found)


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
    masked = as_sent.keys_of_pseudonyms(op, ids)
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
