"""The types of live events, and how one that was delivered becomes one.

Fields of the same name have the same type in all of them, so that one selection may name everything: where two events
mean different things by a word (why a status changed, why the risk moved), each says which.
"""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any

import strawberry

from foundation.ids import to_global
from resolvers import stream_items
from resolvers.stream_items import Delivered, GapReason, IndicatorsDelivered
from rules.events import EventKind
from rules.investigation.words import (
    ActorType,
    CompletionReason,
    DomainName,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
    ThresholdType,
    VerificationStatus,
)
from schema import enums, ties
from schema.evidence import Evidence
from schema.indicators import Indicator
from schema.investigations import Investigation
from schema.planned import Info, planned
from schema.scalars import Cursor, Score
from schema.timeline import TimelineEvent

enums.show(GapReason)


def told(says: str, **more: Any) -> Any:
    """A field that the event itself holds."""
    return strawberry.field(description=says, **more)


def _case_id(root: Any) -> strawberry.ID:
    return strawberry.ID(to_global("Investigation", root.investigation_id))


def _investigation(root: Any, info: Info) -> ties.Investigation | None:
    found: Investigation | None = planned(info, Investigation, root.investigation_id)
    return found


def _evidence(root: Any, info: Info) -> ties.Evidence | None:
    found: Evidence | None = planned(info, Evidence, root.evidence_id)
    return found


def _timeline_event(root: Any, info: Info) -> ties.TimelineEvent | None:
    found: TimelineEvent | None = planned(info, TimelineEvent, root.timeline_event_id)
    return found


def _indicator(root: Any, info: Info) -> ties.Indicator | None:
    found: Indicator | None = planned(info, Indicator, root.keys[0])
    return found


@strawberry.interface(description="Something that happened in a case, at its place in a stream of events.")
class InvestigationEvent:
    id: strawberry.ID = told("Opaque and lasting. The same happening has another id in another stream.")
    cursor: Cursor = told("This place: hand it to `after`, and the stream goes on with the next event.")
    sequence: int = told("Its number in its stream: 1, 2, 3 and so on, without holes.")
    occurred_at: datetime = told("When it was written.")
    investigation_id: strawberry.Private[int]

    case_id: strawberry.ID = told("The global id of the case.", name="investigationId", resolver=_case_id)
    investigation: ties.Investigation | None = told(
        "The case as it is now, not as it was at the event; null when the viewer may no longer see it.",
        resolver=_investigation,
    )


@strawberry.type(description="The case moved on: its phase or its percentage.")
class InvestigationProgressed(InvestigationEvent):
    current_phase: InvestigationPhase = told("The phase it is in.")
    progress_percent: int = told("How much of the run is done: 0 to 100. It does not fall within a run.")
    estimated_completion: datetime | None = told("When the run will probably be complete; null when nobody can tell.")
    domain: DomainName | None = told(
        "The domain whose step this was; null where it was the whole case's.", name="stepDomain"
    )


@strawberry.type(description="The case was created, or its status changed, or it was archived.")
class InvestigationStatusChanged(InvestigationEvent):
    old_status: InvestigationStatus | None = told("The status before; null when the case was created.")
    new_status: InvestigationStatus = told("The status since.")
    current_phase: InvestigationPhase = told("The phase it is in.")
    progress_percent: int = told("How much of the run is done: 0 to 100.")
    run: int = told("Which run of the case: 1, and one more with each rerun.")
    estimated_completion: datetime | None = told("When the run will probably be complete; null when nobody can tell.")
    completion_reason: CompletionReason | None = told("How the run ended; null while it goes on.")
    reason: str | None = told("Why, as the one who did it said.", name="statusReason")
    actor: str | None = told("Who did it, by name.", name="changedBy")


@strawberry.type(description="Evidence was added, by an analyser or by hand.")
class EvidenceFound(InvestigationEvent):
    evidence_id: strawberry.Private[int]
    domain: DomainName = told("The domain it belongs to.")
    strength: Score = told("How far it would move an even prior: 0.0 not at all, 1.0 to certainty.")
    title: str = told("What it says, in short.")
    evidence: ties.Evidence | None = told(
        "The evidence as it is now; null when the viewer may no longer see it. `drawn` is what it adds to the graph of "
        "the case: its node in its place, and its edges.",
        resolver=_evidence,
    )


@strawberry.type(description="Evidence was verified, disputed or refuted.")
class EvidenceVerified(InvestigationEvent):
    evidence_id: strawberry.Private[int]
    domain: DomainName = told("The domain it belongs to.")
    old_status: VerificationStatus = told("What was thought of it before.", name="oldVerification")
    new_status: VerificationStatus = told("What is thought of it since.", name="newVerification")
    verified_by: str | None = told("Who said so, by name.")
    reason: str | None = told("Why.", name="verificationReason")
    evidence: ties.Evidence | None = told(
        "The evidence as it is now; null when the viewer may no longer see it.", resolver=_evidence
    )


@strawberry.type(description="The risk score took a step.")
class RiskUpdated(InvestigationEvent):
    old_score: Score = told("The score before.")
    new_score: Score = told("The score since.")
    confidence: Score = told("How sure it is: 0.0 when nothing was looked at. This is not risk.")
    reason: str = told("What moved it, in a sentence.", name="riskReason")
    source: str = told("Who moved it: an analyser, by its domain, or a person, by name.")
    by_analyser: bool = told("Whether it was an analyser's step. Those alone are told to streams without a case.")


