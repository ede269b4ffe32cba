"""Where each type of the graph lives, so that types may name each other without importing each other.

from schema import ties
investigation: ties.Investigation | None = one("Its case.", by="investigation_id")
"""

from typing import TYPE_CHECKING, Annotated

from strawberry import lazy

if TYPE_CHECKING:
    from schema.activity import ActivityRecord
    from schema.collections import Collection
    from schema.domains import DomainAnalysis
    from schema.evidence import Evidence
    from schema.indicators import Indicator, StixObject
    from schema.investigations import Investigation
    from schema.notes import Note
    from schema.organizations import Organization
    from schema.people import ApiKey, Device, Session, User
    from schema.risk import RiskExplanation, RiskPoint
    from schema.timeline import TimelineEvent
    from schema.trust import TrustMetrics, TrustRelationship
else:
    ActivityRecord = Annotated["ActivityRecord", lazy("schema.activity")]
    ApiKey = Annotated["ApiKey", lazy("schema.people")]
    Device = Annotated["Device", lazy("schema.people")]
    Collection = Annotated["Collection", lazy("schema.collections")]
    DomainAnalysis = Annotated["DomainAnalysis", lazy("schema.domains")]
    Evidence = Annotated["Evidence", lazy("schema.evidence")]
    Indicator = Annotated["Indicator", lazy("schema.indicators")]
    Investigation = Annotated["Investigation", lazy("schema.investigations")]
    Note = Annotated["Note", lazy("schema.notes")]
    Organization = Annotated["Organization", lazy("schema.organizations")]
    RiskExplanation = Annotated["RiskExplanation", lazy("schema.risk")]
    RiskPoint = Annotated["RiskPoint", lazy("schema.risk")]
    Session = Annotated["Session", lazy("schema.people")]
    StixObject = Annotated["StixObject", lazy("schema.indicators")]
    TimelineEvent = Annotated["TimelineEvent", lazy("schema.timeline")]
    TrustMetrics = Annotated["TrustMetrics", lazy("schema.trust")]
    TrustRelationship = Annotated["TrustRelationship", lazy("schema.trust")]
    User = Annotated["User", lazy("schema.people")]

__all__ = [
    "ActivityRecord", "ApiKey", "Collection", "Device", "DomainAnalysis", "Evidence", "Indicator",
    "Investigation", "Note", "Organization", "RiskExplanation", "RiskPoint", "Session", "StixObject", "TimelineEvent",
    "TrustMetrics", "TrustRelationship", "User",
]  # fmt: skip
