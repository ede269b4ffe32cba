"""A person's or an agent's move of a case: pause, resume, cancel, accept. The row moves first, the engine follows."""

from collections.abc import Sequence

from foundation.telemetry import logger
from gateways.ports import Job
from models import tables as rows
from models.queries import investigations
from resolvers.announcements import announce_status
from resolvers.history import remember
from resolvers.operation import Door, Operation
from resolvers.timeline import record_action
from rules.investigation.phases import check_move
from rules.investigation.words import (
    ActorType,
    AnalysisStatus,
    CompletionReason,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
)

_UNFINISHED = (AnalysisStatus.PENDING, AnalysisStatus.RUNNING, AnalysisStatus.WAITING_DATA)
_SAID = {
    InvestigationStatus.PAUSED: "Paused",
    InvestigationStatus.RUNNING: "Resumed",
    InvestigationStatus.CANCELLED: "Cancelled",
    InvestigationStatus.COMPLETE: "Accepted as it stands",
}

log = logger("resolvers.moves")


async def move(
    door: Door,
    case: rows.Investigation,
    wanted: InvestigationStatus,
    *,
    actor: tuple[ActorType, str],
    reason: str | None = None,
) -> None:
    """Moves the locked case by hand, within the caller's write, and tells of it. Raises IllegalMove (D20).

    Call `follow` once the write has committed. A crash between the two is mended by the reconciler, which makes the
    engine match the row.
    """
    old = InvestigationStatus(case.status)
    check_move(old, wanted, phase=InvestigationPhase(case.phase), by_hand=True)
    domains = await investigations.domains_of(door.session, case)
    case.status, case.updated_at = str(wanted), door.now
    if wanted is InvestigationStatus.CANCELLED:
        _end(door, case, CompletionReason.CANCELLED)
        cancel_domains(door, domains)
    elif wanted is InvestigationStatus.COMPLETE:
        _end(door, case, CompletionReason.MANUAL_COMPLETION)
        case.phase, case.progress_percent = str(InvestigationPhase.COMPLETE), 100
    ended = wanted in (InvestigationStatus.CANCELLED, InvestigationStatus.COMPLETE)
    await record_action(
        door,
        case,
        actor=actor,
        action=EventAction.INVESTIGATION_COMPLETED if ended else EventAction.USER_ACTION,
        summary=f"{_SAID[wanted]}: {reason}" if reason else _SAID[wanted],
        success=wanted is not InvestigationStatus.CANCELLED,
    )
    await announce_status(door, case, old=old, actor=actor[1], reason=reason)
    await remember(door, case, domains)


def _end(door: Door, case: rows.Investigation, reason: CompletionReason) -> None:
    case.completion_reason, case.completed_at, case.estimated_completion = str(reason), door.now, None


def cancel_domains(door: Door, domains: Sequence[rows.DomainAnalysis]) -> None:
    """What was not finished ends with its run."""
    for domain in domains:
        if domain.status in _UNFINISHED:
            domain.status, domain.finished_at, domain.updated_at = str(AnalysisStatus.CANCELLED), door.now, door.now


async def follow(op: Operation, job: Job, status: InvestigationStatus) -> None:
    """Makes the engine do what the row says, after the commit. Its failure is no failure of the move.

    The row is the truth and the reconciler looks every 30 s, so somebody who was told "no" would have been lied to.
    """
    try:
        if status is InvestigationStatus.RUNNING:
            await op.house.jobs.resume(job.id, queue=job.queue)
        elif status in (InvestigationStatus.PAUSED, InvestigationStatus.CANCELLED):
            await op.house.jobs.cancel(job.id)
    except Exception as error:  # Whatever stopped it: the move is committed, and the reconciler will tell the engine.
        log.warning("engine_not_told", job=job.id, status=str(status), error=type(error).__name__)
