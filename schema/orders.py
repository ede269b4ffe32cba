"""In which order lists come. A value names a column; a minus before it turns the order round."""

from foundation.words import Word
from schema.enums import show


class InvestigationOrder(Word):
    """The order of a list of cases."""

    NEWEST = "-created_at", "Last created first."
    OLDEST = "created_at", "First created first."
    LAST_UPDATED = "-updated_at", "Last changed first."
    HIGHEST_RISK = "-risk_score", "Highest risk first."
    LOWEST_RISK = "risk_score", "Lowest risk first."


class EvidenceOrder(Word):
    """The order of a list of evidence."""

    NEWEST = "-discovered_at", "Last discovered first."
    OLDEST = "discovered_at", "First discovered first."
    STRONGEST = "-strength", "Strongest first."
    WEAKEST = "strength", "Weakest first."


class TimelineOrder(Word):
    """The order of a timeline."""

    OLDEST = "timestamp", "First happened first."
    NEWEST = "-timestamp", "Last happened first."


class NoteOrder(Word):
    """The order of a list of notes."""

    OLDEST = "created_at", "First written first."
    NEWEST = "-created_at", "Last written first."


class ActivityOrder(Word):
    """The order of a list of activity records."""

    NEWEST = "-time", "Last happened first."
    OLDEST = "time", "First happened first."


class IndicatorOrder(Word):
    """The order of a list of indicators."""

    NEWEST = "-created_at", "Last come in first."
    OLDEST = "created_at", "First come in first."
    LAST_UPDATED = "-updated_at", "Last come in, in whatever version, first."
    LAST_MODIFIED = "-modified", "Last changed by its producer first."


class SightingOrder(Word):
    """The order of a list of sightings."""

    NEWEST = "-at", "Last met first."
    OLDEST = "at", "First met first."


class OrganizationOrder(Word):
    """The order of a list of organisations."""

    NAME = "name", "By name, in the order of its characters."
    NEWEST = "-created_at", "Last registered first."


class FeedOrder(Word):
    """The order of a list of feeds."""

    NAME = "name", "By name, in the order of its characters."
    NEWEST = "-created_at", "Last added first."


class AuditOrder(Word):
    """The order of the audit trail and of the access log."""

    NEWEST = "-id", "Last written first."
    OLDEST = "id", "First written first."


for _order in (
    InvestigationOrder, EvidenceOrder, TimelineOrder, NoteOrder, ActivityOrder, IndicatorOrder, SightingOrder,
    OrganizationOrder, AuditOrder, FeedOrder,
):  # fmt: skip
    show(_order)
