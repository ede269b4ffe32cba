"""STIX objects on their way in: many at once, each version once, the newest of each in columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from formats.stix.from_stix import StixDraft
from foundation.ids import new_id
from foundation.words import Word
from models import tables as rows
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer

# One number for all imports, beside the organisation's own: two imports of one organisation take turns, since both
# would decide on the same objects from what was there before.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:organization, 7203114557))")


class Change(Word):
    """What became of an object that was sent."""

    CREATED = "created", "It was stored: the organisation had no object of this id."
    UPDATED = "updated", "It was stored: a newer version than the one that was held."
    KEPT = "kept", "It was stored beside the newer version that is held: an older one."
    UNCHANGED = "unchanged", "This very version was there already, or earlier in the same request."
    CONFLICT = "conflict", "Another content under the same id and version is held. It was not stored."


@dataclass(frozen=True, slots=True)
class Kept:
    """`object_id` is the key of the object, also of one that was there before."""

    change: Change
    object_id: str


@dataclass(slots=True)
class _Held:
    """An object as it is known: the digests of its versions, and which version is the newest."""

    object_id: str
    is_new: bool
    digests: dict[datetime, str] = field(default_factory=dict)
    newest: datetime | None = None
    current: StixDraft | None = None  # of this request; None while the newest is one that was there


async def store(session: AsyncSession, viewer: Viewer, drafts: Sequence[StixDraft], now: datetime) -> list[Kept]:
    """Stores what is new among objects of the viewer's organisation; what became of each, in their order."""
    if not drafts:
        return []
    if session.get_bind().dialect.name != "sqlite":
        await session.execute(_LOCK, {"organization": viewer.organization_id})
    held = await _held(session, viewer, {draft.stix_id for draft in drafts})
    kept: list[Kept] = []
    added: list[tuple[_Held, datetime, StixDraft]] = []
    for draft in drafts:
        known = held.setdefault(draft.stix_id, _Held(new_id(), True))
        version = _version_of(draft, known, now)
        change = _change(draft, known, version)
        kept.append(Kept(change, known.object_id))
        if change in (Change.CREATED, Change.UPDATED, Change.KEPT):
            known.digests[version] = draft.digest
            added.append((known, version, draft))
        if change in (Change.CREATED, Change.UPDATED):
            known.newest, known.current = version, draft
    if added:
        await _write(session, viewer.organization_id, added, now)
    return kept


async def _held(session: AsyncSession, viewer: Viewer, stix_ids: Iterable[str]) -> dict[str, _Held]:
    stored, version = rows.StixObject, rows.StixVersion
    statement = (
        select(col(stored.stix_id), col(stored.id), col(version.version), col(version.digest))
        .join(version, col(version.object_id) == col(stored.id))
        .where(
            visible(stored),
            visible(version),
            col(stored.organization_id) == viewer.organization_id,
            col(stored.stix_id).in_(sorted(stix_ids)),
        )
    )
    held: dict[str, _Held] = {}
    for stix_id, object_id, moment, digest in (await session.execute(statement, viewer_parameters(viewer))).all():
        known = held.setdefault(stix_id, _Held(object_id, False))
        known.digests[moment] = digest
        known.newest = moment if known.newest is None else max(known.newest, moment)
    return held


def _version_of(draft: StixDraft, known: _Held, now: datetime) -> datetime:
    """What STIX does not version is newest when it came last, and the same as before when its content is."""
    if draft.modified is not None:
        return draft.modified
    if known.newest is None:
        return now
    if known.digests[known.newest] == draft.digest:
        return known.newest
    return max(now, known.newest + timedelta(microseconds=1))


def _change(draft: StixDraft, known: _Held, version: datetime) -> Change:
    if (digest := known.digests.get(version)) is not None:
        return Change.UNCHANGED if digest == draft.digest else Change.CONFLICT
    if known.newest is None:
        return Change.CREATED
    return Change.UPDATED if version > known.newest else Change.KEPT


