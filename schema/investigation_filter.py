"""Which cases a list shows."""

from datetime import datetime

import strawberry

from models.reading.case_filters import entity_is, found_by_text, worked_on_by
from models.reading.filters import Filter, among, at_least, before, equals, unless_null
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
    worked = worked_on_by()
    parts = worked.convert
    assert parts is not None
    return worked.read(lambda word: parts(person(word)))


INVESTIGATION_FILTERS = {
    "status": among("status"),
    "priority": among("priority"),
    "assigned_to": _assignee(),
    "entity_type": equals("entity_type"),
    "entity_value": entity_is(),
    "created_after": at_least("created_at"),
    "created_before": before("created_at"),
    "minimum_risk": at_least("risk_score"),
    "search": found_by_text(),
    "include_archived": unless_null("archived_at"),
    "updated_since": at_least("updated_at"),
}
