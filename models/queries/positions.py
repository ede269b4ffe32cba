"""Putting versions into collections, and taking objects out, so that no reader misses one.

The publishing part comes late in a transaction and begins with the collection's lock: what a reader loses is worked out
from what nobody can add to any more. Of several collections, lock the one with the lower key first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from foundation.times import microseconds, whole_millisecond
from models.queries.rights import PARTS, is_sqlite
from rules.trust import OWN, Need

Item = TypeVar("Item")

AT_ONCE: Final = 500
"""Keys in one statement, far below what either driver takes."""


@dataclass(frozen=True, slots=True)
class Published:
    """A version to be put into a collection. `modified` in microseconds; `is_newest`: of its object, as held here."""

    object_id: str
    version_id: int
    type: str
    need: Need
    modified: int
    is_newest: bool = True


async def publish(
    session: AsyncSession, collection_id: str, producer_id: str, versions: Sequence[Published], now: datetime
) -> list[int]:
    """Gives each version its place, in their order: what TAXII calls `date_added`, in microseconds.

    Every object belongs to this producer. Of several versions of one object the last that is the newest stays.
    `versions` is not empty.
    """
    # A version that another one of the same call replaces was never anybody's newest: its end is no loss to be told.
    newest = {version.object_id: n for n, version in enumerate(versions) if version.is_newest}
    is_live = [newest.get(version.object_id) == n for n, version in enumerate(versions)]
    head = await _lock(session, collection_id)
    whose = {"collection": collection_id, "producer": producer_id}
    await session.execute(_OWN, whose)
    seq = await session.scalar(_LAST_SEQ, whose) or 0
    # A place is never behind the `modified` that it carries, or a word of its end could be older than the version.
    after = max(head, *(version.modified for version in versions))
    last = whole_millisecond(max(microseconds(now), after + 2 * len(versions)))
    places = [last - 2 * (len(versions) - 1 - n) for n in range(len(versions))]
    ended = await _retire(session, collection_id, sorted(newest))
    await session.execute(
        _ENTRY,
        [
            {
                **whose,
                "seq": seq + n + 1,
                "object": version.object_id,
                "version": version.version_id,
                "type": version.type,
                "position": places[n],
                "is_live": is_live[n],
                "required": version.need.required,
                "tlp": version.need.tlp,
                "exact_form": int(version.need.exact_form),
                "hide_form": int(version.need.hide_form),
                "kind": version.need.kind,
                "age": version.need.age,
                "modified": version.modified,
                "ended": None if is_live[n] else places[n],
            }
            for n, version in enumerate(versions)
        ],
    )
    for some in chunks(ended.values()):
        await session.execute(_END, {"entries": some})
    await session.execute(_TOLD, {**whose, "seq": seq})
    await session.execute(_HEAD, {"collection": collection_id, "head": last})
    return places


async def needs_in(session: AsyncSession, collection_id: str, object_ids: Iterable[str]) -> dict[str, Need]:
    """What those of the objects that are in the collection ask of their readers there."""
    found: dict[str, Need] = {}
    for some in chunks(object_ids):
        for key, *asked in await session.execute(_NEEDS, {"collection": collection_id, "objects": some}):
            found[key] = Need(*asked)
    return found


async def withdraw(session: AsyncSession, collection_id: str, object_ids: Iterable[str], now: datetime) -> list[str]:
    """Takes objects out for good: whoever had one is told so, once. Which of them were in."""
    wanted = sorted(set(object_ids))
    head = await _lock(session, collection_id)
    ended = await _retire(session, collection_id, wanted)
    if not ended:
        return []
    last = whole_millisecond(max(microseconds(now), head + len(ended)))
    first = last - len(ended) + 1
    await session.execute(
        _WITHDRAW, [{"entry": entry, "position": first + n} for n, entry in enumerate(ended.values())]
    )
    for some in chunks(ended):
        await session.execute(_ERASE, {"collection": collection_id, "objects": some})
    await session.execute(_HEAD, {"collection": collection_id, "head": last})
    return list(ended)


_LOCK = "SELECT head FROM collection WHERE id = :collection"
_HEAD = text("UPDATE collection SET head = :head WHERE id = :collection")
_LAST_SEQ = text(
    "SELECT COALESCE(MAX(seq), 0) FROM collection_entry WHERE collection_id = :collection AND producer_id = :producer"
)
_RETIRE = text(
    "UPDATE collection_entry SET is_live = false "
    "WHERE collection_id = :collection AND object_id IN :objects AND is_live RETURNING object_id, id"
).bindparams(bindparam("objects", expanding=True))
_NEEDS = text(
    "SELECT object_id, required, tlp, exact_form, hide_form, kind, age FROM collection_entry "
    "WHERE collection_id = :collection AND object_id IN :objects AND is_live"
).bindparams(bindparam("objects", expanding=True))
_WITHDRAW = text("UPDATE collection_entry SET ended = :position, is_narrowed = true WHERE id = :entry")
_ERASE = text(
    "UPDATE collection_entry SET is_erased = true WHERE collection_id = :collection AND object_id IN :objects"
).bindparams(bindparam("objects", expanding=True))
_OWN = text(
    f"""
