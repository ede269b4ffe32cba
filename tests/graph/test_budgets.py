"""How many statements a nested query takes: its levels, whatever the number of rows (HOUSE, habit 14)."""

from typing import Any

import pytest

from models import tables as rows
from models.walls import EVERYTHING
from resolvers.operation import House
from tests.graph.asking import Graph
from tests.world import World, minutes


async def grow(world: World, cases: int, pieces: int) -> None:
    now = world.house.clock.now()
    made: list = []
    for n in range(cases):
        case = await world.case(entity_value=f"host-{n}", created_at=minutes(n, now))
        common: dict[str, Any] = {"investigation_id": case.id, "organization_id": case.organization_id}
        made.append(rows.InvestigationAssignee(investigation_id=case.id, user_id=world.viewer.user_id, assigned_at=now))
        made.append(rows.DomainAnalysis(**common, name="authentication", updated_at=now))
        made += [
            rows.Evidence(
                **common, domain="authentication", type="login_pattern", title=f"{k}", strength=0.5, reliability=0.9,
                log_odds=1.0, source="authentication", correlated_group="g", discovered_at=now,
            )
            for k in range(pieces)
        ]  # fmt: skip
        made += [
            rows.TimelineEvent(
                **common, timestamp=now, actor_type="system", actor_name="engine", action="data_received",
                evidence_refs=["EV-1"],
            )
            for _ in range(pieces)
        ]  # fmt: skip
        made.append(rows.Note(**common, author_id=world.viewer.user_id, body="x", created_at=now))
    async with world.house.database.transaction(EVERYTHING) as session:
        session.add_all(made)


NESTED = """{ investigations {
  totalCount
  edges { node {
    ref createdBy { name organization { name } } assignedTo { name }
    domains { name riskIndicators { name evidence { ref } } }
    evidence(first: 5) { totalCount edges { node { title verifications { at } riskImpact activity(first: 2) { edges {
      node { time } } } } } }
    timeline(first: 5) { edges { node { evidence { ref } } } }
    notes { edges { node { author { name } } } }
    riskExplanation { terms { evidence { ref } } }
    relatedInvestigations(first: 1) { edges { node { ref } } }
    graph(maxNodes: 5) { hiddenNodeCount nodes { key } edges { key source { key } } }
  } }
} }"""

LEVELS = {
    "cases, and their count": 2,
    "creators, and their organisations": 2,
    "assignees": 1,
    "domains, evidence of the signals, the strongest of each": 3,
    "evidence, its count, verifications, records": 4,
    "its impact: cases, domains, evidence": 3,
    "timeline, and its evidence": 2,
    "notes, and their authors": 2,
    "the explanation: domains, evidence, and the evidence of its terms": 3,
    "related cases": 1,
    "the graph: domains, evidence, acts": 3,
}


@pytest.mark.parametrize(("cases", "pieces"), [(1, 1), (8, 12)])
async def test_a_nested_query_takes_a_statement_a_level(world: World, planned_graph: Graph, cases: int, pieces: int):
    await grow(world, cases, pieces)
    told = await planned_graph.tell(world.viewer, NESTED)
    assert told.codes == {}
    assert told.data["investigations"]["totalCount"] == cases
    assert told.steps == sum(LEVELS.values())


async def test_one_case_takes_one_statement(world: World, planned_graph: Graph):
    case = await world.case()
    document = "query ($id: ID!) { investigation(id: $id) { ref entity { value } timeWindow { start } viewerCan } }"
    assert (await planned_graph.tell(world.viewer, document, id=f"INV-{case.id}")).steps == 1


async def test_an_id_that_names_nothing_takes_none(world: World, planned_graph: Graph):
    document = 'query { node(id: "nonsense") { id } investigation(id: "EV-1") { id } }'
    assert (await planned_graph.tell(world.viewer, document)).steps == 0


async def test_the_reference_that_serves_in_its_place_answers_alike(world: World, house: House):
    """`CASEGRAPH_READING=reference`: the same answer, by more statements."""
    await grow(world, 2, 3)
    planned, reference = [await Graph(house, mode).tell(world.viewer, NESTED) for mode in ("planned", "reference")]
    assert (planned.codes, reference.codes) == ({}, {})
    assert planned.data == reference.data
    assert planned.steps < reference.steps
