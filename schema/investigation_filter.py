"""Which cases a list shows."""

from datetime import datetime

import strawberry

from models.reading.case_filters import CASE_FILTERS
from models.reading.filters import Filter
from rules.investigation.words import EntityType, InvestigationStatus, Priority
from schema.conditions import condition
from schema.naming import person
from schema.scalars import Score


@strawberry.input(description="Which cases. What is left out or null is no condition; all conditions must hold.")
class InvestigationFilter:
    status: list[InvestigationStatus] | None = condition("In one of these states.")
    priority: list[Priority] | None = condition("Of one of these priorities.")
    assigned_to: strawberry.ID | None = condition("That this user works on, by id or by name.")
    entity_type: EntityType | None = condition("About an entity of this type.")
    entity_value: str | None = condition(
        "About the entity with this value, in any spelling that creating a case takes; of any type unless `entityType` "
        "says which."
    )
    created_after: datetime | None = condition("Created at this time or after it.")
    created_before: datetime | None = condition("Created before this time.")
    minimum_risk: Score | None = condition("With at least this risk score.")
    search: str | None = condition("Whose entity's value or ref contains this text, in upper or lower case.")
    include_archived: bool | None = condition(
        "True: also those that were put away. Left out: only those that were not."
    )
    updated_since: datetime | None = condition("Only those that changed at this time or after it.")


def _assignee() -> Filter:
    """A word that names no user is like a user who works on nothing."""
    worked = CASE_FILTERS["assigned_to"]
    parts = worked.convert
    assert parts is not None
    return worked.read(lambda word: parts(person(word)))


INVESTIGATION_FILTERS = {**CASE_FILTERS, "assigned_to": _assignee()}
