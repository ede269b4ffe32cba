"""Opening a case to write in it: the object that is checked is the object that is changed (SECURITY R15)."""

from foundation.ids import to_ref
from models import tables as rows
from models.database import Session
from models.queries import evidence as evidence_queries
from models.queries import investigations
from rules.access.viewer import Viewer, ViewerKind
from rules.investigation.phases import actions
from rules.investigation.refusals import (
    EvidenceNotFound,
    InvestigationArchived,
    InvestigationNotFound,
    NotInThisState,
    NotYourCase,
)
from rules.investigation.words import InvestigationAction, InvestigationPhase, InvestigationStatus


async def case_for_update(session: Session, viewer: Viewer, investigation_id: int) -> rows.Investigation:
    """The case, locked until the end of the write.

    Its organisation's publishers and the assigned publishers of others may write in it; that their role allows writing
    at all was checked when the door opened. An agent's key writes only in cases of its own. Raises
    InvestigationNotFound, the same for absent and hidden (D6), and NotYourCase.
    """
    case = await investigations.case_to_change(session, viewer, investigation_id)
    if case is None:
        raise InvestigationNotFound(
            field="investigationId",
            investigation_id=to_ref("INV", investigation_id),
            available_investigations=await investigations.newest_refs(session, viewer),
        )
    await _check_own(session, viewer, case)
    return case


async def _check_own(session: Session, viewer: Viewer, case: rows.Investigation) -> None:
    """An agent is asked into single cases (SECURITY section 1): a key that leaks, or an agent that is led astray by
    what it reads, must not reach the others. Asked once the case is found, so that hidden ones stay hidden."""
    if viewer.kind is not ViewerKind.SERVICE or case.created_by == viewer.user_id:
        return
    if viewer.user_id not in {user for user, _ in await investigations.assigned_to(session, case)}:
        raise NotYourCase


async def evidence_for_update(
    session: Session, viewer: Viewer, evidence_id: int, *, investigation_id: int | None = None
) -> tuple[rows.Investigation, rows.Evidence]:
    """The evidence and its case, the case locked first as every writer does it.

    Where a case is named, evidence of another one is as absent as evidence that never was. Raises EvidenceNotFound.
    """
    found = await evidence_queries.case_of(session, viewer, evidence_id)
    if found is not None and investigation_id in (None, found):
        case = await investigations.case_to_change(session, viewer, found)
        if case is not None:
            await _check_own(session, viewer, case)
            for piece in await evidence_queries.of_case(session, case, [evidence_id]):
                return case, piece
    raise EvidenceNotFound(field="evidenceId", evidence_id=to_ref("EV", evidence_id))


def permit(case: rows.Investigation, action: InvestigationAction) -> None:
    """Raises where the state of the case does not permit the action, whoever asks."""
    check_kept(case)
    phase = InvestigationPhase(case.phase)
    if action not in actions(InvestigationStatus(case.status), phase):
        can = [str(status) for status in InvestigationStatus if action in actions(status, phase)]
        raise NotInThisState(status=case.status, allowed=can, states=", ".join(can))


def check_kept(case: rows.Investigation) -> None:
    """Raises InvestigationArchived: what is put away changes no more, whoever asks for what."""
    if case.phase == InvestigationPhase.ARCHIVED:
        raise InvestigationArchived(investigation_id=to_ref("INV", case.id or 0))
