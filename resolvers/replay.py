"""The events of a stream as a list: what was, a page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass

from foundation.errors import InvalidInput
from models.queries import events
from resolvers.operation import Operation
from resolvers.sight import CaseSight, Sight, case_named, stream_of
from resolvers.stream_items import Delivered, Gap, GapReason, Place
from rules.access.actions import Action
from rules.events import EventKind

SIZE, LARGEST = 20, 100
SCANNED = 1_000
"""Events looked at for one page. Where the viewer may see few of them a page may be short and still have a next."""


@dataclass(frozen=True)
class EventPage:
    """One page. `end_cursor` stands behind all that was looked at, also what was passed over: go on there, or subscribe
    there."""

    items: list[Delivered | Gap]
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str


async def list_events(
    op: Operation,
    *,
    investigation_id: int | None,
    kinds: Iterable[EventKind] | None = None,
    after: str | None = None,
    first: int | None = None,
) -> EventPage:
    """The events behind `after`, or from the first one kept; at most `first` (1 to 100, 20 when left out).

    Of one case, or the coarse ones of all cases of the viewer's organisation. Raises InvalidInput, BadCursor, and
    InvestigationNotFound for a case the viewer may not see.
    """
    op.check(Action.EVENT_READ)
    size = SIZE if first is None else first
    if not 1 <= size <= LARGEST:
        raise InvalidInput(f"A page has 1 to {LARGEST} events.", field="first")
    stream = stream_of(op, investigation_id)
    place = op.house.hub.places.open(after, stream) if after is not None else None
    sight = CaseSight(op, investigation_id)
    await sight.ask(())
    chosen = None if kinds is None else sorted(str(kind) for kind in kinds)
    page = await _Scan(op, stream, sight, chosen, size).run(place)
    op.has_read(Action.EVENT_READ, "events", case_named(investigation_id), len(page.items))
    return page


@dataclass
class _Scan:
    """One walk along a stream, until the page is full or enough was looked at."""

    op: Operation
    stream: str
    sight: Sight
    kinds: list[str] | None
    size: int

    async def run(self, place: Place | None) -> EventPage:
        async with self.op.read(Action.EVENT_READ) as session:
            head, low = await events.extent(session, self.stream)
        items: list[Delivered | Gap] = []
        position = place.sequence if place is not None else low
        if place is not None and (not place.is_of_this_history or position > head):
            items.append(self._gap(position + 1, head, GapReason.RESTORED))
            return self._page(items, head, more=False, low=low)
        if position < low:
            items.append(self._gap(position + 1, low, GapReason.PRUNED))
            position = low
        for _ in range(0, SCANNED, LARGEST):
            async with self.op.read(Action.EVENT_READ) as session:
                found = await events.page(session, self.stream, position, limit=LARGEST + 1, kinds=self.kinds)
            self.op.house.hub.answers.move()
            batch = [self.op.house.hub.places.delivered(event) for event in found.events[:LARGEST]]
            await self.sight.ask(batch)
            for item in batch:
                if (told := self.sight.shown(item)) is not None:
                    if len(items) == self.size:
                        return self._page(items, position, more=True, low=low)
                    items.append(told)
                position = item.sequence
            if len(found.events) <= LARGEST:
                return self._page(items, max(position, found.head), more=False, low=low)
        return self._page(items, position, more=True, low=low)

    def _gap(self, first: int, last: int, reason: GapReason) -> Gap:
        return Gap(self.op.house.hub.places.seal(self.stream, last), first, last, reason)

    def _page(self, items: list[Delivered | Gap], position: int, *, more: bool, low: int) -> EventPage:
        start = next((item.sequence for item in items if isinstance(item, Delivered)), position + 1)
        return EventPage(
            items=items,
            has_next_page=more,
            has_previous_page=start > low + 1,
            start_cursor=items[0].cursor if items else None,
            end_cursor=self.op.house.hub.places.seal(self.stream, position),
        )
