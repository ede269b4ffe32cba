"""A page of a collection for one reader: everything it gets follows from two histories, in one statement.

Four ranges, each of one index, each stopping at the limit: entries newer than the reader's right, at their own place;
older ones, at places set aside when the right came; what a change of right took away, there too; and what a new version
or a withdrawal took away, where that happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import TextClause

from models.queries.rights import masked, visible


@dataclass(frozen=True, slots=True)
class Placed:
    """One object at its place. `form` is the one to show it in (0 where it is as it was sent); `modified`, in
    microseconds, what is to be given out; a revoked one is told of and not shown."""

    position: int
    entry: int
    object_id: str
    version_id: int
    type: str
    is_masked: bool
    form: int
    is_revoked: bool
    modified: int
    has_own_modified: bool


@dataclass(frozen=True, slots=True)
class Versions:
    """Which versions of an object are meant: all, or the first, the last and those of some times (microseconds)."""

    every: bool = False
    first: bool = False
    last: bool = False
    times: tuple[int, ...] = ()


LAST: Final = Versions(last=True)
EVERY: Final = Versions(every=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a collection is asked for; None: everything. `exact`: keys of objects that the reader may know by their
    own id, `masked`: of those he asked for by another. `with_ends`: also what he is told the end of."""

    types: tuple[str, ...] | None = None
    exact: tuple[str, ...] | None = None
    masked: tuple[str, ...] = ()
    versions: Versions = LAST
    with_ends: bool = True


EVERYTHING: Final = Wanted()


def _told(entry: str, right: str) -> str:
    return f"({right}.is_told OR {entry}.is_told)"


def _same(other: str) -> str:
    """Another entry of the same object in the same collection, which the reader may see under the same id."""
    return (
        f"{other}.collection_id = e.collection_id AND {other}.object_id = e.object_id AND {visible(other, 'r')} "
        f"AND {masked(other, 'r')} = {masked('e', 'r')}"
    )


_FIRST: Final = (
    f"NOT EXISTS (SELECT 1 FROM collection_entry o WHERE {_same('o')} AND NOT o.is_erased AND o.modified < e.modified)"  # noqa: S608
)


_SHOWN: Final = (
    f"NOT e.is_erased AND EXISTS (SELECT 1 FROM collection_entry l WHERE {_same('l')} AND l.is_live) "  # noqa: S608
    f"AND NOT EXISTS (SELECT 1 FROM collection_entry s WHERE {_same('s')} "
    "AND s.version_id = e.version_id AND s.seq > e.seq)"
)


def _chosen(versions: Versions, place: str) -> str:
    """The condition on an entry that is to be shown at `place`."""
    if versions == LAST:
        return "e.is_live"
    given = f"CASE WHEN {masked('e', 'r')} OR {_told('e', 'r')} THEN {place} ELSE e.modified END"
    ways = [
        *(["true"] if versions.every else []),
        *(["e.is_live"] if versions.last else []),
        *([_FIRST] if versions.first else []),
        *([f"{given} IN :times"] if versions.times else []),
    ]
    # An older version is shown beside one that is held: of what is gone, nothing is. Shared anew, it counts once.
    return f"({' OR '.join(ways)}) AND {_SHOWN}"


def _ended(versions: Versions, place: str) -> str:
    """The condition on the word of an end: it is the last that is said of an object."""
    if versions.every or versions.last:
        return ""
    return f" AND {place} IN :times" if versions.times else " AND false"


def _named(wanted: Wanted, right: str) -> str:
    only = " AND e.type IN :types" if wanted.types is not None else ""
    if wanted.exact is not None:
        is_masked = masked("e", right)
        only += f" AND ((e.object_id IN :exact AND NOT {is_masked}) OR (e.object_id IN :masked AND {is_masked}))"
    return only


_LISTS: Final = ("types", "exact", "masked", "times")


