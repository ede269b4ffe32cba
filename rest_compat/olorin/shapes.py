"""What the investigation contract sends and takes, as shapes: for openapi.json and for checking bodies."""

from rest_compat.endpoints import Parameter
from rest_compat.shapes import ANYTHING, FLAG, TEXT, TIME, WHOLE, Shape, listed, maybe, one_of, record, text
from rules.investigation.words import (
    ActorType,
    AnalysisDepth,
    AnalysisStatus,
    DomainName,
    EdgeDirection,
    EdgeType,
    EntityType,
    EventAction,
    EvidenceType,
    GraphLayout,
    InvestigationPhase,
    InvestigationStatus,
    NodeStatus,
    NodeType,
    Priority,
    Severity,
    VerificationStatus,
)

NEEDED = text(least=1)
SCORE: Shape = {"type": "number", "minimum": 0, "maximum": 1}
ENTITY = record("Entity", type=one_of(*EntityType), value=NEEDED)
PEOPLE = listed(text(least=1, most=200))

CREATE = record(
    "InvestigationRequest",
    entity=ENTITY,
    time_window=record("TimeWindowRequest", start=TIME, end=TIME),
    optional={
        "priority": one_of(*Priority),
        "assigned_to": PEOPLE,
        "trigger_reason": maybe(TEXT),
        "configuration": record(
            "InvestigationConfiguration",
            optional={
                "domains_to_analyze": listed(one_of(*DomainName)),
                "analysis_depth": one_of(*AnalysisDepth),
                "external_intel_enabled": FLAG,
                "auto_escalation_enabled": FLAG,
            },
        ),
    },
)
UPDATE = record(
    "InvestigationUpdate",
    optional={
        "priority": one_of(*Priority),
        "assigned_to": PEOPLE,
        "status": one_of(*InvestigationStatus),
        "trigger_reason": TEXT,
        "notes": TEXT,
    },
)
ADD_EVIDENCE = record(
    "EvidenceRequest",
    domain=one_of(*DomainName),
    type=one_of(*EvidenceType),
    title=NEEDED,
    description=TEXT,
    strength=SCORE,
    source=NEEDED,
    optional={"raw_data": maybe(ANYTHING), "reliability": maybe(SCORE), "supports": FLAG},
)

_BRIEF: dict[str, Shape] = {
    "id": TEXT,
    "entity": ENTITY,
    "time_window": record("TimeWindow", start=TIME, end=TIME, duration_hours={"type": "number"}),
    "current_phase": one_of(*InvestigationPhase),
    "status": one_of(*InvestigationStatus),
    "priority": one_of(*Priority),
    "progress_percent": WHOLE,
    "estimated_completion": maybe(TIME),
    "confidence": SCORE,
    "quality_score": SCORE,
    "risk_score": SCORE,
    "trigger_reason": maybe(TEXT),
    "created_by": maybe(TEXT),
    "assigned_to": listed(TEXT),
    "created_at": TIME,
    "updated_at": TIME,
}
INVESTIGATION = record("InvestigationSummary", **_BRIEF)
EVIDENCE = record(
    "Evidence",
    id=TEXT,
    investigation_id=TEXT,
    domain=one_of(*DomainName),
    type=one_of(*EvidenceType),
    strength=SCORE,
    reliability=SCORE,
    title=TEXT,
    description=TEXT,
    discovered_at=TIME,
    verification_status=one_of(*VerificationStatus),
    display_data=record("EvidenceDisplay", summary=TEXT, details=TEXT),
    source=TEXT,
    supports=FLAG,
    raw_data=maybe(ANYTHING),
)
EVENT = record(
    "TimelineEvent",
    id=TEXT,
    investigation_id=TEXT,
    timestamp=TIME,
    actor=TEXT,
    actor_type=one_of(*ActorType),
    action=one_of(*EventAction),
    summary=TEXT,
    duration_ms=maybe(WHOLE),
    success=FLAG,
    input_data=maybe(ANYTHING),
    output_data=maybe(ANYTHING),
    risk_delta=maybe({"type": "number"}),
    evidence_generated=listed(TEXT),
)
GRAPH = record(
    "InvestigationGraph",
    investigation_id=TEXT,
    last_updated=TIME,
    nodes=listed(
        record(
            "GraphNode",
            id=TEXT,
            type=one_of(*NodeType),
            label=TEXT,
            risk_score=SCORE,
            status=one_of(*NodeStatus),
            position=record("Position", x={"type": "number"}, y={"type": "number"}),
            properties=ANYTHING,
            aria_label=TEXT,
        )
    ),
    edges=listed(
        record(
            "GraphEdge",
            id=TEXT,
            source=TEXT,
            target=TEXT,
            type=one_of(*EdgeType),
            strength=SCORE,
            direction=one_of(*EdgeDirection),
        )
    ),
)
WHOLE_INVESTIGATION = record(
    "Investigation",
    **_BRIEF,
    risk_progression=listed(record("RiskPoint", timestamp=TIME, score=SCORE, source=TEXT, reason=TEXT)),
    domains=listed(
        record(
            "Domain",
            name=one_of(*DomainName),
            risk_score=SCORE,
            confidence=SCORE,
            evidence_count=WHOLE,
            analysis_status=one_of(*AnalysisStatus),
            indicators=listed(
                record("RiskIndicator", name=TEXT, severity=one_of(*Severity), weight=SCORE, confidence=SCORE)
            ),
        )
    ),
    optional={"evidence": listed(EVIDENCE), "timeline": listed(EVENT), "graph": GRAPH},
)
ARCHIVED = record("ArchivedInvestigation", id=TEXT, status={**TEXT, "const": "archived"})

