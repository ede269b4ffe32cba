"""A small graph over the product's tables, with a field of every kind: to try the reading on its own."""

import asyncio
import enum
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import select
from strawberry.schema.config import StrawberryConfig

import schema.enums  # noqa: F401
from foundation.errors import Conflict, InvalidInput
from foundation.ids import from_global
from models import tables as rows
from models.reading.filters import after, among, at_least, contains, equals, linked, only_equal, unless_null
from models.reading.lookup import Lookup
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.access.shown import shown_email
from rules.access.viewer import Viewer
from rules.investigation.words import InvestigationStatus
from schema.faces import (
    Connection,
    Link,
    Node,
    batch,
    column,
    connection,
    each_of,
    face,
    facet,
    many,
    one,
    one_of,
    rule,
)
from schema.identity import global_id
from schema.planned import Info, PlannedExecutor, planned, planned_list
from schema.refusals import Schema
from schema.scalars import JSON, SCALARS, Score

KINDS = {"Investigation", "Evidence", "User", "ActivityRecord"}


@dataclass
class Context:
    """What the door hands to resolvers; `memory` is the plain mode's."""

    operation: Operation
    reading: str = "planned"
    memory: dict[str, Any] = field(default_factory=dict)


def located(id: strawberry.ID) -> tuple[str, str] | None:  # noqa: A002
    found = from_global(id)
    return found if found and found[0] in KINDS else None


def key_of_user(value: str) -> str:
    found = from_global(value)
    if found is None or found[0] != "User":
        raise InvalidInput("This is no user's id.", field="assignedTo")
    return found[1]


def weighed(strength: float, title: str, *, viewer: Viewer, factor: float = 0.5) -> float | None:
    """The strength, for those who may know it."""
    if title == "poison":
        raise Conflict("This cannot be weighed.")
    return strength * factor if viewer.role == "publisher" else None


def words(title: str, code: str | None) -> list[str | None]:
    return [title, code]


def subject(code: str | None, investigation_id: int, created_by: str | None) -> tuple[str, Any] | None:
    if code == "user":
        return "User", created_by
    if code == "odd":
        raise ValueError("odd")
    return ("Investigation", investigation_id) if code == "case" else None


def age_s(discovered_at: datetime, *, now: datetime) -> float:
    return (now - discovered_at).total_seconds()


@dataclass
class EntityDrawn:
    key: str
    label: str
    risk: float | None


@dataclass
class EvidenceDrawn:
    key: str
    label: str
    evidence_id: int
    id: int


@dataclass
class Drawing:
    nodes: list[EntityDrawn | EvidenceDrawn]
    centre: EntityDrawn | None
    hidden: int
    at: datetime


_evidence = rows.Evidence.__table__  # type: ignore[attr-defined]
FOUND = Lookup(
    lambda given: (
        select(_evidence.c.investigation_id, _evidence.c.id, _evidence.c.title, _evidence.c.supports)
        .where(given.among(_evidence.c.investigation_id, "cases"))
        .order_by(_evidence.c.id)
    )
)


def draw(
    cases: Sequence[tuple[int, str, float, datetime]],
    *,
    viewer: Viewer,
    size: Annotated[int, "How many nodes at most."] = 3,
) -> Generator[Any, Any, list[Any]]:
    if size > 50:
        raise InvalidInput("At most 50 nodes.", field="size")
    found = yield FOUND.of(cases=[key for key, *_ in cases])
    out: list[Any] = []
    for key, entity, risk, at in cases:
        centre = EntityDrawn("entity", entity, None if risk > 0.9 else risk)
        mine = [row for row in found if row[0] == key]
        nodes: list[Any] = [centre, *(EvidenceDrawn(f"evidence_{i}", title, i, i) for _, i, title, _ in mine[:size])]
        drawn = Drawing(nodes, None if risk < 0.2 else centre, max(0, len(mine) - size), at)
        out.append(ValueError("cannot be drawn") if entity == "broken" else drawn)
    return out


async def explained(cases: Sequence[tuple[float, datetime]]) -> list[str | None]:
    await asyncio.sleep(0)
    return [f"risk {risk:.2f} since {at.year}" if risk < 0.95 else None for risk, at in cases]


class CaseOrder(enum.Enum):
    """Orders of cases."""

    NEWEST = "-created_at"
    RISK = "-risk_score"
    ENTITY = "entity_value"


class EvidenceOrder(enum.Enum):
    """Orders of evidence."""

    DISCOVERED = "discovered_at"
    STRENGTH = "-strength"
    TITLE = "title"


