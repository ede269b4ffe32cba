"""Following events while they happen, and reading them as a list."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, TypeVar

import strawberry

from resolvers import live
from resolvers.replay import EventPage, list_events
from rules.access.actions import Action
from rules.events import EventKind
from rules.investigation.refusals import InvestigationNotFound
from rules.nodes import number_of
from schema import reference
from schema.arguments import tidy
from schema.events import IndicatorItem, ProgressItem, RiskItem, StreamItem, shown, told
from schema.faces import PageInfo
from schema.indicators import IndicatorFilter
from schema.marks import acts
from schema.planned import Info
from schema.scalars import Cursor, Score

T = TypeVar("T")

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


def given(value: T | None) -> T | None:
    """What is left out is null."""
    return None if value is strawberry.UNSET else value


def number_or_none(id: strawberry.ID | None) -> int | None:
    known = given(id)
    return None if known is None else number(known)


def number(id: strawberry.ID) -> int:
    """The number of a case. What names none answers as a case that is hidden."""
    found = number_of("Investigation", id)
    if found is None:
        raise InvestigationNotFound(investigation_id=id[:40])
    return found


async def _investigation_events(
    info: Info,
    investigation_id: CaseId = strawberry.UNSET,
    kinds: Kinds = strawberry.UNSET,
    after: After = strawberry.UNSET,
) -> AsyncGenerator[StreamItem, None]:
    items = await live.follow_investigation(
        info.context.operation,
        investigation_id=number_or_none(investigation_id),
        kinds=given(kinds),
        after=given(after),
    )
    async with aclosing(items):
        async for item in items:
            yield shown(item)


async def _investigation_progress(
    info: Info, investigation_id: OneCaseId, after: After = strawberry.UNSET
) -> AsyncGenerator[ProgressItem, None]:
    items = await live.follow_progress(
        info.context.operation, investigation_id=number(investigation_id), after=given(after)
    )
    async with aclosing(items):
        async for item in items:
            yield shown(item)


async def _risk_updates(
    info: Info,
    investigation_id: CaseId = strawberry.UNSET,
    minimum_score: Annotated[
        Score | None, strawberry.argument(description="Only where the score, after the step, is at least this.")
    ] = strawberry.UNSET,
    after: After = strawberry.UNSET,
) -> AsyncGenerator[RiskItem, None]:
    items = await live.follow_risk(
        info.context.operation,
        investigation_id=number_or_none(investigation_id),
        minimum_score=given(minimum_score),
        after=given(after),
    )
    async with aclosing(items):
        async for item in items:
            yield shown(item)


async def _indicator_changes(
    info: Info,
    filter: Annotated[
        IndicatorFilter | None,
        strawberry.argument(
            description="Only of indicators that fit all of these, as they are when they are told of. Withdrawn ones "
            "fit whether or not they are asked for."
        ),
    ] = strawberry.UNSET,
    after: After = strawberry.UNSET,
) -> AsyncGenerator[IndicatorItem, None]:
    wish = tidy({"filter": given(filter)})["filter"]
    items = await live.follow_indicators(info.context.operation, wish=wish, after=given(after))
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
    investigation_events: AsyncGenerator[StreamItem, None] = strawberry.subscription(
        resolver=_investigation_events,
        description="Everything that happens in a case; without an id the coarse events of all the viewer's cases.",
        metadata=acts(Action.EVENT_READ),
    )
    investigation_progress: AsyncGenerator[ProgressItem, None] = strawberry.subscription(
        resolver=_investigation_progress,
        description="How far a case is: its phase, its percentage and its status.",
        metadata=acts(Action.EVENT_READ),
    )
    risk_updates: AsyncGenerator[RiskItem, None] = strawberry.subscription(
        resolver=_risk_updates,
        description=(
            "Each step of the risk score and each threshold it crosses; without an id the steps of analysers and the "
            "crossed thresholds of all the viewer's cases, not the steps of manual additions."
        ),
        metadata=acts(Action.EVENT_READ),
    )
    indicator_changes: AsyncGenerator[IndicatorItem, None] = strawberry.subscription(
        resolver=_indicator_changes,
        description=(
            "Indicators of the own organisation and of those that trust it: shared, changed, withdrawn, as the viewer "
            "may see them. A bulk import comes as one message for every thousand."
        ),
        metadata=acts(Action.EVENT_READ),
    )


@strawberry.type(description="One place in a list of events.")
class EventEdge:
    node: StreamItem = told("What stands here.")
    cursor: Cursor = told("This place: hand it to `after`, here or in a subscription.")


def _page_info(root: Any, info: Info) -> PageInfo:
    made: PageInfo = reference.Reader(info.context.operation, plain=False).show(PageInfo, root.page)
    return made


@strawberry.type(description="One page of a stream of events, oldest first.")
class EventConnection:
    page: strawberry.Private[EventPage]
    edges: list[EventEdge] = told("The page, oldest first.")
    page_info: PageInfo = told(
        "Where it lies. `endCursor` stands behind everything that was looked at: hand it to `after` for the next page, "
        "or to a subscription, which then goes on without a gap.",
        resolver=_page_info,
    )


async def _events(
    info: Info,
    after: Annotated[
        Cursor | None,
        strawberry.argument(description="Only what comes after this cursor. Left out: from the first one kept."),
    ] = strawberry.UNSET,
    kinds: Kinds = strawberry.UNSET,
    investigation_id: CaseId = strawberry.UNSET,
    first: Annotated[
        int | None, strawberry.argument(description="How many: 1 to 100. 20 when left out.")
    ] = strawberry.UNSET,
) -> EventConnection | None:
    page = await list_events(
        info.context.operation,
        investigation_id=number_or_none(investigation_id),
        kinds=given(kinds),
        after=given(after),
        first=given(first),
    )
    edges = [EventEdge(cursor=item.cursor, node=shown(item)) for item in page.items]
    return EventConnection(page=page, edges=edges)


@strawberry.type(description="Reading events.")
class EventQueries:
    events: EventConnection | None = strawberry.field(
        resolver=_events,
        description=(
            "The events of a stream, oldest first, as far as they are kept: a subscription's past as a list. A page "
            "may be shorter than asked for and still have a next."
        ),
        metadata=acts(Action.EVENT_READ),
    )
