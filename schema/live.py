"""Following events while they happen, and reading them as a list."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

import strawberry

from foundation.ids import to_ref
from resolvers import live
from resolvers.replay import EventPage, list_events
from rules.events import EventKind
from rules.investigation.refusals import InvestigationNotFound
from rules.nodes import number_of
from schema import reference
from schema.events import ProgressItem, RiskItem, StreamItem, shown, told
from schema.faces import PageInfo
from schema.planned import Info
from schema.scalars import Cursor, Score

AFTER = (
    "Go on behind this cursor: what was missed first, then what happens, each event once and in order. "
    "Left out: from now on."
)
After = Annotated[Cursor | None, strawberry.argument(description=AFTER)]
CaseId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description=(
            "The global id or ref of a case. Left out: the coarse events of all cases of the viewer's organisation, "
            "and of those its people are called into."
        )
    ),
]
OneCaseId = Annotated[strawberry.ID, strawberry.argument(description="The global id or ref of the case.")]
Kinds = Annotated[
    list[EventKind] | None, strawberry.argument(description="Only events of these kinds. Left out: of all kinds.")
]


def number_or_none(id: strawberry.ID | None) -> int | None:
    return None if id is None else number(id)


def number(id: strawberry.ID) -> int:
    """The number of a case. What names none answers as a case that is hidden."""
    found = number_of("Investigation", id)
    if found is None:
        raise InvestigationNotFound(investigation_id=id[:40])
    return found


async def _shown(items: live.Items) -> AsyncGenerator[Any, None]:
    async with aclosing(items):
        async for item in items:
            yield shown(item)


@strawberry.type(
    description=(
        "Following what happens. Every event has a cursor: a client that was cut off subscribes again with `after`, "
        "and misses nothing. A Gap says what could not be kept."
    )
)
class Subscription:
    @strawberry.subscription(
        description="Everything that happens in a case; without an id the coarse events of all the viewer's cases."
    )
    async def investigation_events(
        self, info: Info, investigation_id: CaseId = None, kinds: Kinds = None, after: After = None
    ) -> AsyncGenerator[StreamItem, None]:
        items = await live.follow_investigation(
            info.context.operation, investigation_id=number_or_none(investigation_id), kinds=kinds, after=after
        )
        async with aclosing(_shown(items)) as events:
            async for event in events:
                yield event

    @strawberry.subscription(description="How far a case is: its phase, its percentage and its status.")
    async def investigation_progress(
        self, info: Info, investigation_id: OneCaseId, after: After = None
    ) -> AsyncGenerator[ProgressItem, None]:
        items = await live.follow_progress(
            info.context.operation, investigation_id=number(investigation_id), after=after
        )
        async with aclosing(_shown(items)) as events:
            async for event in events:
                yield event

    @strawberry.subscription(
        description=(
            "Each step of the risk score and each threshold it crosses; without an id the steps of analysers and the "
            "crossed thresholds of all the viewer's cases, not the steps of manual additions."
        )
    )
    async def risk_updates(
        self,
        info: Info,
        investigation_id: CaseId = None,
        minimum_score: Annotated[
            Score | None, strawberry.argument(description="Only where the score, after the step, is at least this.")
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[RiskItem, None]:
        items = await live.follow_risk(
            info.context.operation,
            investigation_id=number_or_none(investigation_id),
            minimum_score=minimum_score,
            after=after,
        )
        async with aclosing(_shown(items)) as events:
            async for event in events:
                yield event


@strawberry.type(description="One place in a list of events.")
class EventEdge:
    cursor: Cursor = told("This place: hand it to `after`, here or in a subscription.")
    node: StreamItem = told("What stands here.")


@strawberry.type(description="One page of a stream of events, oldest first.")
class EventConnection:
    page: strawberry.Private[EventPage]
    edges: list[EventEdge] = told("The page, oldest first.")

    @strawberry.field(
        description=(
            "Where it lies. `endCursor` stands behind everything that was looked at: hand it to `after` for the next "
            "page, or to a subscription, which then goes on without a gap."
        )
    )
    def page_info(self, info: Info) -> PageInfo:
        made: PageInfo = reference.Reader(info.context.operation, plain=False).show(PageInfo, self.page)
        return made


@strawberry.type
class EventQueries:
    """Reading events."""

    @strawberry.field(
        description=(
            "The events of a stream, oldest first, as far as they are kept: a subscription's past as a list. A page may "
            "be shorter than asked for and still have a next."
        )
    )
    async def events(
        self,
        info: Info,
        after: Annotated[
            Cursor | None,
            strawberry.argument(description="Only what comes after this cursor. Left out: from the first one kept."),
        ] = None,
        kinds: Kinds = None,
        investigation_id: CaseId = None,
        first: Annotated[
            int | None, strawberry.argument(description="How many: 1 to 100. 20 when left out.")
        ] = None,
    ) -> EventConnection | None:
        page = await list_events(
            info.context.operation,
            investigation_id=number_or_none(investigation_id),
            kinds=kinds,
            after=after,
            first=first,
        )
        edges = [EventEdge(cursor=item.cursor, node=shown(item)) for item in page.items]
        return EventConnection(page=page, edges=edges)
