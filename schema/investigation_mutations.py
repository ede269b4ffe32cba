"""Cases are begun, changed, commanded and put away."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import strawberry

from resolvers import commands
from resolvers import investigations as resolvers
from resolvers.operation import Operation
from rules.access.actions import Action
from schema import investigation_inputs as inputs
from schema.investigations import Investigation
from schema.marks import acts
from schema.naming import case_number, person
from schema.payloads import UserError, attempt
from schema.planned import Info, planned

_CASE = "The case as it stands now; null when nothing was done."
_ERRORS = "Why nothing was done; empty when it was."


@strawberry.type(description="How beginning a case ended.")
class CreateInvestigationPayload:
    investigation: Investigation | None = strawberry.field(description=_CASE)
    user_errors: list[UserError] = strawberry.field(
        description="Why no case was begun; INVESTIGATION_ALREADY_EXISTS names the own case of this entity and window."
    )


@strawberry.type(description="How changing a case ended.")
class UpdateInvestigationPayload:
    investigation: Investigation | None = strawberry.field(description=_CASE)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How putting a case away ended.")
class ArchiveInvestigationPayload:
    investigation: Investigation | None = strawberry.field(description=_CASE)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How pausing a run ended.")
class PauseInvestigationPayload:
    investigation: Investigation | None = strawberry.field(description=_CASE)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How resuming a run ended.")
class ResumeInvestigationPayload:
    investigation: Investigation | None = strawberry.field(description=_CASE)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How cancelling a run ended.")
class CancelInvestigationPayload:
    investigation: Investigation | None = strawberry.field(description=_CASE)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How starting a new run ended.")
class RerunInvestigationPayload:
    investigation: Investigation | None = strawberry.field(description=_CASE)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


P = TypeVar("P")


async def _acted(
    info: Info, payload: Callable[..., P], mutation: str, asked: Any, act: Callable[[Operation], Awaitable[int]]
) -> P:
    """The payload of a mutation that answers with a case."""
    done = await attempt(info.context.operation, act, mutation=mutation, asked=asked, key=asked.client_mutation_key)
    found = None if done.result is None else planned(info, Investigation, done.result)
    return payload(investigation=found, user_errors=done.user_errors)


async def _commanded(
    info: Info,
    payload: Callable[..., P],
    mutation: str,
    asked: Any,
    command: Callable[..., Awaitable[int]],
) -> P:
    return await _acted(
        info,
        payload,
        mutation,
        asked,
        lambda op: command(
            op,
            investigation_id=case_number(op, Action.INVESTIGATION_COMMAND, asked.investigation_id),
            reason=asked.reason,
        ),
    )


def _configuration(given: inputs.InvestigationConfigurationInput | None) -> resolvers.Configuration | None:
    if given is None:
        return None
    return resolvers.Configuration(
        domains=given.domains_to_analyze,
        depth=given.analysis_depth,
        external_intel_enabled=given.external_intel_enabled,
        auto_escalation_enabled=given.auto_escalation_enabled,
    )


@strawberry.type(description="Cases are begun, changed, commanded and put away.")
class InvestigationMutations:
    @strawberry.mutation(
        description="Begins a case and starts its analysis. The same entity and window can be investigated once at a "
        "time in an organisation; what is archived does not count.",
        metadata=acts(Action.INVESTIGATION_CREATE),
    )
    async def create_investigation(
        self,
        info: Info,
        input: Annotated[inputs.CreateInvestigationInput, strawberry.argument(description="The case.")],
    ) -> CreateInvestigationPayload | None:
        return await _acted(
            info,
            CreateInvestigationPayload,
            "createInvestigation",
            input,
            lambda op: resolvers.create_investigation(
                op,
                entity_type=input.entity.type,
                entity_value=input.entity.value,
                window_start=input.time_window.start,
                window_end=input.time_window.end,
                priority=input.priority,
                assigned_to=None if input.assigned_to is None else [person(word) for word in input.assigned_to],
                trigger_reason=input.trigger_reason,
                configuration=_configuration(input.configuration),
            ),
        )

    @strawberry.mutation(
        description="Changes a case: urgency, people, reason, status, and a comment. All of it is done, or nothing.",
        metadata=acts(Action.INVESTIGATION_UPDATE),
    )
    async def update_investigation(
        self,
        info: Info,
        input: Annotated[inputs.UpdateInvestigationInput, strawberry.argument(description="What is to change.")],
    ) -> UpdateInvestigationPayload | None:
        return await _acted(
            info,
            UpdateInvestigationPayload,
            "updateInvestigation",
            input,
            lambda op: resolvers.update_investigation(
                op,
                investigation_id=case_number(op, Action.INVESTIGATION_UPDATE, input.investigation_id),
                priority=input.priority,
                assigned_to=None if input.assigned_to is None else [person(word) for word in input.assigned_to],
                status=input.status,
                trigger_reason=input.trigger_reason,
                notes=input.notes,
            ),
        )

    @strawberry.mutation(
        description="Puts a case away for good: it leaves the lists and changes no more. A run is cancelled first. "
        "Only people of its organisation may do it.",
        metadata=acts(Action.INVESTIGATION_ARCHIVE),
    )
    async def archive_investigation(
        self,
        info: Info,
        input: Annotated[inputs.ArchiveInvestigationInput, strawberry.argument(description="Which case, and why.")],
    ) -> ArchiveInvestigationPayload | None:
        return await _acted(
            info,
            ArchiveInvestigationPayload,
            "archiveInvestigation",
            input,
            lambda op: resolvers.archive_investigation(
                op,
                investigation_id=case_number(op, Action.INVESTIGATION_ARCHIVE, input.investigation_id),
                reason=input.reason,
            ),
        )

    @strawberry.mutation(
        description="Stops the run of a case until somebody resumes it.", metadata=acts(Action.INVESTIGATION_COMMAND)
    )
    async def pause_investigation(
        self,
        info: Info,
        input: Annotated[inputs.PauseInvestigationInput, strawberry.argument(description="Which case, and why.")],
    ) -> PauseInvestigationPayload | None:
        return await _commanded(
            info, PauseInvestigationPayload, "pauseInvestigation", input, commands.pause_investigation
        )

    @strawberry.mutation(
        description="Lets a paused or waiting run go on where it stood.", metadata=acts(Action.INVESTIGATION_COMMAND)
    )
    async def resume_investigation(
        self,
        info: Info,
        input: Annotated[inputs.ResumeInvestigationInput, strawberry.argument(description="Which case, and why.")],
    ) -> ResumeInvestigationPayload | None:
        return await _commanded(
            info, ResumeInvestigationPayload, "resumeInvestigation", input, commands.resume_investigation
        )

    @strawberry.mutation(
        description="Ends the run of a case. Only a rerun starts it again.", metadata=acts(Action.INVESTIGATION_COMMAND)
    )
    async def cancel_investigation(
        self,
        info: Info,
        input: Annotated[inputs.CancelInvestigationInput, strawberry.argument(description="Which case, and why.")],
    ) -> CancelInvestigationPayload | None:
        return await _commanded(
            info, CancelInvestigationPayload, "cancelInvestigation", input, commands.cancel_investigation
        )

    @strawberry.mutation(
        description="Analyses a case that has ended anew, from data collection on. What earlier runs found is kept "
        "and no longer counts; what people and agents added still does.",
        metadata=acts(Action.INVESTIGATION_COMMAND),
    )
    async def rerun_investigation(
        self,
        info: Info,
        input: Annotated[inputs.RerunInvestigationInput, strawberry.argument(description="Which case, and why.")],
    ) -> RerunInvestigationPayload | None:
        return await _commanded(
            info, RerunInvestigationPayload, "rerunInvestigation", input, commands.rerun_investigation
        )
