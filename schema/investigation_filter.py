"""Which cases a list shows."""

from datetime import datetime

import strawberry

from models import tables as rows
from models.reading.case_filters import found_by_text
from models.reading.filters import among, at_least, before, equals, linked, unless_null
from rules.investigation.words import EntityType, InvestigationStatus, Priority
from rules.nodes import key_of
from schema.conditions import condition
from schema.scalars import Score


@strawberry.input(description="Which cases. What is left out or null is no condition; all conditions must hold.")
class InvestigationFilter:
    status: list[InvestigationStatus] | None = condition("In one of these states.")
    priority: list[Priority] | None = condition("Of one of these priorities.")
    assigned_to: strawberry.ID | None = condition("That this user works on, by global id.")
    entity_type: EntityType | None = condition("About an entity of this type.")
    entity_value: str | None = condition("About the entity with exactly this value.")
    created_after: datetime | None = condition("Created at this time or after it.")
    created_before: datetime | None = condition("Created before this time.")
    minimum_risk: Score | None = condition("With at least this risk score.")
    search: str | None = condition("Whose entity's value or ref contains this text, in upper or lower case.")
    include_archived: bool | None = condition(
        "True: also those that were put away. Left out: only those that were not."
    )
    updated_since: datetime | None = condition("Only those that changed at this time or after it.")


def _user_key(id: str) -> str:
    # An id that names no user is like a user who works on nothing.
    return str(key_of("User", id) or "")


INVESTIGATION_FILTERS = {
    "status": among("status"),
    "priority": among("priority"),
    "assigned_to": linked(rows.InvestigationAssignee, parent="investigation_id", match={"user_id": ""}).read(_user_key),
    "entity_type": equals("entity_type"),
    "entity_value": equals("entity_value"),
    "created_after": at_least("created_at"),
    "created_before": before("created_at"),
    "minimum_risk": at_least("risk_score"),
    "search": found_by_text(),
    "include_archived": unless_null("archived_at"),
    "updated_since": at_least("updated_at"),
}
