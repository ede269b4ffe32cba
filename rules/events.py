"""The catalogue of live events: one frozen value each, the streams it goes to, and its form on the wire.

`inv:<id>` carries everything of a case. `org:<id>` carries the coarse events, once for each entitled organisation,
handed in as `organization_ids`: of a case its own and those of the people it is assigned to, of indicators whoever
shares them and those who may see them. Evidence, timeline entries, fine
progress and the risk step of a manual addition stay in `inv:`, or every writer of an organisation would queue on one
row. The wire form holds ids and facts as JSON values; times are text as `foundation.times` writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType, UnionType
from typing import Any, ClassVar, Self, get_args, get_origin, get_type_hints

from foundation.times import from_text, to_text
from foundation.words import Word
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


class EventKind(Word):
    """What a live event tells."""

    INVESTIGATION_PROGRESSED = "investigation_progressed", "A case moved on: its phase or its percentage."
    INVESTIGATION_STATUS_CHANGED = "investigation_status_changed", "A case was created, or its status changed."
    EVIDENCE_FOUND = "evidence_found", "Evidence was added to a case."
    EVIDENCE_VERIFIED = "evidence_verified", "Evidence was verified, disputed or refuted."
    RISK_UPDATED = "risk_updated", "The risk score of a case took a step."
    RISK_THRESHOLD_BREACHED = (
        "risk_threshold_breached",
        "The risk score crossed a threshold for the first time in a run.",
    )
    TIMELINE_EVENT_RECORDED = "timeline_event_recorded", "Somebody or something acted in a case."
    EXPORT_COMPLETED = "export_completed", "A report was written."
    INDICATOR_SHARED = "indicator_shared", "An indicator was shared."
    INDICATOR_CHANGED = "indicator_changed", "A shared indicator changed."
    INDICATOR_WITHDRAWN = "indicator_withdrawn", "A shared indicator was withdrawn."
    ALERT_RAISED = "alert_raised", "An alert was raised."


# What the documented WebSocket dialect calls an event; the kinds left out exist in the graph only.
DOCUMENTED_NAMES: Mapping[EventKind, str] = MappingProxyType(
    {
        EventKind.INVESTIGATION_PROGRESSED: "investigation.progress",
        EventKind.INVESTIGATION_STATUS_CHANGED: "investigation.progress",
        EventKind.EVIDENCE_FOUND: "evidence.found",
        EventKind.RISK_UPDATED: "risk.updated",
        EventKind.TIMELINE_EVENT_RECORDED: "timeline.event",
    }
)


def investigation_stream(investigation_id: int) -> str:
    """The stream with everything of one case."""
    return f"inv:{investigation_id}"


def organization_stream(organization_id: str) -> str:
    """The stream with the coarse events an organisation is entitled to."""
    return f"org:{organization_id}"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. `organization_ids` are those entitled to hear of it in their own streams."""

    kind: ClassVar[EventKind]
    organization_ids: tuple[str, ...] = ()

    def streams(self) -> tuple[str, ...]:
        """The streams it is written to, each once."""
        return tuple(organization_stream(found) for found in sorted(set(self.organization_ids)))

    def data(self) -> dict[str, Any]:
        """The wire form: JSON values, without `organization_ids`, which only say where to write."""
        return {
            field.name: _to_wire(getattr(self, field.name)) for field in fields(self) if field.name not in _ADDRESSES
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """The event of a wire form. A field that a later version added is left out; one missing takes its default."""
        hints = get_type_hints(cls)
        known = {field.name for field in fields(cls)} - _ADDRESSES
        return cls(**{name: _from_wire(hints[name], value) for name, value in data.items() if name in known})


@dataclass(frozen=True, kw_only=True)
class CaseEvent(Event):
    """Something that happened in a case."""

    investigation_id: int

    @property
    def is_coarse(self) -> bool:
        """Whether it also goes to the streams of the entitled organisations."""
        return False

    def streams(self) -> tuple[str, ...]:
        """The case's own first."""
        own = investigation_stream(self.investigation_id)
        return (own, *super().streams()) if self.is_coarse else (own,)


@dataclass(frozen=True, kw_only=True)
class IndicatorEvent(Event):
    """Something happened to up to a thousand indicators at once: their keys, as they were sent. In which form a reader
    may see each, and whether at all, is asked when he is told."""

    indicator_ids: tuple[str, ...]


_ADDRESSES = frozenset({"organization_ids"})


@dataclass(frozen=True, kw_only=True)
class InvestigationProgressed(CaseEvent):
    """A case moved on. `domain` is named when the step was one domain's."""

    kind = EventKind.INVESTIGATION_PROGRESSED
    current_phase: InvestigationPhase
    progress_percent: int
    estimated_completion: datetime | None = None
    domain: DomainName | None = None


@dataclass(frozen=True, kw_only=True)
class InvestigationStatusChanged(CaseEvent):
    """A case was created (`old_status` is null) or its status changed, or it was archived (`current_phase` says so)."""

    kind = EventKind.INVESTIGATION_STATUS_CHANGED
    old_status: InvestigationStatus | None
    new_status: InvestigationStatus
    current_phase: InvestigationPhase
    progress_percent: int
    run: int = 1
    estimated_completion: datetime | None = None
    completion_reason: CompletionReason | None = None
    reason: str | None = None
    actor: str | None = None

    @property
    def is_coarse(self) -> bool:
        return True

    @property
    def created(self) -> bool:
        """Whether this is the first event of its case."""
        return self.old_status is None


@dataclass(frozen=True, kw_only=True)
class EvidenceFound(CaseEvent):
    """Evidence was added, by an analyser or by hand."""

    kind = EventKind.EVIDENCE_FOUND
    evidence_id: int
    domain: DomainName
    strength: float
    title: str


@dataclass(frozen=True, kw_only=True)
class EvidenceVerified(CaseEvent):
    """Evidence was verified, disputed or refuted."""

    kind = EventKind.EVIDENCE_VERIFIED
    evidence_id: int
    domain: DomainName
    old_status: VerificationStatus
    new_status: VerificationStatus
    verified_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class RiskUpdated(CaseEvent):
    """The score took a step. Coarse when it is the step of an analyser (`by_analyser`), not of a manual addition."""

    kind = EventKind.RISK_UPDATED
    old_score: float
    new_score: float
    confidence: float
    reason: str
    source: str
    by_analyser: bool = False

    @property
    def is_coarse(self) -> bool:
        return self.by_analyser


@dataclass(frozen=True, kw_only=True)
class RiskThresholdBreached(CaseEvent):
    """The score crossed a threshold for the first time in this run."""

    kind = EventKind.RISK_THRESHOLD_BREACHED
    threshold_type: ThresholdType
    threshold: float
    score: float
    run: int = 1

    @property
    def is_coarse(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class TimelineEventRecorded(CaseEvent):
    """Somebody or something acted. `timestamp` is when it did, which may be before it was recorded."""

    kind = EventKind.TIMELINE_EVENT_RECORDED
    timeline_event_id: int
    timestamp: datetime
    actor: str
    actor_type: ActorType
    action: EventAction
    success: bool = True
    risk_delta: float | None = None


@dataclass(frozen=True, kw_only=True)
class IndicatorShared(IndicatorEvent):
    """Indicators were shared that were not before."""

    kind = EventKind.INDICATOR_SHARED


@dataclass(frozen=True, kw_only=True)
class IndicatorChanged(IndicatorEvent):
    """Indicators came in a new version, or something was seen of them."""

    kind = EventKind.INDICATOR_CHANGED


@dataclass(frozen=True, kw_only=True)
class IndicatorWithdrawn(IndicatorEvent):
    """Indicators were taken back by their producer."""

    kind = EventKind.INDICATOR_WITHDRAWN


CATALOGUE: Mapping[EventKind, type[Event]] = MappingProxyType(
    {
        event.kind: event
        for event in (
            InvestigationProgressed,
            InvestigationStatusChanged,
            EvidenceFound,
            EvidenceVerified,
            RiskUpdated,
            RiskThresholdBreached,
            TimelineEventRecorded,
            IndicatorShared,
            IndicatorChanged,
            IndicatorWithdrawn,
        )
    }
)


def from_data(kind: EventKind | str, data: Mapping[str, Any]) -> Event:
    """The event that `data()` wrote. ValueError: there are no events of this kind; TypeError: a fact is missing."""
    found = CATALOGUE.get(EventKind(kind))
    if found is None:
        raise ValueError(f"No event is called {kind}.")
    return found.read(data)


def _to_wire(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Word) else value


def _from_wire(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(hint, UnionType):
        hint = next(option for option in get_args(hint) if option is not type(None))
    if hint is datetime:
        return from_text(value)
    if get_origin(hint) is tuple:
        return tuple(value)
    if isinstance(hint, type) and issubclass(hint, Word):
        return hint(value)
    return float(value) if hint is float else value
