"""The raw records that investigations analyse."""

from collections.abc import Mapping
from datetime import datetime

import strawberry

from foundation.entities import canonical
from models import tables as rows
from models.reading.filters import among, at_least, before, linked
from rules.access.actions import Action
from rules.investigation.words import ActivityKind, ActivityOutcome, EntityType
from schema import ties
from schema.conditions import condition
from schema.faces import Connection, Link, Node, column, connection, face, one
from schema.identity import global_id
from schema.orders import ActivityOrder, EvidenceOrder
from schema.scalars import JSON


@face(rows.ActivityRecord)
class ActivityRecord(Node):
    """One record of something that happened, in the one shape all kinds share. It belongs to its organisation alone."""

    id: strawberry.ID = global_id("ActivityRecord")
    kind: ActivityKind = column("What kind of thing happened.")
    time: datetime = column("When it happened.")
    source: str = column("The name of the log it comes from.")
    external_id: str | None = column("The source's own id, where it has one.")
    outcome: ActivityOutcome = column("How it ended.")
    user: str | None = column("The account it touches, as the log writes it.")
    ip: str | None = column("The address it touches.")
    device: str | None = column("The device it touches.")
    domain: str | None = column("The internet domain it touches.")
    email: str | None = column("The mail address it touches.")
    transaction: str | None = column("The transaction it touches.")
    country: str | None = column("Where it happened, as ISO 3166-1 alpha-2.")
    latitude: float | None = column("Where it happened, in degrees north.")
    longitude: float | None = column("Where it happened, in degrees east.")
    user_agent: str | None = column("What the program called itself.")
    amount: float | None = column("How much was moved.")
    currency: str | None = column("In which currency, as ISO 4217.")
    bytes_in: float | None = column("How many bytes came in.")
    bytes_out: float | None = column("How many bytes went out.")
    duration_ms: float | None = column("How long it took, in milliseconds.")
    count: int = column("How often it happened: logs fold repetitions into one line.")
    details: JSON | None = column("What the log knew besides.")
    evidence: Connection[ties.Evidence] = connection(
        "The evidence that rests on it, as far as the viewer may see it.",
        link=Link(rows.EvidenceActivity, "record_id", "evidence_id"),
        order=EvidenceOrder,
    )
    organization: ties.Organization | None = one("Whose record it is.", by="organization_id")
    ingested_at: datetime = column("When it was taken in.")


@strawberry.input(description="An entity, by its type and its value.")
class ActivityEntityInput:
    type: EntityType = strawberry.field(description="What kind of thing it is.")
    value: str = strawberry.field(description="The thing itself, in any spelling: `203.0.113.7`, `alice@example.org`.")


@strawberry.input(description="Which activity records. What is left out or null is no condition; all must hold.")
class ActivityFilter:
    kind: list[ActivityKind] | None = condition("Of one of these kinds.")
    entity: ActivityEntityInput | None = condition("That touch this entity.")
    from_: datetime | None = condition("That happened at this time or after it.", name="from")
    to: datetime | None = condition("That happened before this time.")
    outcome: list[ActivityOutcome] | None = condition("That ended one of these ways.")
    updated_since: datetime | None = condition("Only those that were taken in at this time or after it.")


def _canonical(entity: Mapping[str, str]) -> dict[str, str]:
    value = canonical(EntityType(entity["type"]), entity["value"], field="filter.entity.value")
    return {"type": entity["type"], "value": value}


ACTIVITY_FILTERS = {
    "kind": among("kind"),
    "entity": linked(rows.ActivityEntity, parent="record_id", match={"type": "type", "value": "value"}).read(
        _canonical
    ),
    "from_": at_least("time"),
    "to": before("time"),
    "outcome": among("outcome"),
    "updated_since": at_least("ingested_at"),
}


@face(None)
class ActivityQueries:
    """Reading activity records."""

    activity: Connection[ActivityRecord] | None = connection(
        "The activity records of the viewer's organisation, and those that evidence of the viewer's cases rests on.",
        order=ActivityOrder,
        filter=ActivityFilter,
        filters=ACTIVITY_FILTERS,
        filter_needed=True,
        action=Action.ACTIVITY_READ,
    )
