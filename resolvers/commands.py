"""Commands to the run of a case: pause, resume, cancel, accept, rerun.

Each is one write: status, timeline, events, history, and for a rerun the new job. The engine is told after the commit;
what a crash between the two leaves undone, the reconciler does. Each raises IllegalMove, InvestigationArchived,
InvestigationNotFound and NotYourCase.
"""

from foundation.ids import to_ref
from foundation.texts import check_text
from models import tables as rows
from models.queries import investigations, runs
from resolvers.announcements import announce_status
from resolvers.history import remember
from resolvers.jobs import engine_follows, job_of
from resolvers.opening import case_for_update, check_kept
from resolvers.operation import Door, Operation
from resolvers.running.step import UNFINISHED, end_domain
from resolvers.scoring import rescore
from resolvers.timeline import actor_of, record_action
from rules.access.actions import Action
from rules.investigation.phases import check_move, progress_percent
from rules.investigation.words import (
    AnalysisStatus,
    CompletionReason,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
)

_Status = InvestigationStatus
MOST_REASON = 2_000


async def pause_investigation(op: Operation, *, investigation_id: int, reason: str | None = None) -> int:
    """Stops a running case until somebody resumes it."""
    return await _move(op, investigation_id, _Status.PAUSED, "Paused", reason)


async def resume_investigation(op: Operation, *, investigation_id: int, reason: str | None = None) -> int:
    """A paused or waiting case goes on where it stood."""
    return await _move(op, investigation_id, _Status.RUNNING, "Resumed", reason)


async def cancel_investigation(op: Operation, *, investigation_id: int, reason: str | None = None) -> int:
    """Ends the run of a case; only a rerun starts it again."""
    return await _move(op, investigation_id, _Status.CANCELLED, "Cancelled", reason)


async def accept_investigation(op: Operation, *, investigation_id: int, reason: str | None = None) -> int:
    """A case up for review is complete as it stands."""
    return await _move(op, investigation_id, _Status.COMPLETE, "Accepted as it stands", reason)


async def rerun_investigation(op: Operation, *, investigation_id: int, reason: str | None = None) -> int:
    """Starts a new run of a case that has ended, from data collection on.

    What earlier runs found is kept and shown in the past, but is no part of the score any more; what people and agents
    added still is.
    """
    async with op.write(Action.INVESTIGATION_COMMAND, target=to_ref("INV", investigation_id)) as door:
        reason = _checked(reason)
        case = await case_for_update(door.session, op.viewer, investigation_id)
        check_kept(case)
        old = _Status(case.status)
        check_move(old, _Status.RUNNING, phase=InvestigationPhase(case.phase), by_hand=True, rerun=True)
        case.run += 1
        door.about(to_ref("INV", investigation_id), command="rerun", run=case.run)
        _begin_anew(case, door)
        domains = await investigations.domains_of(door.session, case)
        for domain in domains:
            _empty(domain, case, door)
        await door.session.flush()
        await runs.supersede(door.session, case)
        summary = _said(f"Run {case.run} started", reason)
        await announce_status(door, case, old=old, actor=actor_of(op.viewer)[1], reason=reason)
        rescored = await rescore(door, case, source="rerun", reason=f"Run {case.run} sets aside what was found before.")
        await record_action(
            door,
            case,
            actor=actor_of(op.viewer),
            action=EventAction.INVESTIGATION_STARTED,
            summary=summary,
            risk_delta=rescored.delta,
        )
        await remember(door, case, domains)
        door.enqueue(job_of(case))
        door.answer(investigation_id)
    return investigation_id


async def _move(
    op: Operation, investigation_id: int, wanted: InvestigationStatus, word: str, reason: str | None
) -> int:
    async with op.write(Action.INVESTIGATION_COMMAND, target=to_ref("INV", investigation_id)) as door:
        reason = _checked(reason)
        case = await case_for_update(door.session, op.viewer, investigation_id)
        check_kept(case)
        check_move(_Status(case.status), wanted, phase=InvestigationPhase(case.phase), by_hand=True)
        door.about(to_ref("INV", investigation_id), command=str(wanted), run=case.run)
        await move_within(door, op, case, wanted, summary=_said(word, reason), reason=reason)
        run = case.run
        door.answer(investigation_id)
    await engine_follows(op, investigation_id=investigation_id, run=run, status=wanted)
    return investigation_id


async def move_within(
    door: Door,
    op: Operation,
    case: rows.Investigation,
    wanted: InvestigationStatus,
    *,
    summary: str,
    reason: str | None = None,
) -> None:
    """Moves a locked case within the caller's write, the move having been checked; with all its traces.

    After the commit the caller makes the engine follow.
    """
    old = _Status(case.status)
    case.status, case.updated_at = str(wanted), door.now
    if wanted is not _Status.RUNNING:
        case.estimated_completion = None
    domains = await investigations.domains_of(door.session, case)
    if wanted is _Status.CANCELLED:
        case.completion_reason, case.completed_at = str(CompletionReason.CANCELLED), door.now
        for domain in domains:
            if domain.status in UNFINISHED:
                end_domain(domain, door, AnalysisStatus.CANCELLED, "Cancelled with its run.")
    elif wanted is _Status.COMPLETE:
        case.completion_reason = str(CompletionReason.MANUAL_COMPLETION)
    await record_action(door, case, actor=actor_of(op.viewer), action=EventAction.USER_ACTION, summary=summary)
    await announce_status(door, case, old=old, actor=actor_of(op.viewer)[1], reason=reason)
    await remember(door, case, domains)


def _begin_anew(case: rows.Investigation, door: Door) -> None:
    case.status, case.phase = str(_Status.RUNNING), str(InvestigationPhase.DATA_COLLECTION)
    case.progress_percent = progress_percent(InvestigationPhase.DATA_COLLECTION)
    case.estimated_completion = case.completion_reason = case.completed_at = None
    case.thresholds_told = []
    case.records_seen = 0
    case.updated_at = door.now


def _empty(domain: rows.DomainAnalysis, case: rows.Investigation, door: Door) -> None:
    """Nobody has looked at the domain in this run; an outside agent takes it up again by reporting."""
    domain.status, domain.run, domain.updated_at = str(AnalysisStatus.PENDING), case.run, door.now
    domain.progress_percent = domain.records_seen = 0
    domain.summary = domain.agent = domain.catalogue_hash = domain.started_at = domain.finished_at = None


def _checked(reason: str | None) -> str | None:
    """The reason without blanks around it; none where it says nothing. Raises InvalidInput."""
    return check_text(reason or "", field="reason", most=MOST_REASON) or None


def _said(word: str, reason: str | None) -> str:
    return f"{word}: {reason}" if reason else f"{word}."
