"""Opening a case to write in it: the object that is checked is the object that is changed (SECURITY R15)."""

from foundation.ids import to_ref
from models import tables as rows
from models.database import Session
from models.queries import evidence as evidence_queries
from models.queries import investigations
from rules.access.viewer import Viewer
from rules.investigation.phases import actions
from rules.investigation.refusals import (
    EvidenceNotFound,
    InvestigationArchived,
    InvestigationNotFound,
    NotInThisState,
)
from rules.investigation.words import InvestigationAction, InvestigationPhase, InvestigationStatus


async def case_for_update(session: Session, viewer: Viewer, investigation_id: int) -> rows.Investigation:
    """The case, locked until the end of the write.

    Its organisation's publishers and the assigned publishers of others may write in it; that their role allows writing
    at all was checked when the door opened. Raises InvestigationNotFound, the same for absent and hidden (D6).
    """
    case = await investigations.case_to_change(session, viewer, investigation_id)
    if case is None:
        raise InvestigationNotFound(
            field="investigationId",
            investigation_id=to_ref("INV", investigation_id),
            available_investigations=await investigations.newest_refs(session, viewer),
        )
    return case


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
            for piece in await evidence_queries.of_case(session, case, [evidence_id]):
                return case, piece
    raise EvidenceNotFound(field="evidenceId", evidence_id=to_ref("EV", evidence_id))


def permit(case: rows.Investigation, action: InvestigationAction) -> None:
    """Raises where the state of the case does not permit the action, whoever asks."""
    phase = InvestigationPhase(case.phase)
    if phase is InvestigationPhase.ARCHIVED:
        raise InvestigationArchived(investigation_id=to_ref("INV", case.id or 0))
    if action not in actions(InvestigationStatus(case.status), phase):
        raise NotInThisState(status=case.status)
