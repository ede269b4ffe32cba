"""/api/v1/investigations: cases. What the contract leaves open is CONTRACTS rows 20 to 28 and 48 to 51."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from foundation.ids import to_ref
from foundation.times import from_text
from resolvers import investigations
from resolvers.investigations import Configuration
from resolvers.operation import Operation
from resolvers.reading import read_values
from rest_compat.endpoints import body
from rest_compat.olorin.envelope import answered, pagination
from rest_compat.olorin.reading import (
    CASE,
    CASES,
    EVIDENCE,
    GRAPH,
    TIMELINE,
    case_number,
    case_shown,
    conditions,
    event_shown,
    evidence_shown,
    given_page,
    graph_shown,
    in_a_kept_one,
    nodes_of,
    of_case,
    whole_case_shown,
)
from rest_compat.queries import numbered, query
from rest_compat.repetition import once
from rules.access.actions import Action
from rules.investigation.words import AnalysisDepth, DomainName, EntityType, InvestigationStatus, Priority
from web.gate import operation

INCLUDED = 1_000
"""Pieces of evidence, and events, that are told with a case."""


async def create(request: Request) -> Response:
    """Begins a case and its analysis.

    Where priority, people, domains and switches are left out, it is of medium priority, the caller's, and looks at
    every domain that fits the entity. `X-RateLimit-*` tell of the requests; of cases one may begin ten a minute.
    """
    asked = await body(request)
    window, entity = asked["time_window"], asked["entity"]

    async def act(op: Operation) -> int:
        return await investigations.create_investigation(
            op,
            entity_type=EntityType(entity["type"]),
            entity_value=entity["value"],
            window_start=from_text(window["start"], field="time_window.start"),
            window_end=from_text(window["end"], field="time_window.end"),
            priority=Priority(asked.get("priority", Priority.MEDIUM)),
            assigned_to=asked.get("assigned_to"),
            trigger_reason=asked.get("trigger_reason"),
            configuration=_configuration(asked.get("configuration") or {}),
        )

    number = await once(request, act, asked)
    location = f"/api/v1/investigations/{to_ref('INV', number)}"
    return await _whole(request, number, status=201, location=location)


async def show(request: Request) -> Response:
    """Tells a case, with its score's steps and its domains."""
    asked, number, op = query(request), case_number(request.path_params["investigation_id"]), operation(request)
    case = whole_case_shown(await of_case(op, CASE, number))
    page = given_page(1, INCLUDED, {})
    if asked.get("include_evidence"):
        found = await of_case(op, EVIDENCE, number, page=page)
        case["evidence"] = [evidence_shown(piece) for piece in nodes_of(found["evidence"])]
    if asked.get("include_timeline"):
        found = await of_case(op, TIMELINE, number, page=page)
        case["timeline"] = [event_shown(event) for event in nodes_of(found["timeline"])]
    if asked.get("include_graph"):
        case["graph"] = graph_shown(number, (await of_case(op, GRAPH, number))["graph"])
    return answered(request, case, about=case["id"])


async def show_all(request: Request) -> Response:
    """Lists cases, the newest first."""
    asked, op = query(request), operation(request)
    page, limit = numbered(asked, size=20, most=100, instead="created_after")
    plain = ("assigned_to", "entity_type", "created_after", "search")
    filters = conditions(asked, *plain, status="status", priority="priority")
    found = await read_values(op, Action.GRAPH_READ, CASES, {}, page=given_page(page, limit, filters))
    cases = [case_shown(case) for case in nodes_of(found)]
    return answered(request, cases, pagination=pagination(page, limit, found["totalCount"]))


async def update(request: Request) -> Response:
    """Changes a case.

    All that is given is changed, or nothing. `status` is paused, running, cancelled or complete, as far as its present
    one allows; `notes` adds a comment for the team.
    """
    asked, number = await body(request), case_number(request.path_params["investigation_id"])

    async def act(op: Operation) -> int:
        return await investigations.update_investigation(
            op,
            investigation_id=number,
            priority=Priority(asked["priority"]) if "priority" in asked else None,
            assigned_to=asked.get("assigned_to"),
            status=InvestigationStatus(asked["status"]) if "status" in asked else None,
            trigger_reason=asked.get("trigger_reason"),
            notes=asked.get("notes"),
        )

    await in_a_kept_one(number, once(request, act, asked))
    return await _whole(request, number)


async def archive(request: Request) -> Response:
    """Puts a case away for good.

    It leaves the lists and is not found any more. A run is cancelled first.
    """
    asked, number = query(request), case_number(request.path_params["investigation_id"])

    async def act(op: Operation) -> int:
        return await investigations.archive_investigation(op, investigation_id=number, reason=asked["reason"])

    await in_a_kept_one(number, once(request, act))
    ref = to_ref("INV", number)
    return answered(request, {"id": ref, "status": "archived"}, about=ref)


async def _whole(request: Request, number: int, *, status: int = 200, location: str | None = None) -> Response:
    """Whoever acted was let in to act, and is told what it came to."""
    case = await of_case(operation(request), CASE, number, action=None)
    return answered(request, whole_case_shown(case), status=status, about=to_ref("INV", number), location=location)


def _configuration(given: dict[str, Any]) -> Configuration:
    domains = given.get("domains_to_analyze")
    return Configuration(
        domains=None if domains is None else [DomainName(word) for word in domains],
        depth=AnalysisDepth(given.get("analysis_depth", AnalysisDepth.STANDARD)),
        external_intel_enabled=given.get("external_intel_enabled", True),
        auto_escalation_enabled=given.get("auto_escalation_enabled", True),
    )
