"""The investigation contract: every endpoint it has, under the documented prefix and the deprecated one."""

from rest_compat.endpoints import Contract, Endpoint
from rest_compat.olorin import investigations, parts, shapes
from rest_compat.olorin.envelope import PAGINATION, enveloped
from rest_compat.shapes import WHOLE, listed
from rules.access.actions import Action
from rules.access.budgets import Budget, BudgetSpent
from rules.investigation.refusals import InvestigationExists, InvestigationNotFound, NotInThisState, UnknownPerson

_ONE = "{investigation_id}"
_CASE = enveloped(shapes.WHOLE_INVESTIGATION)

CONTRACT = Contract(
    name="Investigations",
    says="Cases about an entity: what is known, what was done, how bad it is. `Idempotency-Key` makes a POST, PATCH or "
    "DELETE happen once however often it is sent within 24 hours.",
    prefixes=("/api/v1/investigations", "/api/investigations"),
    deprecated=frozenset({"/api/investigations"}),
    budget=Budget.INVESTIGATION,
    endpoints=(
        Endpoint(
            *("POST", "", investigations.create, Action.INVESTIGATION_CREATE),
            answers={201: _CASE},
            takes=shapes.CREATE,
            refuses=(InvestigationExists, UnknownPerson, BudgetSpent),
        ),
        Endpoint(
            *("GET", "", investigations.show_all, Action.GRAPH_READ),
            answers={200: enveloped(listed(shapes.INVESTIGATION), pagination=PAGINATION)},
            parameters=shapes.LISTED,
        ),
        Endpoint(
            *("GET", _ONE, investigations.show, Action.GRAPH_READ),
            answers={200: _CASE},
            parameters=shapes.INCLUDED,
            refuses=(InvestigationNotFound,),
        ),
        Endpoint(
            *("PATCH", _ONE, investigations.update, Action.INVESTIGATION_UPDATE),
            answers={200: _CASE},
            takes=shapes.UPDATE,
            refuses=(InvestigationNotFound, UnknownPerson, NotInThisState),
        ),
        Endpoint(
            *("DELETE", _ONE, investigations.archive, Action.INVESTIGATION_ARCHIVE),
            answers={200: enveloped(shapes.ARCHIVED)},
            parameters=shapes.REASON,
            refuses=(InvestigationNotFound,),
        ),
        Endpoint(
            *("GET", f"{_ONE}/evidence", parts.show_evidence, Action.GRAPH_READ),
            answers={200: enveloped(listed(shapes.EVIDENCE), pagination=PAGINATION)},
            parameters=shapes.OF_EVIDENCE,
            refuses=(InvestigationNotFound,),
        ),
        Endpoint(
            *("POST", f"{_ONE}/evidence", parts.add_evidence, Action.EVIDENCE_ADD),
            answers={201: enveloped(shapes.EVIDENCE)},
            takes=shapes.ADD_EVIDENCE,
            refuses=(InvestigationNotFound, NotInThisState),
        ),
        Endpoint(
            *("GET", f"{_ONE}/timeline", parts.show_timeline, Action.GRAPH_READ),
            answers={200: enveloped(listed(shapes.EVENT), pagination=PAGINATION)},
            parameters=shapes.OF_TIMELINE,
            refuses=(InvestigationNotFound,),
        ),
        Endpoint(
            *("GET", f"{_ONE}/graph", parts.show_graph, Action.GRAPH_READ),
            answers={200: enveloped(shapes.GRAPH, hidden_node_count=WHOLE)},
            parameters=shapes.OF_GRAPH,
            refuses=(InvestigationNotFound,),
        ),
    ),
)
