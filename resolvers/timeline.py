"""The timeline of a case: what was done in it, by whom."""

from collections.abc import Mapping, Sequence
from typing import Any

from foundation.errors import InvalidInput
from foundation.ids import to_ref
from foundation.texts import check_json, check_number, check_text
from models import tables as rows
from models.queries import evidence as evidence_queries
from resolvers.announcements import announce_action, number_of
from resolvers.opening import case_for_update, permit
from resolvers.operation import Door, Operation
from rules.access.actions import Action
from rules.access.viewer import Viewer, ViewerKind
from rules.investigation.refusals import EvidenceNotFound
from rules.investigation.words import ActorType, EventAction, InvestigationAction

MOST_NAME, MOST_SUMMARY, MOST_DATA_BYTES = 200, 2_000, 65_536
MOST_DURATION_MS = 2**31 - 1  # the graph's Int; 24 days
MOST_EVIDENCE = 100
# An agent speaks for itself, its tools and others outside. What the engine, the server and people did, they record.
REPORTED_BY_AGENTS = (ActorType.AGENT, ActorType.TOOL, ActorType.EXTERNAL)


def actor_of(viewer: Viewer) -> tuple[ActorType, str]:
    """How the timeline names whoever writes: a person, an agent with a key, or the engine."""
    kinds = {ViewerKind.SERVICE: ActorType.AGENT, ViewerKind.ENGINE: ActorType.ORCHESTRATOR}
    return kinds.get(viewer.kind, ActorType.USER), viewer.name


async def record_action(
    door: Door,
    case: rows.Investigation,
    *,
    actor: tuple[ActorType, str],
    action: EventAction,
    summary: str,
    success: bool = True,
    duration_ms: int | None = None,
    input_data: Mapping[str, Any] | None = None,
    output_data: Mapping[str, Any] | None = None,
    risk_delta: float | None = None,
    evidence: Sequence[rows.Evidence] = (),
) -> rows.TimelineEvent:
    """Writes a timeline row and announces it, within the caller's write. `evidence` is what the action brought."""
    actor_type, actor_name = actor
    event = door.add(
        rows.TimelineEvent(
            investigation_id=number_of(case),
            organization_id=case.organization_id,
            timestamp=door.now,
            actor_type=str(actor_type),
            actor_name=actor_name,
            action=str(action),
            summary=summary,
            duration_ms=duration_ms,
            success=success,
            input_data=None if input_data is None else dict(input_data),
            output_data=None if output_data is None else dict(output_data),
            risk_delta=risk_delta,
            evidence_refs=[to_ref("EV", number_of(piece)) for piece in evidence],
            run=case.run,
        )
    )
    await door.session.flush()
    announce_action(door, event)
    return event


async def record_timeline_event(
    op: Operation,
    *,
    investigation_id: int,
    action: EventAction,
    summary: str,
    actor_type: ActorType = ActorType.AGENT,
    actor_name: str | None = None,
    success: bool = True,
    duration_ms: int | None = None,
    input_data: Mapping[str, Any] | None = None,
    output_data: Mapping[str, Any] | None = None,
    evidence_ids: Sequence[int] = (),
) -> int:
    """What an outside agent did, in its own words; the number of the new timeline event.

    The risk delta is no input: only a rescoring moves the score. Without a name the caller's own stands; the audit
    trail names the caller either way.
    """
    async with op.write(Action.TIMELINE_RECORD, target=to_ref("INV", investigation_id)) as door:
        if actor_type not in REPORTED_BY_AGENTS:
            raise InvalidInput(
                "Agents record what agents, tools and others outside did.",
                field="actorType",
                allowed=[str(word) for word in REPORTED_BY_AGENTS],
            )
        name = op.viewer.name if actor_name is None else actor_name
        name = check_text(name, field="actorName", least=1, most=MOST_NAME, one_line=True)
        said = check_text(summary, field="summary", least=1, most=MOST_SUMMARY)
        if duration_ms is not None:
            check_number(duration_ms, field="durationMs", least=0, most=MOST_DURATION_MS)
        given = _data(input_data, "inputData")
        got = _data(output_data, "outputData")
        if len(evidence_ids) > MOST_EVIDENCE:
            raise InvalidInput(f"Name at most {MOST_EVIDENCE} pieces of evidence.", field="evidence")
        case = await case_for_update(door.session, op.viewer, investigation_id)
        permit(case, InvestigationAction.RECORD_TIMELINE_EVENT)
        event = await record_action(
            door,
            case,
            actor=(actor_type, name),
            action=action,
            summary=said,
            success=success,
            duration_ms=duration_ms,
            input_data=given,
            output_data=got,
            evidence=await _evidence(door, case, evidence_ids),
        )
        number = number_of(event)
        door.about(to_ref("EVT", number), investigation=to_ref("INV", investigation_id), action=str(action))
        door.answer(number)
    return number


def _data(value: Mapping[str, Any] | None, field: str) -> dict[str, Any] | None:
    return None if value is None else check_json(value, field=field, most_bytes=MOST_DATA_BYTES)


async def _evidence(door: Door, case: rows.Investigation, wanted: Sequence[int]) -> list[rows.Evidence]:
    """The named evidence, all of it of this very case (SECURITY R15)."""
    if not wanted:
        return []
    found = await evidence_queries.of_case(door.session, case, wanted)
    by_number = {piece.id: piece for piece in found}
    for position, number in enumerate(wanted):
        if number not in by_number:
            raise EvidenceNotFound(field=f"evidence.{position}", evidence_id=to_ref("EV", number))
    return [by_number[number] for number in dict.fromkeys(wanted)]
