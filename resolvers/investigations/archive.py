"""A case is put away: kept with its reason, out of lists, never changed again."""

from foundation.errors import Forbidden
from foundation.ids import to_ref
from foundation.texts import check_text
from models.queries import investigations as queries
from resolvers.announcements import announce_status
from resolvers.history import remember
from resolvers.investigations.create import MOST_REASON
from resolvers.jobs import engine_follows
from resolvers.opening import case_for_update, permit
from resolvers.operation import Operation
from resolvers.running.step import UNFINISHED, end_domain
from resolvers.timeline import actor_of, record_action
from rules.access.actions import Action
from rules.investigation.phases import status_when_archived
from rules.investigation.words import (
    AnalysisStatus,
    CompletionReason,
    EventAction,
    InvestigationAction,
    InvestigationPhase,
    InvestigationStatus,
)


async def archive_investigation(op: Operation, *, investigation_id: int, reason: str) -> int:
    """Archives a case from any status; the number of the case.

    A live run is cancelled first, in the same write, and the engine is told after the commit. Only the organisation of
    the case archives it. Raises InvestigationArchived where somebody has done it before.
    """
    async with op.write(Action.INVESTIGATION_ARCHIVE, target=to_ref("INV", investigation_id)) as door:
        why = check_text(reason, field="reason", least=1, most=MOST_REASON)
        case = await case_for_update(door.session, op.viewer, investigation_id)
        if op.viewer.organization_id != case.organization_id:
            raise Forbidden("Only the organisation of the case archives it.")
        permit(case, InvestigationAction.ARCHIVE)
        old = InvestigationStatus(case.status)
        status = status_when_archived(old)
        domains = await queries.domains_of(door.session, case)
        if status is not old:
            case.status, case.completion_reason = str(status), str(CompletionReason.CANCELLED)
            case.completed_at = door.now
        for domain in domains:
            # Of a run that has ended too: an agent may have taken a domain up after it.
            if domain.status in UNFINISHED:
                end_domain(domain, door, AnalysisStatus.CANCELLED, "Cancelled with its run.")
        case.phase, case.estimated_completion = str(InvestigationPhase.ARCHIVED), None
        case.archived_at, case.archive_reason, case.updated_at = door.now, why, door.now
        actor = actor_of(op.viewer)
        await record_action(door, case, actor=actor, action=EventAction.USER_ACTION, summary=f"Archived: {why}")
        await announce_status(door, case, old=old, actor=actor[1], reason=why)
        await remember(door, case, domains)
        door.about(to_ref("INV", investigation_id), cancelled=status is not old)
        door.answer(investigation_id)
        run = case.run
    if status is not old:
        await engine_follows(op, investigation_id=investigation_id, run=run, status=status)
    return investigation_id
