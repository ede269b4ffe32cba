"""What subscribers are told of a write to a case: the events of the rows as they stand now (ENGINE.md section 6)."""

from models import tables as rows
from models.queries import investigations
from resolvers.operation import Door
from rules.events import (
    EvidenceFound,
    EvidenceVerified,
    InvestigationProgressed,
    InvestigationStatusChanged,
    RiskThresholdBreached,
    RiskUpdated,
    TimelineEventRecorded,
)
from rules.investigation.words import (
    ActorType,
    CompletionReason,
    DomainName,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
    ThresholdType,
    VerificationStatus,
)


def number_of(row: rows.Investigation | rows.Evidence | rows.TimelineEvent | rows.Note) -> int:
    """The number of a row that has been flushed."""
    assert row.id is not None, "flush before the number is used"
    return row.id


async def audience(door: Door, case: rows.Investigation) -> tuple[str, ...]:
    """The organisations that hear the coarse events of a case: its owner's, and those of the people called into it."""
    called_in = {organization for _, organization in await investigations.assigned_to(door.session, case)}
    return tuple(sorted(called_in | {case.organization_id}))


def announce_progress(door: Door, case: rows.Investigation, *, domain: DomainName | None = None) -> None:
    """The phase, percentage and estimate that the case holds now."""
    door.announce(
        InvestigationProgressed(
            investigation_id=number_of(case),
            current_phase=InvestigationPhase(case.phase),
            progress_percent=case.progress_percent,
            estimated_completion=case.estimated_completion,
            domain=domain,
        )
    )


async def announce_status(
    door: Door,
    case: rows.Investigation,
    *,
    old: InvestigationStatus | None,
    actor: str,
    reason: str | None = None,
) -> None:
    """That the status is now what the case holds; without an old one the case was created."""
    door.announce(
        InvestigationStatusChanged(
            investigation_id=number_of(case),
            organization_ids=await audience(door, case),
            old_status=old,
            new_status=InvestigationStatus(case.status),
            current_phase=InvestigationPhase(case.phase),
            progress_percent=case.progress_percent,
            run=case.run,
            estimated_completion=case.estimated_completion,
            completion_reason=CompletionReason(case.completion_reason) if case.completion_reason else None,
            reason=reason,
            actor=actor,
        )
    )


def announce_evidence(door: Door, evidence: rows.Evidence) -> None:
    """That this evidence was added; call it once the row has its number."""
    door.announce(
        EvidenceFound(
            investigation_id=evidence.investigation_id,
            evidence_id=number_of(evidence),
            domain=DomainName(evidence.domain),
            strength=evidence.strength,
            title=evidence.title,
        )
    )


def announce_verification(
    door: Door, evidence: rows.Evidence, *, old: VerificationStatus, verified_by: str, reason: str
) -> None:
    """That somebody's word on the evidence is now what its row holds."""
    door.announce(
        EvidenceVerified(
            investigation_id=evidence.investigation_id,
            evidence_id=number_of(evidence),
            domain=DomainName(evidence.domain),
            old_status=old,
            new_status=VerificationStatus(evidence.verification_status),
            verified_by=verified_by,
            reason=reason,
        )
    )


async def announce_risk(
    door: Door, case: rows.Investigation, *, old_score: float, source: str, reason: str, by_analyser: bool
) -> None:
    """The step to the score that the case holds now."""
    door.announce(
        RiskUpdated(
            investigation_id=number_of(case),
            organization_ids=await audience(door, case) if by_analyser else (),
            old_score=old_score,
            new_score=case.risk_score,
            confidence=case.confidence,
            reason=reason,
            source=source,
            by_analyser=by_analyser,
        )
    )


async def announce_threshold(
    door: Door, case: rows.Investigation, *, threshold_type: ThresholdType, threshold: float
) -> None:
    """That the score which the case holds now is the first of this run at or above the threshold."""
    door.announce(
        RiskThresholdBreached(
            investigation_id=number_of(case),
            organization_ids=await audience(door, case),
            threshold_type=threshold_type,
            threshold=threshold,
            score=case.risk_score,
            run=case.run,
        )
    )


def announce_action(door: Door, event: rows.TimelineEvent) -> None:
    """Each timeline row has one event (D23)."""
    door.announce(
        TimelineEventRecorded(
            investigation_id=event.investigation_id,
            timeline_event_id=number_of(event),
            timestamp=event.timestamp,
            actor=event.actor_name,
            actor_type=ActorType(event.actor_type),
            action=EventAction(event.action),
            success=event.success,
            risk_delta=event.risk_delta,
        )
    )
