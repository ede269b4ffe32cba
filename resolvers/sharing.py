"""Sharing: what is stored is offered to those who may see it, in the form that each of them gets.

Whoever stores STIX objects prepares them before the write door opens, since patterns are slow, and keeps them in it:

    sending = await sharing.prepare(op, drafts, level=None)
    async with op.write(...) as door:
        kept = await sharing.keep(door, op.viewer, sending)      # late: it locks the collections

What readers are shown, see `models.queries.renditions`; how they are told of it, `models.queries.positions`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from formats.stix.from_stix import StixDraft
from formats.stix.members import moment
from formats.stix.references import references_of
from foundation.times import microseconds
from models.database import Session
from models.queries import homes, positions, renditions, stix_objects
from models.queries.organizations import own_things
from models.queries.positions import Published
from models.queries.renditions import Share
from models.queries.stix_objects import Kept
from resolvers import indicator_news
from resolvers.needs import share_of
from resolvers.operation import Door, Operation
from resolvers.stix_reading import beside
from rules.access.actions import Action
from rules.access.viewer import Viewer
from rules.masking import Assets
from rules.own_things import assets_of
from rules.trust import LEVEL_OF, Form, TrustLevelName

USUAL_LEVEL: Final = TrustLevelName.TRUSTED
"""What is asked of readers where nobody says what (D19)."""

MOST_AHEAD: Final = timedelta(minutes=5)
"""How far a `modified` in the future moves places: a clock may be wrong by that much. What is dated later is placed as
if it were not, or one object of the year 9999 would leave no room for the next."""


@dataclass(frozen=True, slots=True)
class Sending:
    """Objects of one organisation, and what each asks of its readers."""

    drafts: Sequence[StixDraft]
    shares: Sequence[Share]


async def prepare(
    op: Operation, drafts: Sequence[StixDraft], *, level: TrustLevelName | None = None, action: Action
) -> Sending:
    """Finds out what objects of the caller's organisation ask of their readers; no door may be open. `level`: how much
    trust they ask for. `action`: the one that the write door will be opened for."""
    if not drafts:
        return Sending((), ())
    named = {ref for draft in drafts for _, ref in references_of(draft.content)}
    async with op.read(action) as session:
        assets = assets_of(*await own_things(session, op.viewer.organization_id))
        exact = await renditions.exact_forms(session, op.viewer.organization_id, named)
    required, now = LEVEL_OF[level or USUAL_LEVEL], op.clock.now()
    return Sending(drafts, await beside(lambda: _shares(drafts, exact, assets, required, now)))


def _shares(
    drafts: Sequence[StixDraft], held: Mapping[str, int], assets: Assets, required: int, now: datetime
) -> list[Share]:
    """Of each draft, after those it refers to: whoever refers to what is changed is changed himself."""
    exact = dict(held)
    shares: dict[int, Share] = {}
    numbers = {draft.stix_id: number for number, draft in enumerate(drafts)}  # the last of several versions
    begun: set[int] = set()
    todo = list(reversed(range(len(drafts))))
    while todo:
        number = todo.pop()
        if number in shares:
            continue
        draft = drafts[number]
        first = {numbers[ref] for _, ref in references_of(draft.content) if ref in numbers} - begun - {number}
        if number not in begun and first:
            begun.add(number)
            todo += [number, *sorted(first, reverse=True)]
            continue
        begun.add(number)
        age = max(now - draft.modified, timedelta()).days if draft.modified else 0
        shares[number] = share_of(draft, required=required, age_days=age, assets=assets, exact_forms=exact)
        if numbers[draft.stix_id] == number:
            exact[draft.stix_id] = shares[number].need.exact_form
    return [shares[number] for number in range(len(drafts))]


async def keep(door: Door, viewer: Viewer, sending: Sending) -> list[Kept]:
    """Stores what was prepared and offers the newest version of each object, and older ones to whoever asks for them;
    what became of each, in their order.

    Collections are locked by it: nothing but the door's own rows may be written after it.
    """
    session, now = door.session, door.now
    kept = await stix_objects.store(session, viewer, sending.drafts, sending.shares, now)
    stored = [
        (draft, share, one)
        for draft, share, one in zip(sending.drafts, sending.shares, kept, strict=True)
        if one.version_id is not None
    ]
    if stored:
        newest = [one for one in stored if one[2].is_newest]
        await settle(session, viewer.organization_id, newest)
        versions = [published(*one, now) for one in stored]
        for collection in await homes.homes_of(session, viewer.organization_id, now):
            await positions.publish(session, collection, viewer.organization_id, versions, now)
        news = (
            indicator_news.moved(one.object_id, share.need, is_new=one.was_exact is None, is_revoked=draft.revoked)
            for draft, share, one in newest
            if draft.indicator
        )
        await indicator_news.announce(door, viewer.organization_id, [one for one in news if one is not None])
    return kept


async def settle(session: Session, organization_id: str, newest: Sequence[tuple[StixDraft, Share, Kept]]) -> None:
    """Once they are written: what refers to an object that is shown otherwise than before has to be found out anew; and
    so does what was found out while that changed."""
    named = {ref for _, share, _ in newest for _, ref in share.references}
    now_exact = await renditions.exact_forms(session, organization_id, named)
    right: set[str] = set()
    wrong: set[str] = set()
    for _, share, one in newest:
        leant = share.leans_on or {}
        is_right = all(now_exact.get(ref) == leant.get(ref) for _, ref in share.references)
        (right if is_right else wrong).add(one.object_id)
    moved = {
        draft.stix_id
        for draft, share, one in newest
        if share.need.exact_form != (Form.FULL if one.was_exact is None else one.was_exact)
    }
    await renditions.make_due(session, organization_id, naming=moved, but=right, also=wrong)


def published(draft: StixDraft, share: Share, kept: Kept, now: datetime) -> Published:
    assert kept.version_id is not None and kept.version is not None, "it was stored"
    own = draft.content.get("created") if draft.modified is None else None  # what is made once is of when it was made
    version = moment(own, "created") if isinstance(own, str) else kept.version
    placed_at = microseconds(min(version, now + MOST_AHEAD))
    return Published(kept.object_id, kept.version_id, draft.type, share.need, placed_at, kept.is_newest)


async def withdraw(door: Door, viewer: Viewer, object_ids: Collection[str]) -> None:
    """Takes objects of the viewer's organisation out of sharing: whoever had one is told that it is revoked, and nobody
    else sees it any more. A newer version is shared again."""
    wanted = await stix_objects.own_among(door.session, viewer, object_ids)
    if not wanted:
        return
    await renditions.unshare(door.session, wanted)
    for collection in await homes.homes_of(door.session, viewer.organization_id, door.now):
        await positions.withdraw(door.session, collection, wanted, door.now)
