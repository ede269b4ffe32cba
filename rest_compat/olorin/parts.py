"""/api/v1/investigations/{id}/...: the evidence, the timeline and the graph of a case."""

from starlette.requests import Request
from starlette.responses import Response

from foundation.ids import to_ref
from resolvers import evidence
from resolvers.operation import Operation
from resolvers.reading import read_values
from rest_compat.endpoints import body
from rest_compat.olorin.envelope import answered, pagination
from rest_compat.olorin.reading import (
    EVIDENCE,
    GRAPH,
    PIECE,
    TIMELINE,
    case_number,
    conditions,
    event_shown,
    evidence_shown,
    given_page,
    graph_shown,
    in_a_kept_one,
    nodes_of,
    of_case,
)
from rest_compat.queries import numbered, query
from rest_compat.repetition import once
from rules.investigation.graph import DEFAULT_NODES
from rules.investigation.words import DomainName, EvidenceType
from web.gate import operation


async def show_evidence(request: Request) -> Response:
    """Lists the evidence of a case, the newest first."""
    asked, number = query(request), case_number(request.path_params["investigation_id"])
    page, limit = numbered(asked, size=1_000, most=1_000, instead="strength_min")
    filters = conditions(asked, "strength_min", "verified_only", domain="domain", type="type")
    found = (await of_case(operation(request), EVIDENCE, number, page=given_page(page, limit, filters)))["evidence"]
    pieces = [evidence_shown(piece) for piece in nodes_of(found)]
    counted = pagination(page, limit, found["totalCount"])
    return answered(request, pieces, about=to_ref("INV", number), pagination=counted)


async def add_evidence(request: Request) -> Response:
    """Adds evidence by hand.

    The score moves at once, and whoever watches the case is told.
    """
    asked, number = await body(request), case_number(request.path_params["investigation_id"])

    async def act(op: Operation) -> int:
        return await evidence.add_evidence(
            op,
            investigation_id=number,
            domain=DomainName(asked["domain"]),
            type=EvidenceType(asked["type"]),
            title=asked["title"],
            description=asked["description"],
            strength=asked["strength"],
            source=asked["source"],
            raw_data=asked.get("raw_data"),
            reliability=asked.get("reliability"),
            supports=asked.get("supports", True),
        )

    ref = to_ref("INV", number)
    added = await in_a_kept_one(number, once(request, act, asked))
    piece = evidence_shown(await read_values(operation(request), None, PIECE, {"id": added}))
    location = f"/api/v1/investigations/{ref}/evidence"
    return answered(request, piece, status=201, about=ref, location=location)


async def show_timeline(request: Request) -> Response:
    """Lists what was done in a case, the oldest first."""
    asked, number = query(request), case_number(request.path_params["investigation_id"])
    page, limit = numbered(asked, size=100, most=1_000, instead="since")
    filters = conditions(asked, "success_only", "since", actor_type="actor", action="action")
    found = (await of_case(operation(request), TIMELINE, number, page=given_page(page, limit, filters)))["timeline"]
    events = [event_shown(event) for event in nodes_of(found)]
    counted = pagination(page, limit, found["totalCount"])
    return answered(request, events, about=to_ref("INV", number), pagination=counted)


async def show_graph(request: Request) -> Response:
    """Tells a case as nodes and edges, the most important nodes first.

    `meta.hidden_node_count` is how many were left out for want of room.
    """
    asked, number = query(request), case_number(request.path_params["investigation_id"])
    drawing = {"max_nodes": asked.get("max_nodes", DEFAULT_NODES)}
    drawn = (await of_case(operation(request), GRAPH, number, drawing=drawing))["graph"]
    shown = graph_shown(number, drawn)
    return answered(request, shown, about=to_ref("INV", number), hidden_node_count=drawn.hidden_node_count)
