"""Cases."""

from datetime import datetime

import strawberry

from models import tables as rows
from models.reading.case_filters import EVIDENCE_FILTERS, TIMELINE_FILTERS
from models.reading.cases import actions_of_viewer, explain_risk
from models.reading.graphs import CASE_NEEDS, draw_cases
from models.reading.links import OTHER_CASES_OF_ENTITY, SAME_ENTITY
from models.reading.origins import Spot
from rules.access.actions import Action
from rules.investigation.shown import asked_domains, hours, told_thresholds
from rules.investigation.words import (
    AnalysisDepth,
    CompletionReason,
    DomainName,
    EntityType,
    InvestigationAction,
    InvestigationPhase,
    InvestigationStatus,
    Priority,
    ThresholdType,
)
from rules.nodes import locate, ref_of
from schema import ties
from schema.domains import DomainAnalysis
from schema.evidence_filter import EvidenceFilter
from schema.faces import Connection, Link, Node, batch, column, connection, face, facet, many, one, one_of, rule
from schema.graph import InvestigationGraph
from schema.identity import global_id
from schema.investigation_filter import INVESTIGATION_FILTERS, InvestigationFilter
from schema.notes import Note
from schema.orders import EvidenceOrder, InvestigationOrder, NoteOrder, TimelineOrder
from schema.risk import RiskExplanation, RiskPoint
from schema.scalars import Score
from schema.timeline import TimelineEvent, TimelineFilter


@face(rows.Investigation)
class Entity:
    """What a case is about: one thing, by its type and its normalised value."""

    type: EntityType = column("What kind of thing it is.", of="entity_type")
    value: str = column("The thing itself: the address, the name, the identifier.", of="entity_value")
    investigations: Connection[ties.Investigation] = connection(
        "All cases about this same entity that the viewer may see, the one at hand among them.",
        link=SAME_ENTITY,
        order=InvestigationOrder,
        filter=InvestigationFilter,
        filters=INVESTIGATION_FILTERS,
    )


@face(rows.Investigation)
class TimeWindow:
    """The stretch of time that is looked at: the start belongs to it, the end does not."""

    start: datetime = column("Its first moment.", of="window_start")
    end: datetime = column("The moment at which it is over.", of="window_end")
    duration_hours: float = rule(hours, "How long it is, in hours.")


@face(rows.Investigation)
class InvestigationConfiguration:
    """What was asked of the analysis of a case."""

    domains_to_analyze: list[DomainName] = rule(asked_domains, "The domains that were asked for.")
    analysis_depth: AnalysisDepth = column("How much the analysis looks at.")
    external_intel_enabled: bool = column(
        "Whether intelligence from outside is asked. When false: own records and own indicators only."
    )
    auto_escalation_enabled: bool = column("Whether a high risk raises the priority by itself.")


