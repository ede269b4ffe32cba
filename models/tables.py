"""Every table, in one import: what migrations compare with and what the reading rooms call `rows`."""

from sqlmodel import SQLModel

from models.activity import ActivityEntity, ActivityRecord
from models.audit import AccessLog, Audit, AuditSeal
from models.base import NAMING
from models.collections import Collection, CollectionEntry, CollectionReading, TaxiiStatus
from models.events import Event, Installation, Stream
from models.evidence import Evidence, EvidenceActivity, Verification
from models.feeds import Feed
from models.idempotency import Answer
from models.indicators import CaseWatch, EvidenceIndicator, Indicator, IndicatorKey
from models.investigations import CaseHistory, DomainAnalysis, Investigation, InvestigationAssignee, RiskPoint
from models.leases import JobTakeover, WorkerLease
from models.organizations import Organization
from models.people import ApiKey, FailedSignIn, LoginSession, PasswordReset, RefreshToken, User
from models.rate_windows import RateWindow
from models.second_factors import Device, RecoveryCode, TotpSeed
from models.sightings import IndicatorStanding, Sighting
from models.stix_edges import StixEdge
from models.stix_objects import StixObject, StixReference, StixVersion
from models.timeline import Note, TimelineEvent
from models.trust import Access, PendingAccess, TrustEvent, TrustGroup, TrustMember, TrustRelationship
from models.warning_lists import WarningEntry, WarningList

METADATA = SQLModel.metadata
assert METADATA.naming_convention.get("pk") == NAMING["pk"], "models.base sets the naming convention first"

__all__ = [
    "METADATA",
    "Access",
    "AccessLog",
    "ActivityEntity",
    "ActivityRecord",
    "Answer",
    "ApiKey",
    "Audit",
    "AuditSeal",
    "CaseHistory",
    "CaseWatch",
    "Collection",
    "CollectionEntry",
    "CollectionReading",
    "Device",
    "DomainAnalysis",
    "Event",
    "Evidence",
    "EvidenceActivity",
    "EvidenceIndicator",
    "FailedSignIn",
    "Feed",
    "Indicator",
    "IndicatorKey",
    "IndicatorStanding",
    "Installation",
    "Investigation",
    "InvestigationAssignee",
    "JobTakeover",
    "LoginSession",
    "Note",
    "Organization",
    "PasswordReset",
    "PendingAccess",
    "RateWindow",
    "RecoveryCode",
    "RefreshToken",
    "RiskPoint",
    "Sighting",
    "StixEdge",
    "StixObject",
    "StixReference",
    "StixVersion",
    "Stream",
    "TaxiiStatus",
    "TimelineEvent",
    "TotpSeed",
    "TrustEvent",
    "TrustGroup",
    "TrustMember",
    "TrustRelationship",
    "User",
    "Verification",
    "WarningEntry",
    "WarningList",
    "WorkerLease",
]
