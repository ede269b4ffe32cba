"""What was done in a case."""

from datetime import datetime

import strawberry

from models import tables as rows
from models.reading.links import EVIDENCE_OF_EVENT
from rules.investigation.words import ActorType, EventAction
from rules.nodes import ref_of
from schema import ties
from schema.conditions import condition
from schema.faces import Node, column, face, many, one, rule
from schema.identity import global_id
from schema.scalars import JSON


@face(rows.TimelineEvent)
class TimelineEvent(Node):
    """Something that somebody, or something, did in a case. It is never changed."""

    id: strawberry.ID = global_id("TimelineEvent")
    ref: str = rule(ref_of("TimelineEvent"), "What people call it: `EVT-9`. Accepted wherever its id is.")
    investigation: ties.Investigation | None = one("Its case.", by="investigation_id")
    timestamp: datetime = column("When it happened.")
    actor_type: ActorType = column("What kind of actor did it.")
    actor_name: str = column("Who did it: the name of a person, an analyser, an agent or a tool.")
    action: EventAction = column("What was done.")
    summary: str = column("What was done, in a sentence.")
    duration_ms: int | None = column("How long it took, in milliseconds.")
    success: bool = column("Whether it went well.")
    input_data: JSON | None = column("What went in, as the actor told it: a summary, a size.")
    output_data: JSON | None = column("What came out, as the actor told it: a summary, a size.")
    risk_delta: float | None = column("By how much it moved the risk score; null where it did not touch it.")
    evidence: list[ties.Evidence] = many("The evidence it brought.", link=EVIDENCE_OF_EVENT, order=("id", False))
    run: int = column("The run of the case it belongs to.")


@strawberry.input(description="Which timeline events. What is left out or null is no condition; all must hold.")
class TimelineFilter:
    actor_type: list[ActorType] | None = condition("By one of these kinds of actor.")
    actor_name: str | None = condition("By the actor with exactly this name.")
    action: list[EventAction] | None = condition("One of these actions.")
    success_only: bool | None = condition("True: only what went well.")
    since: datetime | None = condition("That happened at this time or after it.")
    updated_since: datetime | None = condition("The same as `since`: a timeline event never changes.")
