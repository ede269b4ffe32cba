"""What readers may see of producers, and the change of it: worked out from the facts, told in every collection.

The words of `rules.trust` in SQL. A change first locks every collection, also those in which the producer has nothing
yet, since its first object may be on the way; then it works out whose right really changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from foundation.times import microseconds, whole_millisecond
from models.trust import PendingAccess
from rules.trust import ANY_AGE, EVERY_KIND, FORMS, GROUP_TLP, Form

PARTS: Final = ("level", "tlp", "form", "kinds", "max_age")
"""Of a right, as columns."""


def visible(entry: str, right: str) -> str:
    """`rules.trust.visible` of two aliases; a right that ends in `_` is a prefix of columns, such as `r.old_`."""
    has = right if right.endswith("_") else f"{right}."
    return (
        f"({has}level > 0 AND {has}level >= {entry}.required AND {has}tlp >= {entry}.tlp "
        f"AND {has}form < {entry}.hide_form AND ({has}kinds & {entry}.kind) <> 0 AND {has}max_age >= {entry}.age)"
    )


def masked(entry: str, right: str) -> str:
    """`rules.trust.is_masked`, likewise."""
    has = right if right.endswith("_") else f"{right}."
    return f"({has}form > {entry}.exact_form)"


_NATURAL = f"CASE {' '.join(f'WHEN t.level >= {least} THEN {form:d}' for least, form in FORMS)} ELSE {Form.FULL:d} END"
_FORM = "CASE WHEN f.natural > f.strictest THEN f.natural ELSE f.strictest END"

# A relationship that says something wins, also when it says nothing any more; else the best group that both are in.
_EFFECTIVE = f"""
INSERT INTO access_pending (reader_id, producer_id, level, tlp, form, kinds, max_age)
SELECT f.reader_id, f.producer_id, f.level, f.tlp, {_FORM}, f.kinds, f.max_age
FROM (SELECT t.*, {_NATURAL} AS natural
      FROM (SELECT p.reader_id, p.producer_id,
                   COALESCE(r.granted,
                            (SELECT MAX(g.granted) FROM trust_member mine
                             JOIN trust_member theirs ON theirs.group_id = mine.group_id
                              AND theirs.organization_id = p.producer_id AND theirs.is_active
                             JOIN trust_group g ON g.id = mine.group_id
                             WHERE mine.organization_id = p.reader_id AND mine.is_active), 0) AS level,
                   COALESCE(r.tlp, {GROUP_TLP}) AS tlp, COALESCE(r.strictest, 0) AS strictest,
                   COALESCE(r.kinds, {EVERY_KIND}) AS kinds, COALESCE(r.max_age, {ANY_AGE}) AS max_age
            FROM ({{pairs}}) p
            LEFT JOIN trust_relationship r
              ON r.trustor_id = p.producer_id AND r.trustee_id = p.reader_id AND r.granted IS NOT NULL) t) f
LEFT JOIN access a ON a.reader_id = f.reader_id AND a.producer_id = f.producer_id
WHERE COALESCE(a.level, 0) <> f.level
   OR (f.level > 0 AND (a.tlp <> f.tlp OR a.form <> {_FORM} OR a.kinds <> f.kinds OR a.max_age <> f.max_age))
"""  # noqa: S608 - our own names and numbers


@dataclass(frozen=True, slots=True)
class Touched:
    """Which pairs a change of the facts may have an effect on: SELECTs of (reader_id, producer_id)."""

    pairs: str
    values: dict[str, str]


def of_pair(*, reader_id: str, producer_id: str) -> Touched:
    """A relationship was made, changed or ended."""
    return of_pairs([(reader_id, producer_id)])


def of_pairs(pairs: Iterable[tuple[str, str]]) -> Touched:
    """Several relationships were: (reader, producer) of each, all different, and some hundreds at most."""
    selects: list[str] = []
    values: dict[str, str] = {}
    for number, (reader, producer) in enumerate(pairs):
        selects.append(f"SELECT CAST(:r{number} AS text) AS reader_id, CAST(:p{number} AS text) AS producer_id")
        values |= {f"r{number}": reader, f"p{number}": producer}
    return Touched(" UNION ALL ".join(selects), values)


def of_member(*, group_id: str, organization_id: str) -> Touched:
    """An organisation joined or left: both directions with every member."""
    others = "FROM trust_member m WHERE m.group_id = :trust_group AND m.organization_id <> :organization"
    return Touched(
        f"SELECT m.organization_id AS reader_id, CAST(:organization AS text) AS producer_id {others} "
        f"UNION SELECT CAST(:organization AS text), m.organization_id {others}",
        {"trust_group": group_id, "organization": organization_id},
    )


def of_group(*, group_id: str) -> Touched:
    """A group's level changed."""
    return Touched(
        "SELECT a.organization_id AS reader_id, b.organization_id AS producer_id FROM trust_member a "
        "JOIN trust_member b ON b.group_id = a.group_id AND b.organization_id <> a.organization_id "
        "WHERE a.group_id = :trust_group",
        {"trust_group": group_id},
    )


