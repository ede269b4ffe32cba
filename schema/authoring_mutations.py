"""Indicators are made, changed and taken back, and what was seen of them is told."""

from typing import Annotated, Any

import strawberry

from resolvers import authoring
from resolvers.authoring import Told
from resolvers.sightings import record_sighting
from rules.access.actions import Action
from schema.authoring_inputs import (
    CreateIndicatorInput,
    RecordSightingInput,
    UpdateIndicatorInput,
    WithdrawIndicatorInput,
)
from schema.indicators import Indicator
from schema.marks import acts
from schema.naming import indicator_key
from schema.payloads import UserError, attempt
from schema.planned import Info, planned
from schema.sightings import Sighting

_PLAIN = ("type", "value", "pattern", "labels", "indicator_types", "valid_from", "tlp", "level")
_TAKEN_AWAY = ("name", "description", "confidence", "valid_until")
"""What null takes away."""


@strawberry.type(description="How making an indicator ended.")
class CreateIndicatorPayload:
    indicator: Indicator | None = strawberry.field(description="The new indicator; null when nothing was made.")
    user_errors: list[UserError] = strawberry.field(description="Why nothing was made; empty when it was.")


@strawberry.type(description="How changing an indicator ended.")
class UpdateIndicatorPayload:
    indicator: Indicator | None = strawberry.field(
        description="The indicator as it is now; null when nothing was done."
    )
    user_errors: list[UserError] = strawberry.field(description="Why nothing was done; empty when it was.")


@strawberry.type(description="How taking an indicator back ended.")
class WithdrawIndicatorPayload:
    indicator: Indicator | None = strawberry.field(description="The indicator, revoked; null when nothing was done.")
    user_errors: list[UserError] = strawberry.field(description="Why nothing was done; empty when it was.")


@strawberry.type(description="How telling what was seen ended.")
class RecordSightingPayload:
    sighting: Sighting | None = strawberry.field(description="What was recorded; null when nothing was.")
    indicator: Indicator | None = strawberry.field(description="The indicator, with what is left of it since.")
    user_errors: list[UserError] = strawberry.field(description="Why nothing was recorded; empty when it was.")


def _told(input: UpdateIndicatorInput) -> Told:
    given = {name: getattr(input, name) for name in (*_PLAIN, *_TAKEN_AWAY)}
    given = {name: value for name, value in given.items() if value is not strawberry.UNSET}
    gone = frozenset(name for name in _TAKEN_AWAY if name in given and given[name] is None)
    return Told(**given, without=gone)


@strawberry.type(description="Indicators are made, changed and taken back, and what was seen of them is told.")
class AuthoringMutations:
    @strawberry.mutation(
        description="Makes an indicator of the own organisation: a whole STIX 2.1 object, shared with those who trust "
        "it enough.",
        metadata=acts(Action.INDICATOR_CREATE),
    )
    async def create_indicator(
        self, info: Info, input: Annotated[CreateIndicatorInput, strawberry.argument(description="The indicator.")]
    ) -> CreateIndicatorPayload | None:
        told = Told(**{name: getattr(input, name) for name in (*_PLAIN, *_TAKEN_AWAY)})
        done = await attempt(
            info.context.operation,
            lambda op: authoring.create_indicator(op, told=told),
            mutation="createIndicator",
            asked=input,
            key=input.client_mutation_key,
        )
        return CreateIndicatorPayload(indicator=_shown(info, done.result), user_errors=done.user_errors)

    @strawberry.mutation(
        description="Adds a version to an indicator of the own organisation. Whoever sees it sees the new version; "
        "whoever no longer may is told that it is revoked.",
        metadata=acts(Action.INDICATOR_UPDATE),
    )
    async def update_indicator(
        self, info: Info, input: Annotated[UpdateIndicatorInput, strawberry.argument(description="What is changed.")]
    ) -> UpdateIndicatorPayload | None:
        action = Action.INDICATOR_UPDATE
        done = await attempt(
            info.context.operation,
            lambda op: authoring.update_indicator(
                op, indicator_id=indicator_key(op, action, input.indicator_id), told=_told(input)
            ),
            mutation="updateIndicator",
            asked=input,
            key=input.client_mutation_key,
        )
        return UpdateIndicatorPayload(indicator=_shown(info, done.result), user_errors=done.user_errors)

    @strawberry.mutation(
        description="Takes an indicator of the own organisation back. Everybody who had it gets a revoked version, and "
        "it never scores again.",
        metadata=acts(Action.INDICATOR_WITHDRAW),
    )
    async def withdraw_indicator(
        self, info: Info, input: Annotated[WithdrawIndicatorInput, strawberry.argument(description="Which, and why.")]
    ) -> WithdrawIndicatorPayload | None:
        action = Action.INDICATOR_WITHDRAW
        done = await attempt(
            info.context.operation,
            lambda op: authoring.withdraw_indicator(
                op, indicator_id=indicator_key(op, action, input.indicator_id), reason=input.reason
            ),
            mutation="withdrawIndicator",
            asked=input,
            key=input.client_mutation_key,
        )
        return WithdrawIndicatorPayload(indicator=_shown(info, done.result), user_errors=done.user_errors)

    @strawberry.mutation(
        description="Tells what came of looking for an indicator: it was met, it was harmless, or it is over. Of "
        "another organisation's indicator where that one lets its partner contribute.",
        metadata=acts(Action.SIGHTING_RECORD),
    )
    async def record_sighting(
        self, info: Info, input: Annotated[RecordSightingInput, strawberry.argument(description="What was seen.")]
    ) -> RecordSightingPayload | None:
        action = Action.SIGHTING_RECORD
        done = await attempt(
            info.context.operation,
            lambda op: record_sighting(
                op,
                indicator_id=indicator_key(op, action, input.indicator_id),
                kind=input.kind,
                seen_at=input.seen_at,
                count=input.count,
                note=input.note,
            ),
            mutation="recordSighting",
            asked=input,
            key=input.client_mutation_key,
        )
        number, key = done.result or (None, None)
        return RecordSightingPayload(
            sighting=planned(info, Sighting, number) if number else None,
            indicator=_shown(info, key),
            user_errors=done.user_errors,
        )


def _shown(info: Info, key: str | None) -> Any:
    return planned(info, Indicator, key) if key else None
