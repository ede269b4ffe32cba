"""R16: what is foreign and what is absent answer alike, and a conflict tells of nothing foreign. Every field, mutation
and route is compared in test_r14_tenants.py; the time of the two is measured by bench/alike.py."""

import re

from models import tables as rows
from tests.cases.documents import CREATE, UPDATE, draft
from tests.graph.asking import Graph
from tests.world import World

READ = """query ($id: ID!) {
  investigation(id: $id) { ref } node(id: $id) { id } events(investigationId: $id) { edges { cursor } }
}"""


async def test_hidden_and_absent_differ_in_the_id_alone(world: World) -> None:
    case = await world.case()
    graph, told = Graph(world.house, "planned"), []
    for number in (case.id, 999_999):
        ref = f"INV-{number}"
        for document, variables in (
            (READ, {"id": ref}),
            (UPDATE, {"input": {"investigationId": ref, "priority": "HIGH"}}),
        ):
            answer = await graph.tell(world.stranger, document, **variables)
            told.append(re.sub(rf"INV-{number}\b", "INV", f"{answer.data} {answer.codes}"))
    assert told[:2] == told[2:]
    assert "NOT_FOUND" in told[1]


async def test_a_conflict_is_with_the_own_organization_alone(world: World) -> None:
    """Another organisation has a case of the same entity and time: creating ours says nothing of it."""
    graph = Graph(world.house, "planned")
    answers = []
    for who in (world.publisher, world.stranger, world.stranger):
        answer = await graph.ask(who, CREATE, input=draft())
        answers.append([error["code"] for error in answer["createInvestigation"]["userErrors"]])
    assert answers[:2] == [[], []] and len(answers[2]) == 1
    assert len({row.organization_id for row in await world.all(rows.Investigation)}) == 2
