"""Evidence that people and outside agents bring, and what people make of evidence."""

from collections.abc import Mapping
from typing import Any

from foundation.ids import to_ref
from foundation.texts import check_json, check_share, check_text
from models import tables as rows
from models.queries import investigations
from resolvers.announcements import announce_evidence, announce_verification, number_of
from resolvers.opening import case_for_update, evidence_for_update, permit
from resolvers.operation import Door, Operation
from resolvers.scoring import rescore
from resolvers.timeline import actor_of, record_action
from rules.access.actions import Action
from rules.investigation.explanation import severity_of
from rules.investigation.risk import weight_of
from rules.investigation.words import (
    AnalysisStatus,
    DomainName,
    EventAction,
    EvidenceType,
    InvestigationAction,
    VerificationStatus,
)

MOST_TITLE, MOST_DESCRIPTION, MOST_SOURCE, MOST_REASON, MOST_RAW_BYTES = 500, 10_000, 200, 2_000, 65_536
DEFAULT_RELIABILITY = 0.5  # of a source that nobody has judged yet, marked as such (D14)
NOT_ASKED = "Not asked for; it holds what was added by hand."


async def add_evidence(
    op: Operation,
    *,
    investigation_id: int,
    domain: DomainName,
    title: str,
    description: str,
    strength: float,
    source: str,
    type: EvidenceType = EvidenceType.MANUAL_OBSERVATION,  # noqa: A002 - the contract's word
    raw_data: Mapping[str, Any] | None = None,
    reliability: float | None = None,
    supports: bool = True,
) -> int:
    """Adds evidence by hand and moves the score; the number of the new evidence.

    `strength` and `reliability` are 0 to 1; the weight in log-odds follows from the strength, at most the cap of a
    domain. Without a reliability it is 0.5 and marked as a default. Row, timeline event, risk step, evidence.found,
    timeline.event and risk.updated are one write (CONTRACTS row 29).
    """
    async with op.write(Action.EVIDENCE_ADD, target=to_ref("INV", investigation_id)) as door:
        name = check_text(title, field="title", least=1, most=MOST_TITLE, one_line=True)
        text = check_text(description, field="description", most=MOST_DESCRIPTION)
        origin = check_text(source, field="source", least=1, most=MOST_SOURCE, one_line=True)
        weight = weight_of(check_share(strength, field="strength"), supports=supports)
        trusted = DEFAULT_RELIABILITY if reliability is None else check_share(reliability, field="reliability")
        raw = None if raw_data is None else check_json(raw_data, field="rawData", most_bytes=MOST_RAW_BYTES)
        case = await case_for_update(door.session, op.viewer, investigation_id)
        permit(case, InvestigationAction.ADD_EVIDENCE)
        evidence = door.add(
            rows.Evidence(
                investigation_id=investigation_id,
                organization_id=case.organization_id,
                domain=str(domain),
                type=str(type),
                title=name,
                description=text,
                strength=strength,
                reliability=trusted,
                reliability_is_default=reliability is None,
                supports=supports,
                log_odds=weight,
                severity=str(severity_of(weight)),
                source=origin,
                summary=name,
                details=text,
                raw_data=raw,
                created_by=op.viewer.user_id or None,
                run=case.run,
                discovered_at=door.now,
            )
        )
        await _domain_row(door, case, domain)
        await door.session.flush()
        announce_evidence(door, evidence)
        step = await rescore(door, case, source=origin, reason=f"Evidence added: {name}")
        await record_action(
            door,
            case,
            actor=actor_of(op.viewer),
            action=EventAction.EVIDENCE_FOUND,
            summary=name,
            risk_delta=step.delta,
            evidence=[evidence],
        )
        number = number_of(evidence)
        door.about(to_ref("EV", number), investigation=to_ref("INV", investigation_id))
        door.answer(number)
    return number


async def _domain_row(door: Door, case: rows.Investigation, domain: DomainName) -> None:
    """A domain nobody asked for gets a row when evidence arrives in it, so that its score shows among the others."""
    if any(row.name == domain for row in await investigations.domains_of(door.session, case)):
        return
    door.add(
        rows.DomainAnalysis(
            investigation_id=number_of(case),
            organization_id=case.organization_id,
            name=str(domain),
            status=str(AnalysisStatus.COMPLETE),
            progress_percent=100,
            summary=NOT_ASKED,
            run=case.run,
            finished_at=door.now,
            updated_at=door.now,
        )
    )


async def verify_evidence(
    op: Operation,
    *,
    evidence_id: int,
    status: VerificationStatus,
    reason: str,
    investigation_id: int | None = None,
) -> int:
    """Somebody's word on a piece of evidence, which moves the score at once; the number of the evidence.

    Each word is kept as a row of its own with who, when and why. The author of evidence may verify it: a small
    organisation has one analyst, and the row says who it was. Where `investigation_id` is given, evidence of another
    case is not found (SECURITY R15).
    """
    async with op.write(Action.EVIDENCE_VERIFY, target=to_ref("EV", evidence_id), status=str(status)) as door:
        why = check_text(reason, field="reason", least=1, most=MOST_REASON)
        case, evidence = await evidence_for_update(
            door.session, op.viewer, evidence_id, investigation_id=investigation_id
        )
        permit(case, InvestigationAction.VERIFY_EVIDENCE)
        old = VerificationStatus(evidence.verification_status)
        door.add(
            rows.Verification(
                evidence_id=evidence_id,
                investigation_id=number_of(case),
                organization_id=case.organization_id,
                status=str(status),
                reason=why,
                verified_by=op.viewer.user_id or None,
                at=door.now,
            )
        )
        evidence.verification_status = str(status)
        actor = actor_of(op.viewer)
        announce_verification(door, evidence, old=old, verified_by=actor[1], reason=why)
        said = f"{to_ref('EV', evidence_id)} {_SAID[status]}: {why}"
        step = await rescore(door, case, source=actor[1], reason=said)
        await record_action(
            door,
            case,
            actor=actor,
            action=EventAction.DECISION_MADE,
            summary=said,
            risk_delta=step.delta,
        )
        door.about(to_ref("EV", evidence_id), investigation=to_ref("INV", number_of(case)))
        door.answer(evidence_id)
    return evidence_id


_SAID = {
    VerificationStatus.UNVERIFIED: "is unverified again",
    VerificationStatus.VERIFIED: "was verified",
    VerificationStatus.DISPUTED: "was disputed",
    VerificationStatus.FALSE_POSITIVE: "was refuted",
    VerificationStatus.PENDING_REVIEW: "is under review",
}