async def _write(
    session: AsyncSession, organization_id: str, added: Sequence[tuple[_Held, datetime, StixDraft]], now: datetime
) -> None:
    numbers = await session.scalars(
        insert(rows.StixVersion).returning(col(rows.StixVersion.id), sort_by_parameter_order=True),
        [
            {
                "object_id": known.object_id,
                "organization_id": organization_id,
                "version": version,
                "digest": draft.digest,
                "content": draft.text,
                "revoked": draft.revoked,
                "tlp": str(draft.tlp),
                "added_at": now,
            }
            for known, version, draft in added
        ],
    )
    # Of several versions of one object only the newest is seen in columns.
    newest = {
        known.object_id: (known, number, draft)
        for number, (known, version, draft) in zip(numbers.all(), added, strict=True)
        if version == known.newest and known.current is draft
    }
    await _write_newest(session, organization_id, list(newest.values()), now)


async def _write_newest(
    session: AsyncSession, organization_id: str, newest: Sequence[tuple[_Held, int, StixDraft]], now: datetime
) -> None:
    owner = {"organization_id": organization_id}
    for table, columns in (
        (rows.StixObject, [(known, _object_columns(draft, number)) for known, number, draft in newest]),
        (
            rows.Indicator,
            [(known, _indicator_columns(draft, number)) for known, number, draft in newest if draft.indicator],
        ),
    ):
        fresh = [
            {"id": known.object_id, **owner, **values, "created_at": now, "updated_at": now}
            for known, values in columns
            if known.is_new
        ]
        changed = [
            {"id": known.object_id, **values, "updated_at": now} for known, values in columns if not known.is_new
        ]
        if fresh:
            await session.execute(insert(table), fresh)
        if changed:
            await session.execute(update(table), changed)
    gone = [known.object_id for known, _, draft in newest if draft.indicator and not known.is_new]
    if gone:
        await session.execute(delete(rows.IndicatorKey).where(col(rows.IndicatorKey.indicator_id).in_(gone)))
    keys = [
        {**key._asdict(), "indicator_id": known.object_id}
        for known, _, draft in newest
        if draft.indicator
        for key in draft.indicator.keys
    ]
    if keys:
        await session.execute(insert(rows.IndicatorKey), keys)


def _object_columns(draft: StixDraft, number: int) -> dict[str, Any]:
    return {
        "stix_id": draft.stix_id,
        "type": draft.type,
        "name": draft.name,
        "version_id": number,
        "modified": draft.modified,
        "revoked": draft.revoked,
        "tlp": str(draft.tlp),
    }


def _indicator_columns(draft: StixDraft, number: int) -> dict[str, Any]:
    indicator = draft.indicator
    assert indicator is not None and draft.modified is not None, "an indicator is always versioned"
    return {
        "stix_id": draft.stix_id,
        "version_id": number,
        "name": indicator.name,
        "description": indicator.description,
        "type": None if indicator.type is None else str(indicator.type),
        "value": indicator.value,
        "pattern": indicator.pattern,
        "pattern_type": indicator.pattern_type,
        "is_indexed": bool(indicator.keys),
        "not_indexed_because": indicator.uncovered,
        "not_matched_because": indicator.unmatched,
        "labels": indicator.labels,
        "indicator_types": indicator.indicator_types,
        "confidence": indicator.confidence,
        "valid_from": indicator.valid_from,
        "valid_until": indicator.valid_until,
        "revoked": draft.revoked,
        "tlp": str(draft.tlp),
        "created_by_ref": indicator.created_by_ref,
        "created": indicator.created,
        "modified": draft.modified,
    }


async def statements_among(session: AsyncSession, viewer: Viewer, stix_ids: Iterable[str]) -> set[str]:
    """Which of these marking definitions the viewer's organisation holds as statements in words."""
    wanted = sorted(set(stix_ids))
    if not wanted:
        return set()
    stored, version = rows.StixObject, rows.StixVersion
    statement = (
        select(col(version.content))
        .join(stored, col(stored.version_id) == col(version.id))
        .where(visible(stored), visible(version), col(stored.stix_id).in_(wanted))
    )
    found = map(orjson.loads, (await session.scalars(statement, viewer_parameters(viewer))).all())
    return {content["id"] for content in found if content.get("definition_type") == "statement"}
