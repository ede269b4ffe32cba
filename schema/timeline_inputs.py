"""What is said beside a case: notes, what agents did, and how far they are."""

import strawberry

from rules.investigation.words import (
    ActorType,
    AnalysisStatus,
    DomainName,
    EventAction,
    NoteType,
    NoteVisibility,
)
from schema.investigation_inputs import WHICH_CASE
from schema.payloads import KEY_SAYS
from schema.scalars import JSON


@strawberry.input(description="The note that is to be written.")
class AddNoteInput:
    investigation_id: strawberry.ID = strawberry.field(description=WHICH_CASE)
    body: str = strawberry.field(description="What it says, in 1 to 10,000 characters.")
    type: NoteType = strawberry.field(
        default=NoteType.COMMENT, description="What it is for. An escalation raises the priority to at least high."
    )
    visibility: NoteVisibility = strawberry.field(
        default=NoteVisibility.TEAM, description="Who may read it. An escalation cannot be private."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="What an outside agent did.")
class RecordTimelineEventInput:
    investigation_id: strawberry.ID = strawberry.field(description=WHICH_CASE)
    action: EventAction = strawberry.field(description="What was done.")
    summary: str = strawberry.field(description="The same in 1 to 2,000 characters.")
    actor_type: ActorType = strawberry.field(
        default=ActorType.AGENT, description="Who did it: AGENT, TOOL or EXTERNAL. The others are recorded by us."
    )
    actor_name: str | None = strawberry.field(
        default=None, description="Its name, in 1 to 200 characters; the caller's own when left out."
    )
    success: bool = strawberry.field(default=True, description="Whether it succeeded.")
    duration_ms: int | None = strawberry.field(default=None, description="How long it took, in milliseconds.")
    input_data: JSON | None = strawberry.field(
        default=None, description="What went in, as a JSON object of at most 64 kB."
    )
    output_data: JSON | None = strawberry.field(
        default=None, description="What came out, as a JSON object of at most 64 kB."
    )
    evidence: list[strawberry.ID] | None = strawberry.field(
        default=None, description="The evidence it brought, by global ids or refs, at most 100, all of this case."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="How far an outside agent is with its domain.")
class ReportDomainProgressInput:
    investigation_id: strawberry.ID = strawberry.field(description=WHICH_CASE)
    domain: DomainName = strawberry.field(description="The line of analysis. The first report makes it the caller's.")
    status: AnalysisStatus = strawberry.field(
        description="RUNNING, WAITING_DATA, or an end: COMPLETE, FAILED or TIMEOUT, which is final for the run."
    )
    progress_percent: int | None = strawberry.field(
        default=None, description="How much is done, 0 to 100. It never goes back."
    )
    summary: str | None = strawberry.field(
        default=None, description="How it stands or ended, in at most 2,000 characters."
    )
    records_seen: int | None = strawberry.field(
        default=None, description="How many records it looked at: with none, a domain does not count as covered."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)
