"""A case is changed: how urgent it is, who works on it, what it is about in words, and whether it runs."""

from collections.abc import Sequence

from foundation.errors import Forbidden, InvalidInput
from foundation.ids import to_ref
from foundation.texts import check_text
from models import tables as rows
from models.queries import investigations as queries
from resolvers.assignees import people_named
from resolvers.commands import move_within
from resolvers.history import remember
from resolvers.investigations.create import MOST_REASON
from resolvers.jobs import engine_follows
from resolvers.notes import MOST_BODY, write_note
from resolvers.opening import case_for_update, permit
from resolvers.operation import Door, Operation
from resolvers.timeline import actor_of, record_action
from rules.access.actions import Action
from rules.investigation.phases import check_move
from rules.investigation.words import (
    EventAction,
    InvestigationAction,
    InvestigationPhase,
    InvestigationStatus,
    Priority,
)


async def update_investigation(
    op: Operation,
    *,
    investigation_id: int,
    priority: Priority | None = None,
    assigned_to: Sequence[str] | None = None,
    status: InvestigationStatus | None = None,
    trigger_reason: str | None = None,
    notes: str | None = None,
) -> int:
    """Changes what is given and leaves the rest; the number of the case.

    `assigned_to` replaces everybody who works on the case; only its own organisation may say who that is. `status`
    pauses, resumes, cancels or accepts it, as the moves allow; `notes` adds a team comment (CONTRACTS row 50). All of
    it is one write: where one part is refused, nothing was changed.
    """
    async with op.write(Action.INVESTIGATION_UPDATE, target=to_ref("INV", investigation_id)) as door:
        if priority is assigned_to is status is trigger_reason is notes is None:
            raise InvalidInput("Say what to change.")
        why = None if trigger_reason is None else check_text(trigger_reason, field="triggerReason", most=MOST_REASON)
        note = None if notes is None else check_text(notes, field="notes", least=1, most=MOST_BODY)
        case = await case_for_update(door.session, op.viewer, investigation_id)
        permit(case, InvestigationAction.UPDATE)
        changes = []
        if priority is not None and priority != case.priority:
            changes.append(f"priority from {case.priority} to {priority}")
            case.priority = str(priority)
        if why is not None and (why or None) != case.trigger_reason:
            changes.append("trigger reason")
            case.trigger_reason = why or None
        if assigned_to is not None and await _reassign(door, op, case, assigned_to):
            changes.append("assignees")
        if changes:
            await _tell(door, op, case, changes)
        if note is not None:
            await write_note(door, op, case, note)
            # Whoever polls by the time of change would never hear of the note otherwise.
            case.updated_at = door.now
            await remember(door, case)
        if status is not None:
            await _move(door, op, case, status)
        run = case.run
        door.about(to_ref("INV", investigation_id), changed=changes, status=None if status is None else str(status))
        door.answer(investigation_id)
    if status is not None:
        await engine_follows(op, investigation_id=investigation_id, run=run, status=status)
    return investigation_id


async def _reassign(door: Door, op: Operation, case: rows.Investigation, words: Sequence[str]) -> bool:
    """Whether anybody came or went."""
    if op.viewer.organization_id != case.organization_id:
        raise Forbidden("Only the organisation of the case says who works on it.")
    before = {user for user, _ in await queries.assigned_to(door.session, case)}
    people = [person.id for person in await people_named(door, op.viewer, words)]
    await queries.assign(door.session, case, people, door.now)
    return set(people) != before


_SAID = {
    InvestigationStatus.PAUSED: "Paused.",
    InvestigationStatus.RUNNING: "Resumed.",
    InvestigationStatus.CANCELLED: "Cancelled.",
    InvestigationStatus.COMPLETE: "Accepted as it stands.",
}


async def _move(door: Door, op: Operation, case: rows.Investigation, status: InvestigationStatus) -> None:
    phase = InvestigationPhase(case.phase)
    check_move(InvestigationStatus(case.status), status, phase=phase, by_hand=True, field="status")
    await move_within(door, op, case, status, summary=_SAID[status])


async def _tell(door: Door, op: Operation, case: rows.Investigation, changes: Sequence[str]) -> None:
    case.updated_at = door.now
    await record_action(
        door,
        case,
        actor=actor_of(op.viewer),
        action=EventAction.USER_ACTION,
        summary=f"Changed {', '.join(changes)}",
    )
    await remember(door, case)