@face(rows.Investigation)
class Investigation(Node):
    """A case about one entity over a time window, with a phase, a status, a risk score and all that led to it."""

    id: strawberry.ID = global_id("Investigation")
    ref: str = rule(ref_of("Investigation"), "What people call it: `INV-7`. Accepted wherever its id is.")
    entity: Entity = facet("What it is about.")
    time_window: TimeWindow = facet("The stretch of time it looks at.")
    phase: InvestigationPhase = column("How far it has come.")
    status: InvestigationStatus = column("What it is doing now.")
    priority: Priority = column("How urgent it is.")
    progress_percent: int = column("How much of the present run is done: 0 to 100.")
    estimated_completion: datetime | None = column(
        "When the present run is likely to end; null while that would be a guess."
    )
    risk_score: Score = column(
        "How likely the entity is malicious, by all evidence so far. 0.0 until something is known."
    )
    confidence: Score = column("How much the risk score rests on: no evidence gives 0.0, whatever the score.")
    quality_score: Score = column("The share of its evidence that is verified and fresh, weighted by reliability.")
    risk_explanation: RiskExplanation = batch(
        explain_risk,
        "The risk score taken apart: what was assumed, and what each piece of evidence added.",
        needs=("id", "entity_type", "domains_to_analyze", "records_seen"),
    )
    risk_progression: Connection[RiskPoint] = connection(
        "Every step the risk score took, first to last.", by="investigation_id", default=("id", False)
    )
    domains: list[DomainAnalysis] = many("Its lines of analysis.", by="investigation_id", order=("id", False), bound=9)
    evidence: Connection[ties.Evidence] = connection(
        "What supports or contradicts its risk, newest first.",
        by="investigation_id",
        order=EvidenceOrder,
        filter=EvidenceFilter,
        filters=EVIDENCE_FILTERS,
    )
    timeline: Connection[TimelineEvent] = connection(
        "What was done in it, and by whom, oldest first.",
        by="investigation_id",
        order=TimelineOrder,
        filter=TimelineFilter,
        filters=TIMELINE_FILTERS,
    )
    graph: InvestigationGraph = batch(draw_cases, "The case as a drawn graph of nodes and edges.", needs=CASE_NEEDS)
    related_investigations: Connection[ties.Investigation] = connection(
        "Other cases about the same entity that the viewer may see.",
        link=OTHER_CASES_OF_ENTITY,
        order=InvestigationOrder,
        filter=InvestigationFilter,
        filters=INVESTIGATION_FILTERS,
    )
    notes: Connection[Note] = connection(
        "Comments, flags and escalations that the viewer may read, oldest first.",
        by="investigation_id",
        order=NoteOrder,
    )
    created_by: ties.User | None = one("Who created it; null when the viewer may not know.", by="created_by")
    assigned_to: list[ties.User] = many(
        "Who works on it.",
        link=Link(rows.InvestigationAssignee, "investigation_id", "user_id"),
        order=("name", False),
    )
    organization: ties.Organization | None = one("Whose case it is.", by="organization_id")
    trigger_reason: str | None = column("Why it was created.")
    configuration: InvestigationConfiguration = facet("What was asked of its analysis.")
    viewer_can: list[InvestigationAction] = batch(
        actions_of_viewer,
        "What the viewer may do with it now, by its state and the viewer's rights. An API key may only do something "
        "with cases that its agent is assigned to or has created.",
        needs=("id", "status", "phase", "created_by"),
    )
    run: int = column("How many times its analysis was started: 1, and one more with each rerun.")
    records_seen: int = column("How many activity records its present run looked at.")
    catalogue_hash: str | None = column(
        "SHA-256 of the catalogue of signals its present run began under; its domains say which they were judged by."
    )
    thresholds_reached: list[ThresholdType] = rule(
        told_thresholds, "The lines of risk that were crossed and announced in its present run."
    )
    completion_reason: CompletionReason | None = column("Why its last run ended.")
    completed_at: datetime | None = column("When its last run ended.")
    archived_at: datetime | None = column("When it was put away; null while it is not.")
    archive_reason: str | None = column("Why it was put away.")
    created_at: datetime = column("When it was created.")
    updated_at: datetime = column("When it last changed.")


def locate_investigation(id: strawberry.ID) -> Spot | None:
    """Where a case is, by its global id or ref."""
    found = locate(id)
    return found if found is not None and found[0] == "Investigation" else None


@face(None)
class InvestigationQueries:
    """Reading cases."""

    investigation: Investigation | None = one_of(
        locate_investigation,
        "One case; null when there is none, or none that the viewer may see.",
        argument=True,
        action=Action.GRAPH_READ,
        arguments={"id": "Its global id or its ref: `INV-7`."},
    )
    investigations: Connection[Investigation] | None = connection(
        "The cases the viewer may see: those of the own organisation, and those the viewer is assigned to.",
        order=InvestigationOrder,
        filter=InvestigationFilter,
        filters=INVESTIGATION_FILTERS,
        action=Action.GRAPH_READ,
    )
