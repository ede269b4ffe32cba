"""What people write beside a case."""

from foundation.errors import InvalidInput
from foundation.ids import to_ref
from foundation.texts import check_text
from models import tables as rows
from resolvers.announcements import number_of
from resolvers.history import remember
from resolvers.opening import case_for_update, permit
from resolvers.operation import Door, Operation
from resolvers.timeline import actor_of, record_action
from rules.access.actions import Action
from rules.investigation.words import EventAction, InvestigationAction, NoteType, NoteVisibility, Priority

MOST_BODY = 10_000


async def add_note(
    op: Operation,
    *,
    investigation_id: int,
    body: str,
    type: NoteType = NoteType.COMMENT,  # noqa: A002 - the contract's word
    visibility: NoteVisibility = NoteVisibility.TEAM,
) -> int:
    """Writes a comment, flag or escalation; the number of the note. Notes are never changed (D24).

    An escalation raises the priority to at least high and says so in the timeline, so it cannot be private. The
    timeline of a case shows that a note was written only where everybody who sees the timeline may read the note.
    """
    async with op.write(Action.NOTE_ADD, target=to_ref("INV", investigation_id)) as door:
        text = check_text(body, field="body", least=1, most=MOST_BODY)
        if type is NoteType.ESCALATION and visibility is NoteVisibility.PRIVATE:
            raise InvalidInput("An escalation that nobody else may read calls nobody.", field="visibility")
        case = await case_for_update(door.session, op.viewer, investigation_id)
        permit(case, InvestigationAction.ADD_NOTE)
        number = await write_note(door, op, case, text, type=type, visibility=visibility)
        door.about(to_ref("INV", investigation_id), note=number, type=str(type), visibility=str(visibility))
        door.answer(number)
    return number


async def write_note(
    door: Door,
    op: Operation,
    case: rows.Investigation,
    text: str,
    *,
    type: NoteType = NoteType.COMMENT,  # noqa: A002
    visibility: NoteVisibility = NoteVisibility.TEAM,
) -> int:
    """The note itself, within the caller's write on the locked case; `text` has been checked."""
    note = door.add(
        rows.Note(
            investigation_id=number_of(case),
            organization_id=case.organization_id,
            author_id=op.viewer.user_id or None,
            type=str(type),
            visibility=str(visibility),
            body=text,
            created_at=door.now,
        )
    )
    await door.session.flush()
    if type is NoteType.ESCALATION:
        await _escalate(door, op, case)
    elif visibility is NoteVisibility.ALL:
        word = "Flag" if type is NoteType.FLAG else "Comment"
        await record_action(
            door, case, actor=actor_of(op.viewer), action=EventAction.USER_ACTION, summary=f"{word} written"
        )
    return number_of(note)


async def _escalate(door: Door, op: Operation, case: rows.Investigation) -> None:
    order = list(Priority)
    raised = max(Priority(case.priority), Priority.HIGH, key=order.index)
    told = "Escalated"
    if raised != case.priority:
        told = f"Escalated: priority raised from {case.priority} to {raised}"
        case.priority, case.updated_at = str(raised), door.now
        await remember(door, case)
    await record_action(door, case, actor=actor_of(op.viewer), action=EventAction.DECISION_MADE, summary=told)
