"""What the investigation contract reads of the graph: constant selections, and their rows in the contract's words."""

from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from foundation.ids import to_ref
from models import tables as rows
from models.queries import investigations
from models.reading.case_filters import CASE_FILTERS, EVIDENCE_FILTERS, TIMELINE_FILTERS
from models.reading.cases import find_risk_indicators
from models.reading.graphs import CASE_NEEDS, draw_cases
from models.reading.origins import Link
from models.reading.selection import Selection, Wanted, batched, one_row, page_of, rows_of, value
from resolvers.operation import Operation
from resolvers.reading import read_values
from rest_compat.olorin.envelope import moment
from rules.access.actions import Action
from rules.investigation.refusals import InvestigationArchived, InvestigationNotFound
from rules.investigation.shown import hours
from rules.nodes import number_of

Row = Mapping[str, Any]
T = TypeVar("T")


def _values(*columns: str) -> dict[str, Wanted]:
    return {column: value(column) for column in columns}


_BRIEF: dict[str, Wanted] = {
    **_values("id", "entity_type", "entity_value", "window_start", "window_end", "phase", "status", "priority"),
    **_values("confidence", "quality_score", "risk_score", "created_by", "created_at", "updated_at"),
    **_values("trigger_reason", "progress_percent", "estimated_completion"),
    "assigned_to": rows_of(
        rows.User, _values("id"), link=Link(rows.InvestigationAssignee, "investigation_id", "user_id")
    ),
}
_STEP = _values("timestamp", "score", "source", "reason")
_DOMAIN = {
    **_values("name", "risk_score", "confidence", "evidence_count", "status"),
    "indicators": batched(find_risk_indicators, "investigation_id", "name"),
}
_EVIDENCE = _values(
    *("id", "investigation_id", "domain", "type", "strength", "reliability", "title", "description", "discovered_at"),
    *("verification_status", "summary", "details", "source", "supports", "raw_data"),
)
_EVENT = _values(
    *("id", "investigation_id", "timestamp", "actor_type", "actor_name", "action", "summary", "duration_ms", "success"),
    *("input_data", "output_data", "risk_delta", "evidence_refs"),
)

CASES = Selection(
    page_of(rows.Investigation, _BRIEF, given="page", order=("created_at", True), filters=CASE_FILTERS),
    "investigations",
)
CASE = Selection(
    one_row(
        rows.Investigation,
        {
            **_BRIEF,
            "archived_at": value("archived_at"),
            "risk_progression": rows_of(rows.RiskPoint, _STEP, by="investigation_id"),
            "domains": rows_of(rows.DomainAnalysis, _DOMAIN, by="investigation_id"),
        },
        by="id",
    ),
    "investigation",
)
EVIDENCE = Selection(
    one_row(
        rows.Investigation,
        {
            "archived_at": value("archived_at"),
            "evidence": page_of(
                *(rows.Evidence, _EVIDENCE),
                given="page",
                by="investigation_id",
                order=("discovered_at", True),
                filters=EVIDENCE_FILTERS,
            ),
        },
        by="id",
    ),
    "evidence",
)
PIECE = Selection(one_row(rows.Evidence, _EVIDENCE, by="id"), "evidence")
TIMELINE = Selection(
    one_row(
        rows.Investigation,
        {
            "archived_at": value("archived_at"),
            "timeline": page_of(
                *(rows.TimelineEvent, _EVENT),
                given="page",
                by="investigation_id",
                order=("timestamp", False),
                filters=TIMELINE_FILTERS,
            ),
        },
        by="id",
    ),
    "timeline",
)
GRAPH = Selection(
    one_row(
        rows.Investigation,
        {"archived_at": value("archived_at"), "graph": batched(draw_cases, *CASE_NEEDS, given="drawing")},
        by="id",
    ),
    "graph",
)


def case_number(named: str) -> int:
    """The number of the case that a path names by its ref or global id. Raises InvestigationNotFound."""
    number = number_of("Investigation", named)
    if number is None:
        raise InvestigationNotFound(investigation_id=named if named.isascii() and len(named) <= 64 else "as given")
    return number


async def of_case(
    op: Operation, selection: Selection, number: int, action: Action | None = Action.GRAPH_READ, **given: Row
) -> Any:
    """What is selected of one case. Raises InvestigationNotFound, the same for absent and hidden."""
    found = await read_values(op, action, selection, {"id": number}, **given)
    if found is None or found["archived_at"] is not None:  # put away: kept, and not shown here (CONTRACTS row 23)
        async with op.read(Action.GRAPH_READ) as session:
            available = await investigations.newest_refs(session, op.viewer)
        raise InvestigationNotFound(investigation_id=to_ref("INV", number), available_investigations=available)
    return found


async def in_a_kept_one(number: int, acting: Awaitable[T]) -> T:
    """What acting in the case answers. What is put away is absent to this contract, for writing as for reading."""
    try:
        return await acting
    except InvestigationArchived as refusal:
        raise InvestigationNotFound(investigation_id=to_ref("INV", number)) from refusal


