"""A page of a collection for one reader: everything it gets follows from two histories, in one statement.

Four ranges, each of one index, each stopping at the limit: entries newer than the reader's right, at their own place;
older ones, at places set aside when the right came; what a change of right took away, there too; and what a new version
or a withdrawal took away, where that happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

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
    is_masked: bool
    form: int
    is_revoked: bool
    modified: int
    has_own_modified: bool


_FILTERS: Final = " AND e.type IN :types"


@cache
def _statement(has_types: bool) -> TextClause:
    only = _FILTERS if has_types else ""
    of_reader = "r.collection_id = :collection AND r.reader_id = :reader"
    item = "e.id AS entry, e.object_id AS object_id, e.version_id AS version_id"
    told = "(r.is_told OR e.is_told) AS is_told"
    made = text(
        f"""
SELECT u.place, u.entry, u.object_id, u.version_id, u.is_masked, u.form, u.is_revoked, u.modified, u.is_told
FROM (
  SELECT * FROM (
    SELECT e.position AS place, {item}, {masked("e", "r")} AS is_masked, r.form AS form, false AS is_revoked,
           e.modified AS modified, {told}
    FROM collection_entry e
    JOIN collection_reading r ON {of_reader} AND r.producer_id = e.producer_id AND r.until IS NULL
    WHERE e.collection_id = :collection AND e.is_live AND e.position > :after AND e.position > r.base
      AND {visible("e", "r")}{only}
      AND e.required <= (SELECT MAX(b.level) FROM collection_reading b
                         WHERE b.collection_id = :collection AND b.reader_id = :reader AND b.until IS NULL)
    ORDER BY e.position LIMIT :most) fresh
  UNION ALL
  SELECT * FROM (
    SELECT r.base + 2 * e.seq AS place, {item}, {masked("e", "r")}, r.form, false, e.modified, {told}
    FROM collection_reading r
    JOIN collection_entry e ON e.collection_id = r.collection_id AND e.producer_id = r.producer_id
     AND e.seq > (:after - r.base) / 2
    WHERE {of_reader} AND r.until IS NULL AND r.top > :after AND r.base + 2 * e.seq > :after
      AND e.is_live AND e.position <= r.base AND {visible("e", "r")}{only}
    ORDER BY r.top, e.seq LIMIT :most) again
  UNION ALL
  SELECT * FROM (
    SELECT r.base + 2 * e.seq - 1 AS place, {item}, {masked("e", "r.old_")}, r.old_form, true, e.modified, true
    FROM collection_reading r
    JOIN collection_entry e ON e.collection_id = r.collection_id AND e.producer_id = r.producer_id
     AND e.seq >= (:after - r.base) / 2
    WHERE {of_reader} AND r.old_level > 0 AND r.top > :after AND r.base + 2 * e.seq - 1 > :after
      AND e.position <= r.base AND (e.ended IS NULL OR e.ended > r.base) AND {visible("e", "r.old_")}{only}
      AND NOT ({visible("e", "r")} AND {masked("e", "r")} = {masked("e", "r.old_")})
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
    ORDER BY e.ended LIMIT :most) gone
) u ORDER BY u.place LIMIT :most
"""  # noqa: S608 - our own names
    )
    return made.bindparams(bindparam("types", expanding=True)) if has_types else made


async def page(
    session: AsyncSession,
    collection_id: str,
    reader_id: str,
    *,
    after: int,
    limit: int,
    types: Sequence[str] | None = None,
) -> tuple[list[Placed], bool]:
    """At most `limit` objects behind the place `after`, and whether there are more. `types`: only of these."""
    values: dict[str, object] = {
        "collection": collection_id,
        "reader": reader_id,
        "after": after,
        "most": limit + 1,
    }
    if types is not None:
        values["types"] = sorted(set(types))
    found = (await session.execute(_statement(types is not None), values)).all()
    placed = [
        Placed(
            position=place,
            entry=entry,
            object_id=object_id,
            version_id=version_id,
            is_masked=bool(is_masked),
            form=form if is_masked else 0,
            is_revoked=bool(is_revoked),
            modified=place if (is_revoked or is_masked or is_told) else modified,
            has_own_modified=not (is_revoked or is_masked or is_told),
        )
        for place, entry, object_id, version_id, is_masked, form, is_revoked, modified, is_told in found[:limit]
    ]
    return placed, len(found) > limit
