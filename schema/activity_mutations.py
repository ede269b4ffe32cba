"""Activity records come in."""

from typing import Annotated, Any

import strawberry

from foundation.ids import to_global
from resolvers.activity import IngestResult as Result
from resolvers.activity import IngestStatus, ingest_activity
from rules.access.actions import Action
from schema.activity_inputs import IngestActivityInput, as_mapping
from schema.enums import show
from schema.marks import acts
from schema.payloads import UserError, attempt
from schema.planned import Info

show(IngestStatus)


@strawberry.type(description="What became of one record.")
class IngestResult:
    index: int = strawberry.field(description="Its place among those that were sent, from 0.")
    status: IngestStatus = strawberry.field(description="Whether it was stored.")
    record_id: strawberry.ID | None = strawberry.field(
        description="The global id of the record, new or there before: `node` reads it. Null when it was refused."
    )
    error: UserError | None = strawberry.field(description="Why it was refused; null when it was not.")


@strawberry.type(description="How sending records ended.")
class IngestActivityPayload:
    results: list[IngestResult] = strawberry.field(description="One for each record, in the order they were sent.")
    created: int = strawberry.field(description="How many were stored.")
    duplicates: int = strawberry.field(description="How many were there before.")
    refused: int = strawberry.field(description="How many were refused.")
    user_errors: list[UserError] = strawberry.field(
        description="Why the request as a whole was refused; empty when it was not, whatever became of its records."
    )


@strawberry.type(description="Activity records come in.")
class ActivityMutations:
    @strawberry.mutation(
        description="Stores raw records of the own organisation for investigations to look at, up to 1,000 at once and "
        "with a result for each. Sending a record again changes nothing.",
        metadata=acts(Action.ACTIVITY_INGEST),
    )
    async def ingest_activity(
        self, info: Info, input: Annotated[IngestActivityInput, strawberry.argument(description="The records.")]
    ) -> IngestActivityPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: ingest_activity(op, records=[as_mapping(record) for record in input.records]),
            mutation="ingestActivity",
            asked=input,
            key=input.client_mutation_key,
        )
        results = [_shown(wire) for wire in done.result or ()]
        counted = {status: sum(1 for result in results if result.status is status) for status in IngestStatus}
        return IngestActivityPayload(
            results=results,
            created=counted[IngestStatus.CREATED],
            duplicates=counted[IngestStatus.DUPLICATE],
            refused=counted[IngestStatus.REFUSED],
            user_errors=done.user_errors,
        )


def _shown(wire: dict[str, Any]) -> IngestResult:
    result = Result.read(wire)
    error = None
    if result.code is not None:
        error = UserError(field=result.field, message=result.message or "", code=result.code)
    return IngestResult(
        index=result.index,
        status=result.status,
        record_id=None if result.record_id is None else strawberry.ID(to_global("ActivityRecord", result.record_id)),
        error=error,
    )
