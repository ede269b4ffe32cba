"""What people and agents put beside a case."""

from typing import Annotated

import strawberry

from resolvers import domains, notes, timeline
from rules.access.actions import Action
from schema.domains import DomainAnalysis
from schema.marks import acts
from schema.naming import case_number, evidence_number, json_value
from schema.notes import Note
from schema.payloads import UserError, attempt
from schema.planned import Info, planned
from schema.timeline import TimelineEvent
from schema.timeline_inputs import AddNoteInput, RecordTimelineEventInput, ReportDomainProgressInput

_ERRORS = "Why nothing was done; empty when it was."


@strawberry.type(description="How writing a note ended.")
class AddNotePayload:
    note: Note | None = strawberry.field(description="The new note; null when none was written.")
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How recording an action ended.")
class RecordTimelineEventPayload:
    timeline_event: TimelineEvent | None = strawberry.field(
        description="The new entry of the timeline; null when none was written."
    )
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How a report on a domain ended.")
class ReportDomainProgressPayload:
    domain: DomainAnalysis | None = strawberry.field(
        description="The line of analysis as it stands now; null when the report was not taken."
    )
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="What people and agents put beside a case.")
class TimelineMutations:
    @strawberry.mutation(
        description="Writes a comment, a flag or an escalation beside a case. Notes never change.",
        metadata=acts(Action.NOTE_ADD),
    )
    async def add_note(
        self, info: Info, input: Annotated[AddNoteInput, strawberry.argument(description="The note.")]
    ) -> AddNotePayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: notes.add_note(
                op,
                investigation_id=case_number(op, Action.NOTE_ADD, input.investigation_id),
                body=input.body,
                type=input.type,
                visibility=input.visibility,
            ),
            mutation="addNote",
            asked=input,
            key=input.client_mutation_key,
        )
        return AddNotePayload(
            note=planned(info, Note, done.result) if done.result else None, user_errors=done.user_errors
        )

    @strawberry.mutation(
        description="Records what an outside agent, its tool or somebody outside did in a case. The score does not "
        "move: add evidence for that.",
        metadata=acts(Action.TIMELINE_RECORD),
    )
    async def record_timeline_event(
        self,
        info: Info,
        input: Annotated[RecordTimelineEventInput, strawberry.argument(description="What was done.")],
    ) -> RecordTimelineEventPayload | None:
        action = Action.TIMELINE_RECORD
        done = await attempt(
            info.context.operation,
            lambda op: timeline.record_timeline_event(
                op,
                investigation_id=case_number(op, action, input.investigation_id),
                action=input.action,
                summary=input.summary,
                actor_type=input.actor_type,
                actor_name=input.actor_name,
                success=input.success,
                duration_ms=input.duration_ms,
                input_data=json_value(input.input_data),
                output_data=json_value(input.output_data),
                evidence_ids=[
                    evidence_number(op, action, which, field=f"evidence.{position}")
                    for position, which in enumerate(input.evidence or ())
                ],
            ),
            mutation="recordTimelineEvent",
            asked=input,
            key=input.client_mutation_key,
        )
        return RecordTimelineEventPayload(
            timeline_event=planned(info, TimelineEvent, done.result) if done.result else None,
            user_errors=done.user_errors,
        )

    @strawberry.mutation(
        description="An outside agent's word on its domain: it has taken it up, comes along, or is done. The engine "
        "waits for it. Domains that the engine analyses itself are refused. A report may come late, after the run has "
        "ended COMPLETE or REVIEW_NEEDED: the domain, the timeline and the score change, the case keeps its status. "
        "COMPLETE, FAILED or TIMEOUT ends the domain for this run; a rerun asks for it anew.",
        metadata=acts(Action.DOMAIN_REPORT),
    )
    async def report_domain_progress(
        self,
        info: Info,
        input: Annotated[ReportDomainProgressInput, strawberry.argument(description="How far the agent is.")],
    ) -> ReportDomainProgressPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: domains.report_domain_progress(
                op,
                investigation_id=case_number(op, Action.DOMAIN_REPORT, input.investigation_id),
                domain=input.domain,
                status=input.status,
                progress_percent=input.progress_percent,
                summary=input.summary,
                records_seen=input.records_seen,
            ),
            mutation="reportDomainProgress",
            asked=input,
            key=input.client_mutation_key,
        )
        return ReportDomainProgressPayload(
            domain=planned(info, DomainAnalysis, done.result) if done.result else None, user_errors=done.user_errors
        )
