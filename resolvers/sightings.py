"""Sightings: what people and their tools say of an indicator once they have looked for it."""

from datetime import datetime

from foundation.errors import InvalidInput
from foundation.ids import OtherKey, to_global
from foundation.texts import check_number, check_text
from models import tables as rows
from models.queries import own_indicators, sightings
from resolvers.operation import Door, Operation
from resolvers.seen import shown_stix_id
from rules.access.actions import Action
from rules.events import IndicatorChanged
from rules.indicator_refusals import IndicatorNotFound, IndicatorWithdrawn, MayNotContribute
from rules.sightings import MAY_CONTRIBUTE, SightingKind, after

MOST_COUNT, MOST_NOTE = 1_000_000, 2_000


async def record_sighting(
    op: Operation,
    *,
    indicator_id: str | OtherKey,
    kind: SightingKind,
    seen_at: datetime | None = None,
    count: int = 1,
    note: str = "",
) -> tuple[int, str]:
    """Writes down one word on an indicator; the number of the sighting, and the key of the indicator as it was named.

    `seen_at`: when it was met, now where nothing is said; `count`: how often, 1 to 1,000,000. Of another organisation's
    indicator only where that one lets its partner contribute. Its holder and the reporter alone see who said what;
    whoever sees the indicator sees what it comes to.
    """
    async with op.write(Action.SIGHTING_RECORD, kind=str(kind)) as door:
        at = door.now if seen_at is None else seen_at
        if at > door.now:
            raise InvalidInput("Nothing can have been seen in the future.", field="seenAt")
        often = check_number(count, field="count", least=1, most=MOST_COUNT)
        text = check_text(note, field="note", most=MOST_NOTE)
        found = await own_indicators.find(door.session, op.viewer, indicator_id, op.pseudonyms)
        if found is None:
            raise IndicatorNotFound(field="indicatorId", indicator_id=named(indicator_id))
        reporter, holder = op.viewer.organization_id, found.holder_id
        if holder != reporter:
            may = await sightings.access_level(door.session, trustor_id=holder, trustee_id=reporter)
            if may not in MAY_CONTRIBUTE:
                raise MayNotContribute
        if found.revoked:
            raise IndicatorWithdrawn(field="indicatorId")
        await _settle(door, found.original_id, kind, at, reporter=reporter, holder=holder)
        sighting = door.add(
            rows.Sighting(
                indicator_id=found.original_id,
                organization_id=reporter,
                holder_id=holder,
                kind=str(kind),
                at=at,
                count=often,
                note=text,
                reported_by=op.viewer.user_id or None,
                created_at=door.now,
            )
        )
        await door.session.flush()
        door.about(shown_stix_id(found.stix_id, found.original_id, found.form_from, pseudonyms=op.pseudonyms))
        door.announce(IndicatorChanged(indicator_ids=(found.original_id,), organization_ids=(reporter, holder)))
        answer = (int(sighting.id), found.indicator_id)
        door.answer(answer)
    return answer


async def _settle(
    door: Door, original_id: str, kind: SightingKind, at: datetime, *, reporter: str, holder: str
) -> None:
    """Under the lock of the standing, so that of two words of one organisation each knows whether it is the newer."""
    standing = await sightings.standing_for_update(door.session, original_id)
    before = await sightings.newest_word(door.session, original_id, reporter)
    settled = after(
        standing,
        kind,
        at,
        by_holder=reporter == holder,
        before=None if before is None else before[0],
        is_newest=before is None or before[1] <= at,
    )
    await sightings.keep_standing(door.session, original_id, settled)


def named(key: str | OtherKey) -> str:
    """What an indicator was called, for a sentence."""
    return key.text if isinstance(key, OtherKey) else to_global("Indicator", key)
