"""What readers may see of an object, kept as rows beside it; and which objects name it.

A rendition keeps its row, and so its key, from version to version, since evidence of partners may rest on it. One that
is not needed any more asks for more trust than there is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from formats.stix.indicator import IndicatorDraft
from foundation.ids import new_id
from models import tables as rows
from rules.trust import UNSHARED, Need


@dataclass(frozen=True, slots=True)
class Rendition:
    """What readers get of an object in the forms from `form_from` to `form_to`, both inclusive, in columns."""

    form_from: int
    form_to: int
    name: str | None
    indicator: IndicatorDraft | None


@dataclass(frozen=True, slots=True)
class Share:
    """What a version asks of its readers, and what those get who do not get it as it was sent.

    `references` are the other objects it names, by (member, STIX id); `leans_on` says of them, as far as they are held,
    what was known when this was found out: the strictest form in which each is still as it was sent.
    """

    need: Need
    renditions: tuple[Rendition, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    leans_on: Mapping[str, int] | None = None


def needs(share: Share) -> dict[str, int]:
    """The columns of the row as it was sent."""
    return {"form_from": 0, "form_to": share.need.exact_form, **_asks(share.need)}


def _asks(need: Need) -> dict[str, int]:
    return {"required": need.required, "tlp_rank": need.tlp, "kind": need.kind, "age": need.age}


@dataclass(frozen=True, slots=True)
class Shown:
    """A newest version and the columns of its rows as it was sent; `indicator` none for what is none."""

    object_id: str
    type: str
    is_new: bool
    share: Share
    stored: Mapping[str, Any]
    indicator: Mapping[str, Any] | None


async def write(session: AsyncSession, shown: Sequence[Shown]) -> None:
    """Brings the renditions of objects just written in line with their newest versions."""
    before = await _renditions(session, [one.object_id for one in shown if not one.is_new])
    fresh: list[tuple[dict[str, Any], dict[str, Any] | None]] = []
    changed: list[tuple[dict[str, Any], dict[str, Any] | None]] = []
    keys: list[dict[str, Any]] = []
    for one in shown:
        held = before.get(one.object_id, {})
        for rendition in one.share.renditions:
            key = held.pop(rendition.form_from, None)
            (fresh if key is None else changed).append(made := _rows(one, rendition, key or new_id()))
            if rendition.indicator:
                keys += [{**each._asdict(), "indicator_id": made[0]["id"]} for each in rendition.indicator.keys]
    gone = [key for held in before.values() for key in held.values()]
    for table, which in ((rows.StixObject, 0), (rows.Indicator, 1)):
        if some := [values for pair in fresh if (values := pair[which])]:
            await session.execute(insert(table), some)
        if some := [without(values, "created_at") for pair in changed if (values := pair[which])]:
            await session.execute(update(table), some)
    if replaced := [*gone, *(pair[0]["id"] for pair in changed)]:
        await session.execute(delete(rows.IndicatorKey).where(col(rows.IndicatorKey.indicator_id).in_(replaced)))
    if keys:
        await session.execute(insert(rows.IndicatorKey), keys)
    if gone:
        for table in (rows.StixObject, rows.Indicator):
            await session.execute(update(table).where(col(table.id).in_(gone)).values(required=UNSHARED))


def without(values: Mapping[str, Any], column: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != column}


async def _renditions(session: AsyncSession, originals: Sequence[str]) -> dict[str, dict[int, str]]:
    """The keys of renditions that there are: by object and the form they begin with."""
    found: dict[str, dict[int, str]] = defaultdict(dict)
    stored = rows.StixObject
    if originals:
        statement = select(col(stored.original_id), col(stored.form_from), col(stored.id)).where(
            col(stored.original_id).in_(originals), col(stored.form_from) > 0
        )
        for original, form, key in (await session.execute(statement)).all():
            found[original][form] = key
    return found


def _rows(one: Shown, rendition: Rendition, key: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The rows of a rendition: those of the object, but for what this reader may not know."""
    own = {
        "id": key,
        "original_id": one.object_id,
        "stix_id": f"{one.type}--{key}~",  # no object that is sent can be called so
        "name": rendition.name,
        "form_from": rendition.form_from,
        "form_to": rendition.form_to,
    }
    if one.indicator is None or rendition.indicator is None:
        return {**one.stored, **own}, None
    return {**one.stored, **own}, {**one.indicator, **seen(rendition.indicator), **own, "created_by_ref": None}