async def apply(session: AsyncSession, touched: Touched, now: datetime) -> list[tuple[str, str]]:
    """After the facts were written, in their transaction: gives every reader concerned its new right.

    The pairs (reader, producer) whose right changed. Nothing else may be locked after this by the same transaction.
    """
    heads = await _lock_all(session)
    await session.execute(text(_EFFECTIVE.format(pairs=touched.pairs)), touched.values)
    pending = text("SELECT reader_id, producer_id FROM access_pending ORDER BY reader_id, producer_id")
    changed = [(reader, producer) for reader, producer in (await session.execute(pending)).all()]
    producers = sorted({producer for _, producer in changed})
    for collection, head in heads if changed else ():
        await _shift(session, collection, head, producers, now)
    if changed:
        await session.execute(_KEEP)
        await session.execute(delete(PendingAccess))
    return changed


_LOCK_ALL = "SELECT id, head FROM collection ORDER BY id"
_TURN = text("SELECT pg_advisory_xact_lock(7203114558)")  # one change of trust at a time, even with no collection yet
_KEEP = text(
    f"""
INSERT INTO access (reader_id, producer_id, {", ".join(PARTS)})
SELECT reader_id, producer_id, {", ".join(PARTS)} FROM access_pending WHERE true
ON CONFLICT (reader_id, producer_id) DO UPDATE SET {", ".join(f"{part} = excluded.{part}" for part in PARTS)}
"""  # noqa: S608 - our own names
)
_WIDTHS = text(
    "SELECT producer_id, MAX(seq) FROM collection_entry WHERE collection_id = :collection GROUP BY producer_id"
)
_CLOSE = text(
    "UPDATE collection_reading SET until = :base WHERE collection_id = :collection AND producer_id = :producer "
    "AND until IS NULL AND reader_id IN (SELECT reader_id FROM access_pending WHERE producer_id = :producer)"
)
_NOTHING: Final = {"level": 0, "tlp": 0, "form": int(Form.FULL), "kinds": 0, "max_age": 0}
_OPEN = text(
    f"""
INSERT INTO collection_reading (collection_id, reader_id, producer_id, base, top, {", ".join(PARTS)},
                                {", ".join(f"old_{part}" for part in PARTS)}, is_told)
SELECT CAST(:collection AS text), n.reader_id, n.producer_id, CAST(:base AS bigint), CAST(:top AS bigint),
       {", ".join(f"n.{part}" for part in PARTS)},
       {", ".join(f"COALESCE(r.{part}, {nothing})" for part, nothing in _NOTHING.items())},
       COALESCE(r.level > 0 OR r.is_told, false)
FROM access_pending n
LEFT JOIN collection_reading r ON r.collection_id = :collection AND r.reader_id = n.reader_id
      AND r.producer_id = n.producer_id AND r.until = :base
WHERE n.producer_id = :producer
"""  # noqa: S608 - our own names
)
_HEAD = text("UPDATE collection SET head = :head WHERE id = :collection")
_BEGIN = text(
    f"""
INSERT INTO collection_reading (collection_id, reader_id, producer_id, base, top, {", ".join(PARTS)},
                                {", ".join(f"old_{part}" for part in PARTS)}, is_told)
SELECT CAST(:collection AS text), reader_id, producer_id, 0, 0, {", ".join(PARTS)},
       {", ".join(str(nothing) for nothing in _NOTHING.values())}, false
FROM access WHERE level > 0
"""  # noqa: S608 - our own names
)


async def take_turn(session: AsyncSession) -> None:
    """No right changes, and no collection begins, until this transaction ends."""
    if not is_sqlite(session):
        await session.execute(_TURN)


async def begin_collection(session: AsyncSession, collection_id: str) -> None:
    """Gives a new collection, just added, the rights that hold already."""
    await take_turn(session)
    await session.execute(_BEGIN, {"collection": collection_id})


async def _lock_all(session: AsyncSession) -> Sequence[tuple[str, int]]:
    if is_sqlite(session):  # its one writer has begun with the lock of everything
        found = await session.execute(text(_LOCK_ALL))
    else:
        await session.execute(_TURN)
        found = await session.execute(text(f"{_LOCK_ALL} FOR UPDATE"))
    return [(key, head) for key, head in found.all()]


async def _shift(session: AsyncSession, collection: str, head: int, producers: Iterable[str], now: datetime) -> None:
    """One block of places for each producer, the same for all its readers: two for each version it has."""
    found = await session.execute(_WIDTHS, {"collection": collection})
    widths: dict[str, int] = {row[0]: row[1] for row in found}
    blocks = [(producer, 2 * widths.get(producer, 0)) for producer in producers]
    total = sum(width for _, width in blocks)
    last = whole_millisecond(max(microseconds(now), head + 1 + total))
    base = last - total
    for producer, width in blocks:
        values = {"collection": collection, "producer": producer, "base": base}
        await session.execute(_CLOSE, values)
        await session.execute(_OPEN, {**values, "top": base + width})
        base += width
    await session.execute(_HEAD, {"collection": collection, "head": last})


def is_sqlite(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"