def given_page(page: int, limit: int, filters: Row) -> Row:
    """The arguments of a page with a number; conditions that were not given are none."""
    return {"first": limit, "skip": (page - 1) * limit, "filter": filters}


def conditions(asked: Row, *as_given: str, **in_lists: str) -> dict[str, Any]:
    """Of a list, from the query string. `in_lists`: condition that takes a list -> parameter that holds one word."""
    found = {name: asked[name] for name in as_given if name in asked}
    return found | {name: [asked[given]] for name, given in in_lists.items() if given in asked}


def nodes_of(page: Row) -> list[Any]:
    return [edge["node"] for edge in page["edges"]]


def case_shown(case: Row) -> dict[str, Any]:
    """A case in the contract's words, less what only a single one is asked for."""
    start, end = case["window_start"], case["window_end"]
    return {
        "id": to_ref("INV", case["id"]),
        "entity": {"type": case["entity_type"], "value": case["entity_value"]},
        "time_window": {"start": moment(start), "end": moment(end), "duration_hours": _whole(hours(start, end))},
        "current_phase": case["phase"],
        "status": case["status"],
        "priority": case["priority"],
        "progress_percent": case["progress_percent"],
        "estimated_completion": moment(case["estimated_completion"]),
        "confidence": case["confidence"],
        "quality_score": case["quality_score"],
        "risk_score": case["risk_score"],
        "trigger_reason": case["trigger_reason"],
        "created_by": case["created_by"],
        "assigned_to": [person["id"] for person in case["assigned_to"]],
        "created_at": moment(case["created_at"]),
        "updated_at": moment(case["updated_at"]),
    }


def whole_case_shown(case: Row) -> dict[str, Any]:
    return {
        **case_shown(case),
        "risk_progression": [{**step, "timestamp": moment(step["timestamp"])} for step in case["risk_progression"]],
        "domains": [_domain_shown(domain) for domain in case["domains"]],
    }


def _domain_shown(domain: Row) -> dict[str, Any]:
    signs = domain["indicators"]
    return {
        "name": domain["name"],
        "risk_score": domain["risk_score"],
        "confidence": domain["confidence"],
        "evidence_count": domain["evidence_count"],
        "analysis_status": domain["status"],
        "indicators": [
            {"name": sign.name, "severity": sign.severity, "weight": sign.weight, "confidence": sign.confidence}
            for sign in signs
        ],
    }


def evidence_shown(piece: Row) -> dict[str, Any]:
    shared = ("domain", "type", "strength", "reliability", "title", "description", "verification_status", "source")
    return {
        "id": to_ref("EV", piece["id"]),
        "investigation_id": to_ref("INV", piece["investigation_id"]),
        **{name: piece[name] for name in shared},
        "supports": piece["supports"],
        "discovered_at": moment(piece["discovered_at"]),
        "display_data": {"summary": piece["summary"], "details": piece["details"]},
        "raw_data": piece["raw_data"],
    }


def event_shown(event: Row) -> dict[str, Any]:
    return {
        "id": to_ref("EVT", event["id"]),
        "investigation_id": to_ref("INV", event["investigation_id"]),
        "timestamp": moment(event["timestamp"]),
        "actor": event["actor_name"],
        "actor_type": event["actor_type"],
        "action": event["action"],
        "summary": event["summary"],
        "duration_ms": event["duration_ms"],
        "success": event["success"],
        "input_data": event["input_data"],
        "output_data": event["output_data"],
        "risk_delta": event["risk_delta"],
        "evidence_generated": list(event["evidence_refs"]),
    }


def graph_shown(number: int, drawn: Any) -> dict[str, Any]:
    """Nodes and edges under their stable keys (CONTRACTS row 52)."""
    return {
        "investigation_id": to_ref("INV", number),
        "last_updated": moment(drawn.last_updated),
        "nodes": [_node_shown(node) for node in drawn.nodes],
        "edges": [
            {
                "id": edge.key,
                "source": edge.source_key,
                "target": edge.target_key,
                "type": edge.type,
                "strength": edge.strength,
                "direction": edge.direction,
            }
            for edge in drawn.edges
        ],
    }


_PROPERTIES = ("entity_type", "value", "domain", "evidence_count", "indicators", "name", "calls")
"""What a kind of node says of itself beside what all of them do."""


def _node_shown(node: Any) -> dict[str, Any]:
    own = {name: getattr(node, name) for name in _PROPERTIES if hasattr(node, name)}
    return {
        "id": node.key,
        "type": node.type,
        "label": node.label,
        "risk_score": node.risk_score,
        "status": node.status,
        "position": {"x": node.position.x, "y": node.position.y},
        "properties": {name: list(said) if isinstance(said, tuple) else said for name, said in own.items()},
        "aria_label": node.aria_label,
    }


def _whole(number: float) -> float:
    return int(number) if number.is_integer() else number