@cache
def _statement(shape: Wanted) -> tuple[TextClause, tuple[str, ...]]:
    """The statement, and which lists it takes. `shape`: what is asked for, without the values."""
    of_reader = "r.collection_id = :collection AND r.reader_id = :reader"
    item = "e.id AS entry, e.object_id AS object_id, e.version_id AS version_id, e.type AS type"
    told = f"{_told('e', 'r')} AS is_told"
    moved, lost = "(r.base + 2 * e.seq)", "(r.base + 2 * e.seq - 1)"
    only, only_old, versions = _named(shape, "r"), _named(shape, "r.old_"), shape.versions
    ends = f"""
  UNION ALL
  SELECT * FROM (
    SELECT {lost} AS place, {item}, {masked("e", "r.old_")}, r.old_form, true, e.modified, true
    FROM collection_reading r
    JOIN collection_entry e ON e.collection_id = r.collection_id AND e.producer_id = r.producer_id
     AND e.seq >= (:after - r.base) / 2
    WHERE {of_reader} AND r.old_level > 0 AND r.top > :after AND {lost} > :after
      AND e.position <= r.base AND (e.ended IS NULL OR e.ended > r.base) AND {visible("e", "r.old_")}{only_old}
      AND NOT ({visible("e", "r")} AND {masked("e", "r")} = {masked("e", "r.old_")}){_ended(versions, lost)}
    ORDER BY r.top, e.seq LIMIT :most) lost
  UNION ALL
  SELECT * FROM (
    SELECT e.ended AS place, {item}, {masked("e", "r")}, r.form, true, e.modified, true
    FROM collection_entry e
    JOIN collection_reading r ON {of_reader} AND r.producer_id = e.producer_id
     AND r.base < e.ended AND (r.until IS NULL OR r.until >= e.ended)
    LEFT JOIN collection_entry n ON n.id = e.heir
    WHERE e.collection_id = :collection AND e.is_narrowed AND e.ended > :after AND {visible("e", "r")}{only}
      AND (n.id IS NULL OR NOT ({visible("n", "r")} AND {masked("n", "r")} = {masked("e", "r")}))
      {_ended(versions, "e.ended")}
    ORDER BY e.ended LIMIT :most) gone"""  # noqa: S608 - our own names
    made = text(
        f"""
SELECT u.place, u.entry, u.object_id, u.version_id, u.type, u.is_masked, u.form, u.is_revoked, u.modified, u.is_told
FROM (
  SELECT * FROM (
    SELECT e.position AS place, {item}, {masked("e", "r")} AS is_masked, r.form AS form, false AS is_revoked,
           e.modified AS modified, {told}
    FROM collection_entry e
    JOIN collection_reading r ON {of_reader} AND r.producer_id = e.producer_id AND r.until IS NULL
    WHERE e.collection_id = :collection AND e.position > :after AND e.position > r.base
      AND {visible("e", "r")}{only} AND {_chosen(versions, "e.position")}
      AND e.required <= (SELECT MAX(b.level) FROM collection_reading b
                         WHERE b.collection_id = :collection AND b.reader_id = :reader AND b.until IS NULL)
    ORDER BY e.position LIMIT :most) fresh
  UNION ALL
  SELECT * FROM (
    SELECT {moved} AS place, {item}, {masked("e", "r")}, r.form, false, e.modified, {told}
    FROM collection_reading r
    JOIN collection_entry e ON e.collection_id = r.collection_id AND e.producer_id = r.producer_id
     AND e.seq > (:after - r.base) / 2
    WHERE {of_reader} AND r.until IS NULL AND r.top > :after AND {moved} > :after
      AND e.position <= r.base AND {visible("e", "r")}{only} AND {_chosen(versions, moved)}
    ORDER BY r.top, e.seq LIMIT :most) again{ends if shape.with_ends else ""}
) u ORDER BY u.place LIMIT :most
"""  # noqa: S608 - our own names
    )
    lists = tuple(name for name in _LISTS if f":{name}" in made.text)
    return made.bindparams(*(bindparam(name, expanding=True) for name in lists)), lists


async def page(
    session: AsyncSession,
    collection_id: str,
    reader_id: str,
    *,
    after: int,
    limit: int,
    wanted: Wanted = EVERYTHING,
) -> tuple[list[Placed], bool]:
    """At most `limit` objects behind the place `after`, and whether there are more."""
    versions = wanted.versions
    shape = Wanted(
        types=None if wanted.types is None else (),
        exact=None if wanted.exact is None else (),
        versions=Versions(versions.every, versions.first, versions.last, (0,) if versions.times else ()),
        with_ends=wanted.with_ends,
    )
    statement, lists = _statement(shape)
    # An empty list has no type, and PostgreSQL asks for one; nothing is called "".
    exact, hidden = wanted.exact or ("",), wanted.masked or ("",)
    given = {"types": wanted.types, "exact": exact, "masked": hidden, "times": versions.times}
    values = {"collection": collection_id, "reader": reader_id, "after": after, "most": limit + 1}
    found = (await session.execute(statement, values | {name: given[name] for name in lists})).all()
    return [_placed(row) for row in found[:limit]], len(found) > limit


def _placed(row: Sequence[Any]) -> Placed:
    place, entry, object_id, version_id, kind, is_masked, form, is_revoked, modified, is_told = row
    is_changed = bool(is_revoked or is_masked or is_told)
    return Placed(
        position=place,
        entry=entry,
        object_id=object_id,
        version_id=version_id,
        type=kind,
        is_masked=bool(is_masked),
        form=form if is_masked else 0,
        is_revoked=bool(is_revoked),
        modified=place if is_changed else modified,
        has_own_modified=not is_changed,
    )