strawberry.enum(CaseOrder, description="Orders of cases.")
strawberry.enum(EvidenceOrder, description="Orders of evidence.")


@strawberry.input(description="Which cases.")
class CaseFilter:
    status: list[InvestigationStatus] | None = strawberry.field(default=None, description="Any of these.")
    assigned_to: strawberry.ID | None = strawberry.field(default=None, description="This person works on it.")
    search: str | None = strawberry.field(default=None, description="In the entity or the reason.")
    include_archived: bool = strawberry.field(default=False, description="Archived ones too.")


CASE_FILTERS = {
    "status": among("status"),
    "assigned_to": linked(rows.InvestigationAssignee, parent="investigation_id", match={"user_id": ""}).read(
        key_of_user
    ),
    "search": contains("entity_value", "trigger_reason"),
    "include_archived": unless_null("archived_at"),
}


@strawberry.input(description="Which evidence.")
class EvidenceFilter:
    supports: bool | None = strawberry.field(default=None, description="For or against.")
    strength_min: float | None = strawberry.field(default=None, description="At least.")
    found_after: datetime | None = strawberry.field(default=None, description="Later than.")
    verified_only: bool | None = strawberry.field(default=None, description="Checked ones.")


EVIDENCE_FILTERS = {
    "supports": equals("supports"),
    "strength_min": at_least("strength"),
    "found_after": after("discovered_at"),
    "verified_only": only_equal("verification_status", "verified"),
}


@strawberry.input(description="An entity.")
class EntityInput:
    type: str = strawberry.field(description="Its type.")
    value: str = strawberry.field(description="Its value.")


@strawberry.input(description="Which records.")
class RecordFilter:
    entity: EntityInput | None = strawberry.field(default=None, description="That touch it.")


RECORD_FILTERS = {"entity": linked(rows.ActivityEntity, parent="record_id", match={"type": "type", "value": "value"})}


@face(rows.User)
class User(Node):
    """A person."""

    id: strawberry.ID = global_id("User")
    name: str = column("Shown.")
    email: str | None = rule(shown_email, "Reachable at.")


@face(rows.Investigation)
class Window:
    """A span of time."""

    start: datetime = column("From.", of="window_start")
    end: datetime = column("To.", of="window_end")


@face(rows.Investigation)
class Archiving:
    """Why a case is put away."""

    at: datetime | None = column("When.", of="archived_at")
    reason: str | None = column("Why.", of="archive_reason")


@face(rows.Investigation)
class Investigation(Node):
    """A case."""

    id: strawberry.ID = global_id("Investigation")
    status: InvestigationStatus = column("Now.")
    entity_value: str = column("Of what.")
    risk_score: Score = column("0.0 to 1.0.")
    progress_percent: int = column("0 to 100.")
    archived_at: datetime | None = column("When it was put away.")
    auto_escalation_enabled: bool = column("Whether it escalates.")
    domains_to_analyze: JSON = column("Names.")
    domain_names: list[str] = column("Names.", of="domains_to_analyze")
    time_window: Window = facet("When.")
    archiving: Archiving | None = facet("If it is.", unless_null="archived_at")
    created_by: User | None = one("By whom.", by="created_by")
    evidence: Connection["Evidence"] = connection(
        "What was found.", by="investigation_id", order=EvidenceOrder, filter=EvidenceFilter, filters=EVIDENCE_FILTERS
    )
    notes: list["Note"] = many("Remarks.", by="investigation_id", order=("body", True))
    assigned_to: list[User] = many(
        "Who works on it.", link=Link(rows.InvestigationAssignee, "investigation_id", "user_id"), order=("name", False)
    )
    graph: "Graph" = batch(draw, "Drawn.", needs=("id", "entity_value", "risk_score", "created_at"))
    explanation: str | None = batch(explained, "In words.", needs=("risk_score", "created_at"))
    related: Connection["Investigation"] = connection(
        "Others of the owner.",
        by="organization_id",
        of="organization_id",
        filter=CaseFilter,
        filters=CASE_FILTERS,
        order=CaseOrder,
    )


