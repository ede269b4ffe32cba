"""Words of exported reports."""

from foundation.words import Word


class ExportFormat(Word):
    """What a report is written as."""

    PDF = "pdf", "A PDF document."
    JSON = "json", "JSON."
    CSV = "csv", "Comma-separated values."
    MARKDOWN = "markdown", "Markdown text."


class ExportTemplate(Word):
    """Whom a report is written for."""

    EXECUTIVE = "executive", "Those who decide: the result in short."
    DETAILED = "detailed", "Those who work on the case: everything."
    COMPLIANCE = "compliance", "Those who check: who did what and when."
    TECHNICAL = "technical", "Those who mend: records and measurements."


class ExportSection(Word):
    """A part of a report."""

    SUMMARY = "summary", "The result in short."
    EVIDENCE = "evidence", "The evidence."
    TIMELINE = "timeline", "What happened in the case."
    RECOMMENDATIONS = "recommendations", "What to do."
    AUDIT_TRAIL = "audit_trail", "Who read and changed the case."


class ExportStatus(Word):
    """What the writing of a report is doing."""

    GENERATING = "generating", "Under way."
    COMPLETE = "complete", "Ready to be fetched."
    FAILED = "failed", "Ended by an error."