INSERT INTO collection_reading (collection_id, reader_id, producer_id, base, top, {", ".join(PARTS)},
                                {", ".join(f"old_{part}" for part in PARTS)}, is_told)
VALUES (:collection, :producer, :producer, 0, 0, {", ".join(str(int(getattr(OWN, part))) for part in PARTS)},
        {", ".join("0" for _ in PARTS)}, false)
ON CONFLICT (collection_id, reader_id, producer_id, base) DO NOTHING
"""  # noqa: S608 - our own names and numbers
)
_ENTRY = text(
    """
INSERT INTO collection_entry (collection_id, producer_id, seq, object_id, version_id, type, position, is_live, required,
                              tlp, exact_form, hide_form, kind, age, modified, ended, heir, is_narrowed, is_told,
                              is_erased)
VALUES (:collection, :producer, :seq, :object, :version, :type, :position, :is_live, :required, :tlp, :exact_form,
        :hide_form, :kind, :age, :modified, :ended, NULL, false, false, false)
"""
)
# The end of an entry is told where its heir stands. It is a loss to those whom the heir asks for more than they have.
_END = text(
    """
UPDATE collection_entry SET ended = n.position - 1, heir = n.id,
    is_narrowed = (n.required > collection_entry.required OR n.tlp > collection_entry.tlp
                   OR n.hide_form < collection_entry.hide_form OR n.exact_form <> collection_entry.exact_form
                   OR n.kind <> collection_entry.kind OR n.age > collection_entry.age)
FROM collection_entry n
WHERE collection_entry.id IN :entries AND n.collection_id = collection_entry.collection_id
  AND n.object_id = collection_entry.object_id AND n.is_live
"""
).bindparams(bindparam("entries", expanding=True))
_TOLD = text(
    """
UPDATE collection_entry SET is_told = true
WHERE collection_id = :collection AND producer_id = :producer AND seq > :seq
  AND EXISTS (SELECT 1 FROM collection_entry o
              WHERE o.collection_id = collection_entry.collection_id AND o.object_id = collection_entry.object_id
                AND o.is_narrowed)
"""
)


async def _lock(session: AsyncSession, collection_id: str) -> int:
    """The collection's head, held until this transaction ends."""
    found = await session.scalar(
        text(_LOCK if is_sqlite(session) else f"{_LOCK} FOR UPDATE"), {"collection": collection_id}
    )
    if found is None:
        raise LookupError("There is no such collection.")
    return int(found)


async def _retire(session: AsyncSession, collection_id: str, object_ids: Sequence[str]) -> dict[str, int]:
    """The live entries of these objects, by object, live no longer."""
    retired: dict[str, int] = {}
    for some in chunks(object_ids):
        found = await session.execute(_RETIRE, {"collection": collection_id, "objects": some})
        retired.update((object_id, entry) for object_id, entry in found.all())
    return dict(sorted(retired.items()))


def chunks(items: Iterable[Item]) -> Iterable[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, AT_ONCE)):
        yield chunk
