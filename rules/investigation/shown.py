"""What the graph shows of a case beyond its columns."""

from datetime import datetime
from typing import Final

from rules.access.actions import Action, may
from rules.access.viewer import Viewer
from rules.investigation.phases import viewer_can
from rules.investigation.words import (
    DomainName,
    InvestigationAction,
    InvestigationPhase,
    InvestigationStatus,
    ThresholdType,
)

_HOUR_S: Final = 3600.0

# What each action of a case asks of the viewer. An action that is missing here cannot be done yet, so nobody may.
NEEDED: Final = {
    InvestigationAction.UPDATE: Action.INVESTIGATION_UPDATE,
    InvestigationAction.PAUSE: Action.INVESTIGATION_COMMAND,
    InvestigationAction.RESUME: Action.INVESTIGATION_COMMAND,
    InvestigationAction.CANCEL: Action.INVESTIGATION_COMMAND,
    InvestigationAction.RERUN: Action.INVESTIGATION_COMMAND,
    InvestigationAction.COMPLETE: Action.INVESTIGATION_UPDATE,
    InvestigationAction.ARCHIVE: Action.INVESTIGATION_ARCHIVE,
    InvestigationAction.ADD_EVIDENCE: Action.EVIDENCE_ADD,
    InvestigationAction.VERIFY_EVIDENCE: Action.EVIDENCE_VERIFY,
    InvestigationAction.ADD_NOTE: Action.NOTE_ADD,
    InvestigationAction.RECORD_TIMELINE_EVENT: Action.TIMELINE_RECORD,
    InvestigationAction.REPORT_DOMAIN_PROGRESS: Action.DOMAIN_REPORT,
}


def hours(window_start: datetime, window_end: datetime) -> float:
    """How long a time window is, in hours."""
    return (window_end - window_start).total_seconds() / _HOUR_S


def hours_if_closed(window_start: datetime, window_end: datetime | None) -> float | None:
    """The same of a window that may be open."""
    return None if window_end is None else hours(window_start, window_end)


def asked_domains(domains_to_analyze: list[str]) -> list[DomainName]:
    """In the order they were asked for."""
    return [DomainName(name) for name in domains_to_analyze]


def told_thresholds(thresholds_told: list[str]) -> list[ThresholdType]:
    """In the order they were crossed."""
    return [ThresholdType(name) for name in thresholds_told]


def viewer_actions(status: str, phase: str, *, viewer: Viewer, own: bool = True) -> list[InvestigationAction]:
    """What both the state of the case and the viewer's role and scopes allow, in the enumeration's order.

    That the case can be seen is settled by its being read: a person who sees a case may work on it as far as the role
    goes (CONTRACTS row 28); an agent's key only where the case is its `own`, by assignment or creation.
    """
    if not own:
        return []
    granted = {action for action, needed in NEEDED.items() if may(viewer, needed)}
    return list(viewer_can(InvestigationStatus(status), InvestigationPhase(phase), granted))