_COUNT: Shape = {"type": "integer", "minimum": 1}


def pages(most: int, size: int) -> tuple[Parameter, Parameter]:
    """`page` and `limit`. No maximum is declared for the limit: a higher one is lowered."""
    return (
        Parameter("page", _COUNT, "Which page, from 1."),
        Parameter("limit", _COUNT, f"How many on a page: {size} when left out, at most {most:,}."),
    )


LISTED = (
    *pages(100, 20),
    Parameter("status", one_of(*InvestigationStatus), "Only cases with this status."),
    Parameter("priority", one_of(*Priority), "Only cases of this priority."),
    Parameter("assigned_to", text(least=1, most=200), "Only cases that this user, by id or name, works on."),
    Parameter("entity_type", one_of(*EntityType), "Only cases about this kind of entity."),
    Parameter("created_after", TIME, "Only cases created at this time or after it."),
    Parameter("search", text(least=1, most=500), "Only cases whose entity or id contains this text."),
)
INCLUDED = (
    Parameter("include_evidence", FLAG, "Whether `evidence` is told too: the newest 1,000 pieces."),
    Parameter("include_timeline", FLAG, "Whether `timeline` is told too: the first 1,000 events."),
    Parameter("include_graph", FLAG, "Whether `graph` is told too."),
)
OF_EVIDENCE = (
    *pages(1_000, 1_000),
    Parameter("domain", one_of(*DomainName), "Only evidence of this domain."),
    Parameter("type", one_of(*EvidenceType), "Only evidence of this type."),
    Parameter("strength_min", SCORE, "Only evidence at least this strong."),
    Parameter("verified_only", FLAG, "Whether only verified evidence is listed."),
)
OF_TIMELINE = (
    *pages(1_000, 100),
    Parameter("actor", one_of(*ActorType), "Only what this kind of actor did."),
    Parameter("action", one_of(*EventAction), "Only this action."),
    Parameter("success_only", FLAG, "Whether only what went well is listed."),
    Parameter("since", TIME, "Only what happened at this time or after it."),
)
OF_GRAPH = (
    Parameter("layout", one_of(*GraphLayout), "The layout that is preferred. Positions are radial whatever is asked."),
    Parameter("include_clusters", FLAG, "Whether crowded nodes are drawn as one. There are no clusters yet."),
    Parameter("max_nodes", {"type": "integer", "minimum": 1, "maximum": 5_000}, "How many nodes at most; 300."),
)
REASON = (Parameter("reason", text(least=1, most=2_000), "Why it is put away.", required=True),)
