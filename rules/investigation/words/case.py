"""Words of a case as a whole."""

from foundation.words import Word


class InvestigationPhase(Word):
    """How far a case has come. Phases go forward; a rerun returns to data collection."""

    INITIATION = "initiation", "Created, not begun."
    DATA_COLLECTION = "data_collection", "The activity records of the time window are being gathered."
    ANALYSIS = "analysis", "The domains are being analysed."
    REVIEW = "review", "The findings are weighed against each other."
    SUMMARY = "summary", "The result is being written down."
    COMPLETE = "complete", "Every phase is done."
    ARCHIVED = "archived", "Put away with a reason; left out of lists unless asked for."


class InvestigationStatus(Word):
    """What a case is doing now."""

    RUNNING = "running", "Work goes on, or is queued."
    PAUSED = "paused", "Stopped by a person or agent; it can be resumed."
    WAITING = "waiting", "Stopped until data arrives."
    REVIEW_NEEDED = "review_needed", "Ended with an asked domain failed or timed out; a person decides."
    COMPLETE = "complete", "Ended; every asked domain was analysed."
    FAILED = "failed", "Ended by an error; a rerun starts it again."
    CANCELLED = "cancelled", "Ended by a person or agent; a rerun starts it again."


class Priority(Word):
    """How urgent a case is."""

    LOW = "low", "When there is time."
    MEDIUM = "medium", "In its turn."
    HIGH = "high", "Before others."
    CRITICAL = "critical", "Now."


class AnalysisDepth(Word):
    """How much an analysis looks at."""

    SHALLOW = "shallow", "The cheapest signals of each domain."
    STANDARD = "standard", "Every signal of each domain."
    DEEP = "deep", "Every signal, with history beyond the time window."


class InvestigationAction(Word):
    """What a viewer may do with a case now, by its state and the viewer's rights."""

    UPDATE = "update", "Change priority or people."
    PAUSE = "pause", "Pause the run."
    RESUME = "resume", "Resume the paused or waiting run."
    CANCEL = "cancel", "Cancel the run."
    RERUN = "rerun", "Start a new run."
    COMPLETE = "complete", "Accept the result as it stands."
    ARCHIVE = "archive", "Put the case away."
    ADD_EVIDENCE = "add_evidence", "Add evidence."
    VERIFY_EVIDENCE = "verify_evidence", "Verify, dispute or refute evidence."
    ADD_NOTE = "add_note", "Write a note."
    RECORD_TIMELINE_EVENT = "record_timeline_event", "Record what an agent did."
    REPORT_DOMAIN_PROGRESS = "report_domain_progress", "Report the progress of an agent's own domain."
    REQUEST_EXPORT = "request_export", "Have a report written."


class CompletionReason(Word):
    """Why a run ended."""

    ANALYSIS_COMPLETE = (
        "analysis_complete",
        "The run came to its end. Domains that had no data, or nobody to analyse them, say so themselves.",
    )
    MANUAL_COMPLETION = "manual_completion", "A person accepted the result as it stood."
    TIMEOUT = "timeout", "The run's time was up."
    CANCELLED = "cancelled", "Somebody cancelled it."


class NoteType(Word):
    """What a note is for."""

    COMMENT = "comment", "A remark."
    FLAG = "flag", "Something to look at."
    ESCALATION = "escalation", "A call for somebody more senior."


class NoteVisibility(Word):
    """Who may read a note."""

    PRIVATE = "private", "Its author alone."
    TEAM = "team", "Members of the case's organisation."
    ALL = "all", "Everybody who may see the case."


class ComplianceStatus(Word):
    """Whether a case meets a policy."""

    COMPLIANT = "compliant", "It does."
    NON_COMPLIANT = "non_compliant", "It does not."
    UNDER_REVIEW = "under_review", "Not decided yet."
    EXEMPT = "exempt", "The policy does not apply."
