"""What is stored already is shared anew when what it asks of its readers may have changed.

That is when an organisation says that something else is its own, when an object that is referred to is shown otherwise
than before, and for what was stored before there was sharing.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import orjson

from formats.stix.from_stix import StixDraft
from formats.stix.indicator import read_indicator
from formats.stix.references import references_of
from foundation.telemetry import logger
from foundation.words import Tlp
from models.database import Session
from models.queries import due, homes, positions, renditions, stix_objects
from models.queries.due import Due
from models.queries.organizations import own_things
from models.queries.renditions import Share
from models.queries.stix_objects import Change, Kept
from resolvers import sharing
from resolvers.needs import share_of
from resolvers.operation import House
from resolvers.stix_reading import beside
from rules.masking import Assets
from rules.own_things import assets_of
from rules.trust import LEVEL_OF, UNSHARED

PIECE = 200
"""Objects of one transaction."""

PIECES = 20
"""Of one organisation in a round, before the next one has its turn."""

ORGANIZATIONS = 50

Found = tuple[Due, StixDraft, Share]

log = logger("casegraph.resharing")


async def share_due(house: House) -> int:
    """One round; how many objects were looked at. Any process may do it: each piece is written by one of them."""
    done = 0
    async with house.database.reading() as session:
        waiting = await due.with_due(session, ORGANIZATIONS)
    for organization_id in waiting:
        for _ in range(PIECES):
            count = await _share_piece(house, organization_id)
            done += count
            if count < PIECE:
                break
    return done


async def _share_piece(house: House, organization_id: str) -> int:
    async with house.database.reading() as session:
        piece = await due.due(session, organization_id, PIECE)
        if not piece:
            return 0
        contents = [orjson.loads(one.text) for one in piece]
        assets = assets_of(*await own_things(session, organization_id))
        named = {ref for content in contents for _, ref in references_of(content)}
        exact = await renditions.exact_forms(session, organization_id, named)
    found, lost = await beside(lambda: _found_out(piece, contents, exact, assets))
    async with house.database.transaction() as session:
        await stix_objects.take_turn(session, organization_id)
        still = await due.still_due(session, piece)
        if gone := [key for key in lost if key in still]:
            await renditions.unshare(session, gone)
        await _share(session, house, organization_id, [one for one in found if one[0].object_id in still])
    return len(piece)


def _found_out(
    piece: Sequence[Due], contents: Sequence[Mapping[str, object]], held: Mapping[str, int], assets: Assets
) -> tuple[list[Found], list[str]]:
    """What each asks; and the keys of those of which it could not be found out."""
    exact = dict(held)  # one after the other: two that refer to each other would else change places for ever
    found: list[Found] = []
    lost: list[str] = []
    for one, content in zip(piece, contents, strict=True):
        try:
            draft = _draft(one, content)
            # Neither a change of trust's terms nor of our own things makes it older than it was when it came.
            is_new = one.required == UNSHARED
            age = max(one.came_at - one.modified, timedelta()).days if is_new and one.modified else one.age
            required = LEVEL_OF[sharing.USUAL_LEVEL] if is_new else one.required
            share = share_of(draft, required=required, age_days=age, assets=assets, exact_forms=exact)
            exact[one.stix_id] = share.need.exact_form
            found.append((one, draft, share))
        except Exception as error:
            log.error("an object cannot be shared", object=one.object_id, exc_info=error)
            lost.append(one.object_id)
    return found, lost


def _draft(one: Due, content: Mapping[str, object]) -> StixDraft:
    """As it was when it came in: checked then, and not again."""
    return StixDraft(
        stix_id=one.stix_id,
        type=one.type,
        modified=one.modified,
        revoked=one.revoked,
        tlp=Tlp(one.tlp),
        name=one.name,
        content=content,
        text=one.text,
        digest="",
        indicator=read_indicator(content) if one.type == "indicator" else None,
    )


async def _share(session: Session, house: House, organization_id: str, found: Sequence[Found]) -> None:
    if not found:
        return
    now = house.clock.now()
    await due.restate(session, organization_id, found)
    newest = [(draft, share, _kept(one)) for one, draft, share in found]
    await sharing.settle(session, organization_id, newest)
    for collection in await homes.homes_of(session, organization_id, now):
        before = await positions.needs_in(session, collection, [one.object_id for one, _, _ in found])
        # Whoever gets something else than was sent may get another thing now.
        versions = [
            sharing.published(draft, share, kept, now)
            for draft, share, kept in newest
            if share.renditions or before.get(kept.object_id) != share.need
        ]
        if versions:
            await positions.publish(session, collection, organization_id, versions, now)


def _kept(one: Due) -> Kept:
    was_exact = None if one.required == UNSHARED else one.exact_form
    return Kept(Change.UNCHANGED, one.object_id, one.version_id, one.version, was_exact)
