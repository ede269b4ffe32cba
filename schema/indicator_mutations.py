"""Shared intelligence comes in."""

from collections import Counter
from typing import Annotated, Any

import strawberry

from foundation.ids import to_global
from resolvers.indicators import ImportResult as Result
from resolvers.indicators import ImportStatus, import_stix
from rules.access.actions import Action
from rules.trust import TrustLevelName
from schema.enums import show
from schema.marks import acts
from schema.naming import json_value
from schema.payloads import KEY_SAYS, UserError, attempt
from schema.planned import Info
from schema.scalars import JSON

show(ImportStatus)


@strawberry.input(description="The bundle that is to be stored.")
class ImportStixInput:
    bundle: JSON = strawberry.field(
        description="A STIX 2.1 bundle of 1 to 1,000 objects, as a variable. Each is stored as it is written, nothing "
        "filled in or left out."
    )
    level: TrustLevelName | None = strawberry.field(
        default=None, description="How much trust the objects ask of those they are shared with. Left out: trusted."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.type(description="What became of one object.")
class ImportResult:
    index: int = strawberry.field(description="Its place in the bundle, from 0.")
    status: ImportStatus = strawberry.field(description="Whether it was stored.")
    stix_id: str | None = strawberry.field(description="Its STIX id, where it has one that can be repeated.")
    type: str | None = strawberry.field(description="Its STIX type, where it has one that can be repeated.")
    object_id: strawberry.ID | None = strawberry.field(
        description="The global id of the object, new or there before: `node` reads it. Null when it was refused."
    )
    error: UserError | None = strawberry.field(
        description="Why it was refused, with the member that is wrong or missing in its field; null when it was not."
    )


@strawberry.type(description="How importing a bundle ended.")
class ImportStixPayload:
    results: list[ImportResult] = strawberry.field(description="One for each object, in the order they were sent.")
    created: int = strawberry.field(description="How many objects were new.")
    updated: int = strawberry.field(description="How many came in a newer version.")
    kept: int = strawberry.field(description="How many came in an older version, and were kept beside the newer one.")
    unchanged: int = strawberry.field(description="How many were there before.")
    refused: int = strawberry.field(description="How many were refused.")
    user_errors: list[UserError] = strawberry.field(
        description="Why the request as a whole was refused; empty when it was not, whatever became of its objects."
    )


@strawberry.type(description="Shared intelligence comes in.")
class IndicatorMutations:
    @strawberry.mutation(
        description="Stores the objects of a STIX 2.1 bundle for the own organisation, with a result for each. Sending "
        "a bundle again changes nothing.",
        metadata=acts(Action.STIX_IMPORT),
    )
    async def import_stix(
        self, info: Info, input: Annotated[ImportStixInput, strawberry.argument(description="The bundle.")]
    ) -> ImportStixPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: import_stix(op, bundle=json_value(input.bundle), level=input.level),
            mutation="importStix",
            asked=input,
            key=input.client_mutation_key,
        )
        results = [_shown(wire) for wire in done.result or ()]
        counted = Counter(result.status for result in results)
        return ImportStixPayload(
            results=results,
            created=counted[ImportStatus.CREATED],
            updated=counted[ImportStatus.UPDATED],
            kept=counted[ImportStatus.KEPT],
            unchanged=counted[ImportStatus.UNCHANGED],
            refused=counted[ImportStatus.REFUSED],
            user_errors=done.user_errors,
        )


def _shown(wire: dict[str, Any]) -> ImportResult:
    result = Result.read(wire)
    error = None
    if result.code is not None:
        # Members keep the names STIX gives them, in upper case or lower.
        field = f"bundle.objects.{result.index}" + (f".{result.member}" if result.member else "")
        error = UserError(field=field, message=result.message or "", code=result.code)
    kind = "Indicator" if result.type == "indicator" else "StixObject"
    return ImportResult(
        index=result.index,
        status=result.status,
        stix_id=result.stix_id,
        type=result.type,
        object_id=None if result.object_id is None else strawberry.ID(to_global(kind, result.object_id)),
        error=error,
    )
