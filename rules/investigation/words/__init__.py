"""Every enumeration of the investigation side, in the lower-case words of the contracts. Import them from here."""

from foundation.words import ActivityKind, ActivityOutcome, EntityType, Word
from rules.investigation.words.analysis import (
    AgentStatus,
    AnalysisStatus,
    DomainName,
    HealthStatus,
    RecommendationType,
    Severity,
    ThresholdType,
    ToolType,
)
from rules.investigation.words.case import (
    AnalysisDepth,
    CompletionReason,
    ComplianceStatus,
    InvestigationAction,
    InvestigationPhase,
    InvestigationStatus,
    NoteType,
    NoteVisibility,
    Priority,
)
from rules.investigation.words.evidence import ActorType, EventAction, EvidenceType, VerificationStatus
from rules.investigation.words.exports import ExportFormat, ExportSection, ExportStatus, ExportTemplate
from rules.investigation.words.graph import (
    EdgeDirection,
    EdgeStyle,
    EdgeType,
    GraphLayout,
    NodeShape,
    NodeStatus,
    NodeType,
)

__all__ = [
    "ActivityKind",
    "ActivityOutcome",
    "ActorType",
    "AgentStatus",
    "AnalysisDepth",
    "AnalysisStatus",
    "CompletionReason",
    "ComplianceStatus",
    "DomainName",
    "EdgeDirection",
    "EdgeStyle",
    "EdgeType",
    "EntityType",
    "EventAction",
    "EvidenceType",
    "ExportFormat",
    "ExportSection",
    "ExportStatus",
    "ExportTemplate",
    "GraphLayout",
    "HealthStatus",
    "InvestigationAction",
    "InvestigationPhase",
    "InvestigationStatus",
    "NodeShape",
    "NodeStatus",
    "NodeType",
    "NoteType",
    "NoteVisibility",
    "Priority",
    "RecommendationType",
    "Severity",
    "ThresholdType",
    "ToolType",
    "VerificationStatus",
    "Word",
]
