"""The catalogue of live events."""

from foundation.words import Word


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
