"""New intelligence finds the cases it touches: running ones and those of the last weeks.

Each case keeps what its analysis looked up. When something was shared, that is looked up again, through the eyes of the
case's organisation, and what it did not meet before is told in the case: by one entry of its timeline, however much
there is. No score moves by it: a person may run the case again.

What it costs depends on the cases and not on what comes in: a case is looked up at most once in PAUSE, CASES of them in
a round, with at most MOST_OBSERVED values each, as its analysis did. So a hundred thousand objects that come at once
are a few look-ups for each case, and as many entries at most.
"""

from datetime import timedelta
from typing import Final

from foundation.ids import to_ref
from foundation.telemetry import logger
from models import tables as rows
from models.queries import indicators, watches
from models.queries.indicators import Match
from models.walls import EVERYTHING, wall_of
from resolvers.opening import case_for_update
from resolvers.operation import Door, House, Operation
from resolvers.seen import shown_stix_id
from resolvers.timeline import actor_of, record_action
from rules.access.actions import Action
from rules.access.viewer import engine_of
from rules.investigation.findings import Facts
from rules.investigation.observed import look_up
from rules.investigation.words import EventAction

WATCHED: Final = timedelta(days=30)
"""For how long after its analysis a case is looked after."""

PAUSE: Final = timedelta(seconds=30)
CASES: Final = 50
MOST_OBSERVED: Final = 1_000
MOST_NAMED: Final = 100

log = logger("casegraph.watching")


async def watch(door: Door, case: rows.Investigation, facts: Facts) -> None:
    """From now on the people of this case are told of what touches these facts and is none of what they met."""
    own = look_up(facts.about_entity())
    observed = list(dict.fromkeys((*own, *look_up(facts))))[:MOST_OBSERVED]
    known = {one.id for one in facts.indicators or ()} | {match.indicator.id for match in facts.patterns}
    await watches.keep(door.session, case, observed, known, now=door.now, until=door.now + WATCHED)


async def tell_cases(house: House) -> int:
    """One round; how many cases were told something. Any process may do it: each case is told by one of them."""
    now = house.clock.now()
    async with house.database.reading(EVERYTHING) as session:
        waiting = await watches.behind(session, now=now, before=now - PAUSE, most=CASES)
    told = 0
    for number, organization_id in waiting:
        op = Operation(house, engine_of(organization_id), request_id=f"watch:{to_ref('INV', number)}")
        try:
            told += await _tell(op, number)
        except Exception as error:  # The others are told; this one is tried again in the next round.
            log.error("a case could not be looked after", case=number, exc_info=error)
    return told


async def _tell(op: Operation, investigation_id: int) -> bool:
    async with op.read(Action.INVESTIGATION_RUN) as session:
        seen = await watches.watch_of(session, op.viewer, investigation_id)
        if seen is None:
            return False
        matches = await indicators.matching(session, op.viewer, seen.observed)
    now = op.clock.now()
    news = {
        match.original_id: match
        for match in matches
        if match.original_id not in seen.known
        and not match.revoked
        and (match.valid_until is None or now < match.valid_until)
    }
    if not news:
        async with op.house.database.transaction(wall_of(op.viewer)) as session:
            await watches.looked(session, seen, (), now)
        return False
    async with op.write(Action.INVESTIGATION_RUN, target=to_ref("INV", investigation_id), at="watch") as door:
        case = await case_for_update(door.session, op.viewer, investigation_id)
        is_told = await watches.looked(door.session, seen, news, now) and case.archived_at is None
        if is_told:
            await _say(door, case, op, list(news.values()))
    return is_told


async def _say(door: Door, case: rows.Investigation, op: Operation, news: list[Match]) -> None:
    names = [shown_stix_id(one.stix_id, one.original_id, one.form_from, pseudonyms=op.pseudonyms) for one in news]
    what = "1 indicator that is new touches" if len(names) == 1 else f"{len(names)} indicators that are new touch"
    first = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    await record_action(
        door,
        case,
        actor=actor_of(op.viewer),
        action=EventAction.DATA_RECEIVED,
        summary=f"{what} this case: {first}. The score is as it was; another run weighs them.",
        output_data={"indicators": names[:MOST_NAMED], "indicatorTotal": len(names)},
    )