def seen(indicator: IndicatorDraft) -> dict[str, Any]:
    """The columns of an indicator that tell what it looks for, and what is said of it."""
    return {
        "name": indicator.name,
        "description": indicator.description,
        "type": None if indicator.type is None else str(indicator.type),
        "value": indicator.value,
        "pattern": indicator.pattern,
        "pattern_type": indicator.pattern_type,
        "fingerprint": indicator.fingerprint,
        "is_indexed": bool(indicator.keys),
        "not_indexed_because": indicator.uncovered,
        "not_matched_because": indicator.unmatched,
        "labels": indicator.labels,
        "indicator_types": indicator.indicator_types,
        "confidence": indicator.confidence,
        "valid_from": indicator.valid_from,
        "valid_until": indicator.valid_until,
        "created_by_ref": indicator.created_by_ref,
        "created": indicator.created,
    }


async def unshare(session: AsyncSession, object_ids: Collection[str]) -> None:
    """Nobody but their owner sees these objects any more, in any form."""
    for table in (rows.StixObject, rows.Indicator):
        where = col(table.original_id).in_(object_ids)
        await session.execute(update(table).where(where).values(required=UNSHARED))
    await session.execute(update(rows.StixObject).where(col(rows.StixObject.id).in_(object_ids)).values(is_due=False))


async def write_references(session: AsyncSession, shown: Sequence[Shown]) -> None:
    if again := [one.object_id for one in shown if not one.is_new]:
        await session.execute(delete(rows.StixReference).where(col(rows.StixReference.object_id).in_(again)))
    named = [
        {"object_id": one.object_id, "member": member, "ref": ref}
        for one in shown
        for member, ref in one.share.references
    ]
    if named:
        await session.execute(insert(rows.StixReference), named)


async def exact_forms(session: AsyncSession, organization_id: str, stix_ids: Iterable[str]) -> dict[str, int]:
    """Of objects that the organisation holds, the strictest form in which each is still as it was sent."""
    stored = rows.StixObject
    wanted = sorted(set(stix_ids))
    if not wanted:
        return {}
    statement = select(col(stored.stix_id), col(stored.form_to)).where(
        col(stored.organization_id) == organization_id,
        col(stored.stix_id).in_(wanted),
        col(stored.form_from) == 0,
        ~(col(stored.is_due) & (col(stored.required) == UNSHARED)),  # nobody has found out yet
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


async def make_due(
    session: AsyncSession, organization_id: str, *, naming: Collection[str], but: Collection[str], also: Collection[str]
) -> None:
    """What names one of these objects (STIX ids) is to be found out anew, `but` for those (keys); and `also` those."""
    given = {"organization": organization_id, "named": sorted(naming), "but": sorted(but), "unshared": UNSHARED}
    if naming:
        await session.execute(_NAMING, given)
    if also:
        await session.execute(update(rows.StixObject).where(col(rows.StixObject.id).in_(also)).values(is_due=True))


async def make_all_due(session: AsyncSession, organization_id: str) -> None:
    """What the organisation says is its own has changed: all that it shares is to be found out anew."""
    stored = rows.StixObject
    where = (
        col(stored.organization_id) == organization_id,
        col(stored.form_from) == 0,
        col(stored.required) < UNSHARED,
    )
    await session.execute(update(stored).where(*where).values(is_due=True))


_NAMING = text(
    "UPDATE stix_object SET is_due = true WHERE organization_id = :organization AND NOT is_due AND id NOT IN :but "
    "AND required < :unshared AND id IN (SELECT object_id FROM stix_reference WHERE ref IN :named)"
).bindparams(bindparam("named", expanding=True), bindparam("but", expanding=True))
