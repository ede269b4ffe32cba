"""What is said to begin, change and command cases. Fields follow the documented bodies."""

from datetime import datetime

import strawberry

from rules.investigation.words import AnalysisDepth, DomainName, EntityType, InvestigationStatus, Priority
from schema.payloads import KEY_SAYS

WHICH_CASE = "The case, by its global id or its ref: `INV-7`."
WHY = "Why, at most 2,000 characters. It stands in the timeline."


@strawberry.input(description="What a case is about.")
class EntityInput:
    type: EntityType = strawberry.field(description="What kind of thing it is.")
    value: str = strawberry.field(
        description="The thing itself, at most 2,048 characters. Addresses, host names and mail addresses are brought "
        "into their one form; accounts, devices and transactions stay as written. One line without control characters."
    )


@strawberry.input(description="A stretch of time, at most 366 days: the start belongs to it, the end does not.")
class TimeWindowInput:
    start: datetime = strawberry.field(description="Its first moment. Before the end.")
    end: datetime = strawberry.field(description="The moment at which it is over.")


@strawberry.input(description="How a case is analysed. What is left out keeps its default.")
class InvestigationConfigurationInput:
    domains_to_analyze: list[DomainName] | None = strawberry.field(
        default=None, description="The domains to analyse; every domain that fits the entity when left out."
    )
    analysis_depth: AnalysisDepth = strawberry.field(
        default=AnalysisDepth.STANDARD, description="How much the analysis looks at."
    )
    external_intel_enabled: bool = strawberry.field(
        default=True, description="Whether intelligence from outside is asked. False: own records and indicators only."
    )
    auto_escalation_enabled: bool = strawberry.field(
        default=True, description="Whether a risk of 0.8 raises the priority to at least high by itself."
    )


@strawberry.input(description="The case that is to begin.")
class CreateInvestigationInput:
    entity: EntityInput = strawberry.field(description="What it is about.")
    time_window: TimeWindowInput = strawberry.field(description="The stretch of time it looks at.")
    priority: Priority = strawberry.field(default=Priority.MEDIUM, description="How urgent it is.")
    assigned_to: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Who works on it, by id or name, at most 50; who creates it when left out.",
    )
    trigger_reason: str | None = strawberry.field(
        default=None, description="Why it is created, at most 2,000 characters."
    )
    configuration: InvestigationConfigurationInput | None = strawberry.field(
        default=None, description="How it is analysed; every default when left out."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="What is to change. What is left out or null stays as it is.")
class UpdateInvestigationInput:
    investigation_id: strawberry.ID = strawberry.field(description=WHICH_CASE)
    priority: Priority | None = strawberry.field(default=None, description="How urgent it is.")
    assigned_to: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Everybody who works on it, by id or name, at most 50: replaces those who did. Only the "
        "organisation of the case may say so.",
    )
    status: InvestigationStatus | None = strawberry.field(
        default=None,
        description="PAUSED, RUNNING (resume), CANCELLED, or COMPLETE (accept what waits for review), as the present "
        "status allows.",
    )
    trigger_reason: str | None = strawberry.field(
        default=None, description="Why it was created, at most 2,000 characters; an empty text removes it."
    )
    notes: str | None = strawberry.field(
        default=None, description="A comment for the team to add, at most 10,000 characters."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="The case that is to be put away.")
class ArchiveInvestigationInput:
    investigation_id: strawberry.ID = strawberry.field(description=WHICH_CASE)
    reason: str = strawberry.field(description="Why, at most 2,000 characters.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="The case whose run is to be paused.")
class PauseInvestigationInput:
    investigation_id: strawberry.ID = strawberry.field(description=WHICH_CASE)
    reason: str | None = strawberry.field(default=None, description=WHY)
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="The case whose run is to go on.")
class ResumeInvestigationInput:
    investigation_id: strawberry.ID = strawberry.field(description=WHICH_CASE)
    reason: str | None = strawberry.field(default=None, description=WHY)
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="The case whose run is to end.")
class CancelInvestigationInput:
    investigation_id: strawberry.ID = strawberry.field(description=WHICH_CASE)
    reason: str | None = strawberry.field(default=None, description=WHY)
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="The case that is to be analysed anew.")
class RerunInvestigationInput:
    investigation_id: strawberry.ID = strawberry.field(description=WHICH_CASE)
    reason: str | None = strawberry.field(default=None, description=WHY)
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)