@strawberry.type(description="The risk score crossed a threshold for the first time in this run.")
class RiskThresholdBreached(InvestigationEvent):
    threshold_type: ThresholdType = told("Which threshold.")
    threshold: Score = told("Where it lies.")
    score: Score = told("The score that crossed it.")
    run: int = told("Which run of the case.")


@strawberry.type(description="Somebody or something acted in the case.")
class TimelineEventRecorded(InvestigationEvent):
    timeline_event_id: strawberry.Private[int]
    timestamp: datetime = told("When it was done, which may be before it was recorded.")
    actor: str = told("Who did it: the name of a person, an analyser, an agent or a tool.")
    actor_type: ActorType = told("What kind of actor did it.")
    action: EventAction = told("What was done.")
    success: bool = told("Whether it went well.")
    risk_delta: float | None = told("By how much it moved the risk score; null where it did not touch it.")
    timeline_event: ties.TimelineEvent | None = told(
        "The entry of the timeline; null when the viewer may no longer see it.", resolver=_timeline_event
    )


@strawberry.type(
    description=(
        "Events that cannot be had any more. This is said once, and then the stream goes on. After a restore `to` may "
        "be below `from`: the stream is now shorter than what was seen of it."
    )
)
class Gap:
    cursor: Cursor = told("Behind the gap: hand it to `after`, and it is not told again.")
    from_: int = told("The number of the first event that is missing.", name="from")
    to: int = told("The number of the last one.")
    reason: GapReason = told("Why they are gone.")


StreamItem = Annotated[
    InvestigationProgressed
    | InvestigationStatusChanged
    | EvidenceFound
    | EvidenceVerified
    | RiskUpdated
    | RiskThresholdBreached
    | TimelineEventRecorded
    | Gap,
    strawberry.union("StreamItem", description="What a stream of events brings: an event, or word of a gap."),
]
ProgressItem = Annotated[
    InvestigationProgressed | InvestigationStatusChanged | Gap,
    strawberry.union("ProgressItem", description="What a stream of progress brings: a step, or word of a gap."),
]
RiskItem = Annotated[
    RiskUpdated | RiskThresholdBreached | Gap,
    strawberry.union("RiskItem", description="What a stream of risk brings: a step, a crossing, or word of a gap."),
]


@strawberry.interface(
    description="Something that happened to indicators that the viewer may see, at its place in a stream of events."
)
class IndicatorEvent:
    id: strawberry.ID = told("Opaque and lasting.")
    cursor: Cursor = told("This place: hand it to `after`, and the stream goes on with the next event.")
    sequence: int = told("Its number in its stream: 1, 2, 3 and so on. Numbers that are missing told of other things.")
    occurred_at: datetime = told("When it was written.")
    indicator_ids: list[strawberry.ID] = told(
        "The global ids of the indicators that it tells of and the viewer may see now: at most 1,000."
    )
    keys: strawberry.Private[tuple[str, ...]]

    indicator: ties.Indicator | None = told(
        "The first of them as it is now, in the form that the viewer may see; null when it is hidden by now. `nodes` "
        "reads the others.",
        resolver=_indicator,
    )


@strawberry.type(description="Indicators were shared that were not before.")
class IndicatorShared(IndicatorEvent):
    pass


@strawberry.type(description="Indicators came in a new version, or something was seen of them.")
class IndicatorChanged(IndicatorEvent):
    pass


@strawberry.type(description="Indicators were taken back by their producer.")
class IndicatorWithdrawn(IndicatorEvent):
    pass


IndicatorItem = Annotated[
    IndicatorShared | IndicatorChanged | IndicatorWithdrawn | Gap,
    strawberry.union("IndicatorItem", description="What a stream of indicators brings: news, or word of a gap."),
]

_NEWS: dict[EventKind, type[IndicatorEvent]] = {
    EventKind.INDICATOR_SHARED: IndicatorShared,
    EventKind.INDICATOR_CHANGED: IndicatorChanged,
    EventKind.INDICATOR_WITHDRAWN: IndicatorWithdrawn,
}
SHOWN: dict[EventKind, type[InvestigationEvent]] = {
    EventKind.INVESTIGATION_PROGRESSED: InvestigationProgressed,
    EventKind.INVESTIGATION_STATUS_CHANGED: InvestigationStatusChanged,
    EventKind.EVIDENCE_FOUND: EvidenceFound,
    EventKind.EVIDENCE_VERIFIED: EvidenceVerified,
    EventKind.RISK_UPDATED: RiskUpdated,
    EventKind.RISK_THRESHOLD_BREACHED: RiskThresholdBreached,
    EventKind.TIMELINE_EVENT_RECORDED: TimelineEventRecorded,
}


def shown(item: Delivered | stream_items.Gap) -> Any:
    """The member of the unions for what a stream handed out."""
    if isinstance(item, stream_items.Gap):
        return Gap(cursor=item.cursor, from_=item.first, to=item.last, reason=item.reason)
    place: dict[str, Any] = {
        "id": strawberry.ID(to_global("Event", f"{item.stream}:{item.sequence}")),
        "cursor": item.cursor,
        "sequence": item.sequence,
        "occurred_at": item.occurred_at,
    }
    assert item.event is not None, "what cannot be read is not handed out"
    if isinstance(item, IndicatorsDelivered):
        ids = [strawberry.ID(to_global("Indicator", key)) for key in item.keys]
        return _NEWS[item.event.kind](**place, indicator_ids=ids, keys=item.keys)
    known = {field.name: getattr(item.event, field.name) for field in fields(item.event)}
    known.pop("organization_ids")
    return SHOWN[item.event.kind](**place, **known)
