"""Evidence, and what people made of it."""

from datetime import datetime

import strawberry

from models import tables as rows
from models.reading.case_filters import EVIDENCE_FILTERS
from models.reading.cases import risk_impacts
from models.reading.graphs import draw_pieces
from models.reading.links import CITED_INDICATORS, RELATED_EVIDENCE
from resolvers.seen import trusts_of_evidence
from rules.investigation.shown import hours_if_closed
from rules.investigation.words import DomainName, EvidenceType, Severity, VerificationStatus
from rules.nodes import ref_of
from schema import ties
from schema.activity import ActivityRecord
from schema.evidence_filter import EvidenceFilter
from schema.faces import Connection, Link, Node, batch, column, connection, face, facet, many, one, rule
from schema.graph import GraphDetail
from schema.identity import global_id
from schema.indicators import TrustMetadata
from schema.orders import ActivityOrder, EvidenceOrder, IndicatorOrder
from schema.scalars import JSON, Score


@face(rows.Verification)
class Verification(Node):
    """What somebody made of a piece of evidence, when and why. It is never changed: another one follows it."""

    id: strawberry.ID = global_id("Verification")
    evidence: ties.Evidence | None = one("What it is about.", by="evidence_id")
    status: VerificationStatus = column("What was said.")
    reason: str = column("Why.")
    verified_by: ties.User | None = one("Who said it; null when the viewer may not know.", by="verified_by")
    at: datetime = column("When.")


@face(rows.Evidence)
class EvidenceDisplay:
    """A piece of evidence in words for people."""

    summary: str = column("One sentence.")
    details: str = column("Everything worth reading.")


@face(rows.Evidence)
class EvidenceWindow:
    """The stretch of time a piece of evidence speaks of: the start belongs to it, the end does not."""

    start: datetime = column("Its first moment.", of="window_start")
    end: datetime | None = column("The moment at which it is over; null while it is open.", of="window_end")
    duration_hours: float | None = rule(hours_if_closed, "How long it is, in hours; null while it is open.")


@face(rows.Evidence)
class Evidence(Node):
    """One item that supports or contradicts the risk of a case."""

    id: strawberry.ID = global_id("Evidence")
    ref: str = rule(ref_of("Evidence"), "What people call it: `EV-3`. Accepted wherever its id is.")
    investigation: ties.Investigation | None = one("Its case.", by="investigation_id")
    domain: DomainName = column("The line of analysis it belongs to.")
    type: EvidenceType = column("What it is made of.")
    code: str | None = column("The signal that found it; null where a person or an outside agent wrote it.")
    title: str = column("What it is, in a few words.")
    description: str = column("What it is, in full.")
    severity: Severity = column("How bad it is.")
    strength: Score = column("How far it would move an even chance.")
    reliability: Score = column("How far its source can be relied on.")
    reliability_is_default: bool = column("Whether nobody stated the reliability, so that it was assumed.")
    supports: bool = column("True: it speaks for the risk. False: it mitigates.")
    log_odds: float = column(
        "Its signed weight in log-odds, before reliability, damping and caps. 0.7 doubles the odds."
    )
    risk_impact: float = batch(
        risk_impacts,
        "Its part of the risk score: the prior and the impacts of all evidence of a case sum to its score. "
        "Negative for what mitigates; 0 for what was refuted or belongs to an older run.",
        needs=("id", "investigation_id"),
    )
    correlated_group: str | None = column("Signals of one group damp each other, since they see the same thing.")
    trust: TrustMetadata | None = batch(
        trusts_of_evidence,
        "How far the viewer's organisation trusts the source of the shared indicators it rests on; null where it rests "
        "on none that the viewer may see.",
        needs=("id",),
    )
    own_telemetry: bool = column("Whether it rests on the organisation's own records.")
    technique: str | None = column("The ATT&CK technique it shows: `T1110.001`.")
    measured: float | None = column("The value that was measured, where there is one.")
    threshold: float | None = column("The value from which on it is remarkable, where there is one.")
    verification_status: VerificationStatus = column("What people made of it, last.")
    verifications: list[Verification] = many(
        "Everything people made of it, first to last.", by="evidence_id", order=("id", False)
    )
    window: EvidenceWindow | None = facet("The stretch of time it speaks of.", unless_null="window_start")
    record_count: int = column("How many activity records it rests on; `activity` lists those that were kept.")
    activity: Connection[ActivityRecord] = connection(
        "The very records it rests on, newest first.",
        link=Link(rows.EvidenceActivity, "evidence_id", "record_id"),
        order=ActivityOrder,
    )
    indicators: Connection[ties.Indicator] = connection(
        "The shared indicators it rests on, as far as the viewer may see them.",
        link=CITED_INDICATORS,
        order=IndicatorOrder,
    )
    related: Connection[ties.Evidence] = connection(
        "Other evidence of the same case that sees the same: of the same group of signals, or on the same records.",
        link=RELATED_EVIDENCE,
        order=EvidenceOrder,
        filter=EvidenceFilter,
        filters=EVIDENCE_FILTERS,
    )
    drawn: GraphDetail = batch(
        draw_pieces,
        "Its place in the drawn graph of its case: its node, the ties it has, and their other ends.",
        needs=("id", "investigation_id"),
    )
    source: str = column("Where it comes from: the name of an analyser, an agent or a log.")
    display_data: EvidenceDisplay = facet("The same in words for people.")
    raw_data: JSON | None = column("What was measured or sent, as it was.")
    created_by: ties.User | None = one("Who wrote it; null for what an analyser found.", by="created_by")
    run: int = column("The run of the case that found it.")
    superseded: bool = column("Whether a later run replaced it: it is kept, and no part of the score.")
    freshest_at: datetime | None = column("When the newest of its records was made.")
    discovered_at: datetime = column("When it was found.")
