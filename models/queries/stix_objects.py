"""STIX objects on their way in: many at once, each version once, the newest of each in columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import orjson
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from formats.stix.edges import edges_of
from formats.stix.from_stix import StixDraft
from foundation.ids import new_id
from foundation.words import Word
from models import tables as rows
from models.queries import edges, renditions
from models.queries.renditions import Share, Shown, needs, seen, without
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
    """`object_id` is the key of the object, also of one that was there before.

    `version_id` is that of the version now stored, if any, `version` its time; `was_exact` the strictest form in which
    the object was as it was sent before, none for a new one.
    """

    change: Change
    object_id: str
    version_id: int | None = None
    version: datetime | None = None
    was_exact: int | None = None
    is_newest: bool = True


@dataclass(slots=True)
class _Held:
    """An object as it is known: the digests of its versions, and which version is the newest."""

    object_id: str
    is_new: bool
    was_exact: int | None = None
    digests: dict[datetime, str] = field(default_factory=dict)
    newest: datetime | None = None
    current: int | None = None  # which draft of this request; None while the newest is one that was there


@dataclass(frozen=True, slots=True)
class _Added:
    """A version to be stored: the draft of that number in the request."""

    known: _Held
    version: datetime
    draft: StixDraft
    share: Share
    number: int


async def store(
    session: AsyncSession, viewer: Viewer, drafts: Sequence[StixDraft], shares: Sequence[Share], now: datetime
) -> list[Kept]:
    """Stores what is new among objects of the viewer's organisation; what became of each, in their order.

    `shares`: what each asks of its readers. They are told of it by `resolvers.sharing`, which calls this.
    """
    if not drafts:
        return []
    await take_turn(session, viewer.organization_id)
    held = await _held(session, viewer, {draft.stix_id for draft in drafts})
    kept: list[Kept] = []
    added: list[_Added] = []
    for number, (draft, share) in enumerate(zip(drafts, shares, strict=True)):
        known = held.setdefault(draft.stix_id, _Held(new_id(), True))
        version = _version_of(draft, known, now)
        change = _change(draft, known, version)
        kept.append(Kept(change, known.object_id))
        if change in (Change.CREATED, Change.UPDATED, Change.KEPT):
            known.digests[version] = draft.digest
            added.append(_Added(known, version, draft, share, number))
        if change in (Change.CREATED, Change.UPDATED):
            known.newest, known.current = version, number
    for one, version_id in await _write(session, viewer.organization_id, added, now) if added else ():
        kept[one.number] = replace(
            kept[one.number],
            version_id=version_id,
            version=one.version,
            was_exact=one.known.was_exact,
            is_newest=one.known.current == one.number,
        )
    return kept


async def take_turn(session: AsyncSession, organization_id: str) -> None:
    """Nobody else stores objects of the organisation, or finds out anew what they ask, until this transaction ends."""
    if session.get_bind().dialect.name != "sqlite":
        await session.execute(_LOCK, {"organization": organization_id})


async def _held(session: AsyncSession, viewer: Viewer, stix_ids: Iterable[str]) -> dict[str, _Held]:
    stored, version = rows.StixObject, rows.StixVersion
    statement = (
        select(col(stored.stix_id), col(stored.id), col(stored.form_to), col(version.version), col(version.digest))
        .join(version, col(version.object_id) == col(stored.id))
        .where(
            visible(stored),
            visible(version),
            col(stored.organization_id) == viewer.organization_id,
            col(stored.form_from) == 0,
            col(stored.stix_id).in_(sorted(stix_ids)),
        )
    )
    held: dict[str, _Held] = {}
    for stix_id, object_id, exact, moment, digest in (
        await session.execute(statement, viewer_parameters(viewer))
    ).all():
        known = held.setdefault(stix_id, _Held(object_id, False, exact))
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
    session: AsyncSession, organization_id: str, added: Sequence[_Added], now: datetime
) -> list[tuple[_Added, int]]:
    """Each of them with the key of its version."""
    numbers = await session.scalars(
        insert(rows.StixVersion).returning(col(rows.StixVersion.id), sort_by_parameter_order=True),
        [
            {
                "object_id": one.known.object_id,
                "organization_id": organization_id,
                "version": one.version,
                "digest": one.draft.digest,
                "content": one.draft.text,
                "revoked": one.draft.revoked,
                "tlp": str(one.draft.tlp),
                "added_at": now,
            }
            for one in added
        ],
    )
    written = list(zip(added, numbers.all(), strict=True))
    # Of several versions of one object only the newest is seen in columns.
    newest = [(one, number) for one, number in written if one.known.current == one.number]
    shown = [
        shown_of(one.draft, one.share, organization_id, one.known.object_id, number, now, is_new=one.known.is_new)
        for one, number in newest
    ]
    await _write_newest(session, shown)
    await edges.write(
        session,
        organization_id,
        {one.known.object_id: edges_of(one.draft.content) for one, _ in newest},
        arrived={one.draft.stix_id for one, _ in newest if one.known.is_new},
    )
    keys = [
        {**key._asdict(), "indicator_id": one.known.object_id}
        for one, _ in newest
        if one.draft.indicator
        for key in one.draft.indicator.keys
    ]
    if keys:
        await session.execute(insert(rows.IndicatorKey), keys)
    await renditions.write(session, shown)
    await renditions.write_references(session, shown)
    return written


async def _write_newest(session: AsyncSession, shown: Sequence[Shown]) -> None:
    for table, columns in (
        (rows.StixObject, [(one.is_new, one.stored) for one in shown]),
        (rows.Indicator, [(one.is_new, one.indicator) for one in shown if one.indicator]),
    ):
        if fresh := [values for is_new, values in columns if is_new]:
            await session.execute(insert(table), fresh)
        if changed := [without(values, "created_at") for is_new, values in columns if not is_new]:
            await session.execute(update(table), changed)
    if gone := [one.object_id for one in shown if one.indicator and not one.is_new]:
        await session.execute(delete(rows.IndicatorKey).where(col(rows.IndicatorKey.indicator_id).in_(gone)))


def shown_of(
    draft: StixDraft,
    share: Share,
    organization_id: str,
    object_id: str,
    version_id: int,
    came_at: datetime,
    *,
    is_new: bool = False,
) -> Shown:
    """The columns of a newest version."""
    both = {
        "id": object_id,
        "original_id": object_id,
        "organization_id": organization_id,
        "stix_id": draft.stix_id,
        "name": draft.name,
        "version_id": version_id,
        "modified": draft.modified,
        "revoked": draft.revoked,
        "tlp": str(draft.tlp),
        **needs(share),
        "created_at": came_at,
        "updated_at": came_at,
    }
    return Shown(
        object_id,
        draft.type,
        is_new,
        share,
        {**both, "type": draft.type, "is_due": False},
        {**both, **seen(draft.indicator)} if draft.indicator else None,
    )


async def own_among(session: AsyncSession, viewer: Viewer, object_ids: Iterable[str]) -> list[str]:
    """Those of the keys that are of objects of the viewer's organisation, as they were sent."""
    stored = rows.StixObject
    statement = select(col(stored.id)).where(
        visible(stored),
        col(stored.organization_id) == viewer.organization_id,
        col(stored.form_from) == 0,
        col(stored.id).in_(sorted(set(object_ids))),
    )
    return list((await session.scalars(statement, viewer_parameters(viewer))).all())


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
