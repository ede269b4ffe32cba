"""Following a stream of events: first what was missed, then what happens, each event once and in order.

A subscriber stands behind a number. It takes the next events from the hub's tail where that reaches back far enough,
and else a page from the table; both are numbered without a hole, so nothing can be missed or doubled between them. What
is no longer in the table is told as a Gap. No session or connection is held between two events.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from foundation.errors import Refusal, Unavailable
from models.queries import events
from models.reading.indicator_filters import INDICATOR_FILTERS
from models.reading.window import converted
from resolvers.operation import Operation
from resolvers.sight import CaseSight, IndicatorSight, Sight, Wish, case_named, stream_of
from resolvers.stream_items import Delivered, Gap, GapReason, Place
from rules.access.actions import Action
from rules.events import Event, EventKind, RiskThresholdBreached, RiskUpdated

PAGE = 256  # events read from the table at once
IDLE_S = 15.0
"""Between two looks at whether a subscriber is still welcome while nothing happens. This only frees what nobody may use
any more: the connection is watched more closely, and before any event is handed out it is asked again."""

MAX_BEHIND = 10_000  # events that a subscriber may fall behind after it began
MAX_PAUSE_S = 60.0  # without taking an event that lies ready
RETRY_S = 1.0  # until the database is asked again when it is away

Item = Delivered | Gap
Items = AsyncGenerator[Item, None]
Wanted = Callable[[Event], bool]
Answer = TypeVar("Answer")


class SlowConsumer(Refusal):
    """The subscription ends; `cursor`, in the error's extensions, is where to go on."""

    code, status, kind, in_payload = "SLOW_CONSUMER", 503, "SLOW_CONSUMER", False
    message = "Events were not read in time. Subscribe again after the cursor given."


@dataclass(frozen=True)
class _Start:
    """Where a subscription begins, and what has to be said first."""

    stream: str
    sequence: int
    head: int
    gap: Gap | None = None


async def follow_investigation(
    op: Operation,
    *,
    investigation_id: int | None,
    kinds: Iterable[EventKind] | None = None,
    after: str | None = None,
) -> Items:
    """Everything of one case; without an id the coarse events of all cases of the viewer's organisation.

    Begins behind `after`; without it, now. Raises BadCursor, and InvestigationNotFound for a case the viewer may not
    see.
    """
    return await follow(op, investigation_id=investigation_id, after=after, wanted=_of_kinds(kinds))


async def follow_progress(op: Operation, *, investigation_id: int, after: str | None = None) -> Items:
    """Phase, percentage and status of one case."""
    kinds = (EventKind.INVESTIGATION_PROGRESSED, EventKind.INVESTIGATION_STATUS_CHANGED)
    return await follow(op, investigation_id=investigation_id, after=after, wanted=_of_kinds(kinds))


async def follow_risk(
    op: Operation, *, investigation_id: int | None, minimum_score: float | None = None, after: str | None = None
) -> Items:
    """Steps of the score and crossed thresholds; only such as reach `minimum_score` (0.0 to 1.0)."""
    least = 0.0 if minimum_score is None else minimum_score

    def wanted(event: Event) -> bool:
        if isinstance(event, RiskUpdated):
            return event.new_score >= least
        return isinstance(event, RiskThresholdBreached) and event.score >= least

    return await follow(op, investigation_id=investigation_id, after=after, wanted=wanted)


async def follow_indicators(op: Operation, *, wish: Mapping[str, Any] | None = None, after: str | None = None) -> Items:
    """What becomes of the indicators that the viewer's organisation may see, as it sees them: shared, changed,
    withdrawn. Of those that fit the wish, a filter of lists; one that was withdrawn fits whether or not it asks for
    such."""
    filters = {**converted(INDICATOR_FILTERS, wish or {}), "include_revoked": True}
    return await _follow(op, stream_of(op, None), IndicatorSight(op, Wish(filters)), after, lambda event: True, ())


async def follow(op: Operation, *, investigation_id: int | None, after: str | None, wanted: Wanted) -> Items:
    """The events of one case, or the coarse ones of all."""
    stream, sight = stream_of(op, investigation_id), CaseSight(op, investigation_id)
    return await _follow(op, stream, sight, after, wanted, case_named(investigation_id))


async def _follow(
    op: Operation, stream: str, sight: Sight, after: str | None, wanted: Wanted, named: Sequence[str]
) -> Items:
    """Raises what there is to refuse at once; the generator then begins exactly where `after` or the moment says."""
    op.check(Action.EVENT_READ)
    place = op.house.hub.places.open(after, stream) if after is not None else None
    await sight.ask(())
    op.has_read(Action.EVENT_READ, "events", named, 0)
    return _items(op, await _start(op, stream, place), sight, wanted)


def _of_kinds(kinds: Iterable[EventKind] | None) -> Wanted:
    if kinds is None:
        return lambda event: True
    chosen = frozenset(kinds)
    return lambda event: event.kind in chosen


async def _start(op: Operation, stream: str, place: Place | None) -> _Start:
    async with op.read(Action.EVENT_READ) as session:
        head, _low = await events.extent(session, stream)
    if place is None:
        return _Start(stream, head, head)
    if place.is_of_this_history and place.sequence <= head:
        return _Start(stream, place.sequence, head)
    # Of a history that was replaced nothing can be said but that it went on: the numbers it gave are given anew.
    gap = Gap(op.house.hub.places.seal(stream, head), place.sequence + 1, head, GapReason.RESTORED)
    return _Start(stream, head, head, gap)


async def _items(op: Operation, start: _Start, sight: Sight, wanted: Wanted) -> Items:
    loop = asyncio.get_running_loop()
    last, most_behind = start.sequence, start.head - start.sequence + MAX_BEHIND
    follower = op.house.hub.join(start.stream)
    try:
        if start.gap is not None:
            yield start.gap
        while True:
            batch = follower.after(last)
            if batch is None:
                gap, batch = await _patiently(_page, op, start.stream, last)
                if gap is not None:
                    yield gap
                    last = gap.last
            if not batch:
                await follower.news(IDLE_S)
                await _patiently(sight.ask, ())
                continue
            for item in batch:
                last = item.sequence
                if item.event is None or not wanted(item.event):
                    continue
                if not sight.knows(batch):
                    await _patiently(sight.ask, batch)
                if (told := sight.shown(item)) is None:
                    continue
                offered_at = loop.time()
                yield told
                pause, behind = loop.time() - offered_at, follower.head - last
                if behind > most_behind or (behind > 0 and pause > MAX_PAUSE_S):
                    raise SlowConsumer(cursor=item.cursor)
    finally:
        op.house.hub.leave(follower)


async def _page(op: Operation, stream: str, after: int) -> tuple[Gap | None, Sequence[Delivered]]:
    """The next events in the table without a hole between them, and what is missing before the first."""
    async with op.read(Action.EVENT_READ) as session:
        found = await events.page(session, stream, after, limit=PAGE)
    op.house.hub.answers.move()
    places = op.house.hub.places
    first = found.events[0].seq if found.events else found.head + 1
    # The events of one page follow one another; where they do not, the next page says what is missing.
    batch = [places.delivered(event) for number, event in enumerate(found.events, first) if event.seq == number]
    if first <= after + 1:
        return None, batch
    return Gap(places.seal(stream, first - 1), after + 1, first - 1, GapReason.PRUNED), batch


async def _patiently(act: Callable[..., Awaitable[Answer]], *arguments: object) -> Answer:
    """Asks until the database answers: a subscriber outlives its restart."""
    while True:
        try:
            return await act(*arguments)
        except Unavailable:
            await asyncio.sleep(RETRY_S)