@face(rows.Evidence)
class Evidence(Node):
    """A finding."""

    id: strawberry.ID = global_id("Evidence")
    title: str = column("Short.")
    strength: Score = column("0.0 to 1.0.")
    measured: float | None = column("What was measured.")
    record_count: int = column("How many records.")
    supports: bool = column("False: mitigating.")
    raw_data: JSON | None = column("As it was.")
    discovered_at: datetime = column("When.")
    weighed: float | None = rule(weighed, "Weighed.", arguments={"factor": "By how much."})
    words: list[str] = rule(words, "Words.")  # type: ignore[arg-type]  # it may hold null against its type, to be found
    age_s: float = rule(age_s, "Seconds since.")
    subject: Annotated["User | Investigation", strawberry.union("Subject", description="x")] | None = one_of(
        subject, "What it is about."
    )
    investigation: Investigation = one("Its case.", by="investigation_id")
    author: User | None = one("Who.", by="created_by")
    activity: Connection["ActivityRecord"] = connection(
        "The records.", link=rows.EvidenceActivity, parent="evidence_id", child="record_id",
        filter=RecordFilter, filters=RECORD_FILTERS,
    )  # fmt: skip
    records: list["ActivityRecord"] = many(
        "The records.", order=("time", True), link=Link(rows.EvidenceActivity, "evidence_id", "record_id")
    )


@face(rows.ActivityRecord)
class ActivityRecord(Node):
    """A record."""

    id: strawberry.ID = global_id("ActivityRecord")
    kind: str = column("Kind.")
    time: datetime = column("When.")
    ip: str | None = column("From where.")
    count: int = column("How often.")


@face(rows.Note)
class Note:
    """A remark."""

    body: str = column("Text.")
    author: User | None = one("Who.", by="author_id")
    investigation: Investigation | None = one("Its case.", by="investigation_id")


@face(None, interface=True)
class Drawn:
    """A thing drawn."""

    key: str = column("In the drawing.")
    label: str = column("Shown.")


@face(EntityDrawn)
class EntityNode(Drawn):
    """The entity."""

    risk: float = column("0.0 to 1.0.")


@face(EvidenceDrawn)
class EvidenceNode(Drawn):
    """A finding, drawn."""

    evidence: Evidence | None = one("The real thing.", by="evidence_id")
    verifications: list["Verification"] = many("Of it.", by="evidence_id")


@face(rows.Verification)
class Verification:
    """A check."""

    status: str = column("Word.")
    at: datetime = column("When.")


@face(Drawing)
class Graph:
    """A case, drawn."""

    nodes: list[Drawn] = column("All.")
    centre: EntityNode | None = column("Where to look first.")
    hidden: int = column("Left out.")
    at: datetime = column("When.")


@face(None)
class Query:
    """Reads."""

    node: Node | None = one_of(located, "By id.", argument=True, action=Action.GRAPH_READ)
    nodes: list[Node | None] = each_of(located, "By ids.", action=Action.GRAPH_READ)
    investigation: Investigation | None = one_of(located, "A case.", argument=True, action=Action.GRAPH_READ)
    investigations: Connection[Investigation] | None = connection(
        "All cases.", order=CaseOrder, filter=CaseFilter, filters=CASE_FILTERS, action=Action.GRAPH_READ
    )
    evidence: Connection[Evidence] | None = connection(
        "All evidence.", order=EvidenceOrder, filter=EvidenceFilter, filters=EVIDENCE_FILTERS, action=Action.GRAPH_READ
    )
    activity: Connection[ActivityRecord] | None = connection(
        "All records.", filter=RecordFilter, filters=RECORD_FILTERS, action=Action.ACTIVITY_READ
    )


@strawberry.type(description="What was changed.")
class TouchPayload:
    investigation: Investigation | None = strawberry.field(description="The case.")
    evidence: list[Evidence | None] = strawberry.field(description="Its evidence.")
    said: str = strawberry.field(description="What was said.")


@strawberry.type(description="Changes.")
class Mutation:
    @strawberry.mutation(description="Changes nothing, and shows it.")  # type: ignore[untyped-decorator]
    async def touch(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which case.")],  # noqa: A002
        evidence: Annotated[list[int] | None, strawberry.argument(description="Which evidence.")] = None,
    ) -> TouchPayload | None:
        found = located(id)
        return TouchPayload(
            investigation=planned(info, Investigation, found[1] if found else None),
            evidence=planned_list(info, Evidence, evidence or []),
            said="done",
        )


TYPES = [User, Investigation, Evidence, ActivityRecord, EntityNode, EvidenceNode, Note]
CONFIG = StrawberryConfig(scalar_map=SCALARS)
SCHEMA = Schema(Query, Mutation, types=TYPES, config=CONFIG, execution_context_class=PlannedExecutor)
