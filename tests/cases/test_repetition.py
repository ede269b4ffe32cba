"""Keys that make mutations safe to repeat, and ids that name nothing of the caller's."""

import asyncio
from typing import Any

import pytest

from foundation.ids import to_global
from tests.cases.documents import (
    ADD_EVIDENCE,
    ADD_NOTE,
    ARCHIVE,
    CREATE,
    RECORD,
    REPORT,
    UPDATE,
    VERIFY,
    begun,
    command,
    draft,
    errors_of,
)
from tests.cases.traces import jobs
from tests.graph.asking import Graph
from tests.world import World


async def test_a_repetition_answers_with_the_same_node(graph: Graph, world: World) -> None:
    first = await begun(graph, world.publisher, clientMutationKey="k-1")
    before = await world.counts()
    again = await begun(graph, world.publisher, clientMutationKey="k-1")
    assert (again["id"], await world.counts()) == (first["id"], before)
    errors = await errors_of(graph, world.publisher, CREATE, **draft(priority="LOW", clientMutationKey="k-1"))
    assert [(e["field"], e["code"]) for e in errors] == [("clientMutationKey", "VALIDATION_ERROR")]
    # The key is the caller's own: to somebody else it is another one.
    other = await begun(graph, world.stranger, clientMutationKey="k-1")
    assert other["id"] != first["id"]


async def test_the_same_key_for_another_mutation_is_refused(planned_graph: Graph, world: World) -> None:
    made = await begun(planned_graph, world.publisher, clientMutationKey="k-1")
    errors = await errors_of(
        planned_graph, world.publisher, ADD_NOTE, investigationId=made["id"], body="x", clientMutationKey="k-1"
    )
    assert [e["field"] for e in errors] == ["clientMutationKey"]


async def test_concurrent_twins_make_one_row(planned_graph: Graph, world: World) -> None:
    made = await asyncio.gather(*(begun(planned_graph, world.publisher, clientMutationKey="twin") for _ in range(5)))
    assert len({case["id"] for case in made}) == 1
    assert (await world.counts())["investigation"] == 1 and len(await jobs(world)) == 1


async def test_a_key_lasts_a_day(planned_graph: Graph, world: World) -> None:
    first = await begun(planned_graph, world.publisher, clientMutationKey="day")
    world.house.clock.forward(hours=23, minutes=59)  # type: ignore[attr-defined]
    assert (await begun(planned_graph, world.publisher, clientMutationKey="day"))["id"] == first["id"]
    world.house.clock.forward(minutes=1)  # type: ignore[attr-defined]
    other = {"entity": {"type": "USER", "value": "root"}}
    second = await begun(planned_graph, world.publisher, clientMutationKey="day", **other)
    assert second["id"] != first["id"]
    assert (await begun(planned_graph, world.publisher, clientMutationKey="day", **other))["id"] == second["id"]


INPUTS: dict[str, tuple[str, dict[str, Any]]] = {
    "note": (ADD_NOTE, {"body": "x"}),
    "evidence": (ADD_EVIDENCE, {"domain": "NETWORK", "title": "x", "strength": 0.5, "source": "x"}),
    "record": (RECORD, {"action": "TOOL_CALL", "summary": "x"}),
    "report": (REPORT, {"domain": "NETWORK", "status": "RUNNING"}),
    "update": (UPDATE, {"priority": "LOW"}),
    "archive": (ARCHIVE, {"reason": "x"}),
    **{name: (command(f"{name}Investigation"), {}) for name in ("pause", "resume", "cancel", "rerun")},
}


@pytest.mark.parametrize("name", INPUTS)
async def test_foreign_absent_and_nonsense_ids_answer_alike(planned_graph: Graph, world: World, name: str) -> None:
    document, values = INPUTS[name]
    foreign = await world.case(world.stranger)
    piece = await world.evidence(foreign)
    before = await world.counts()
    for id_ in (
        f"INV-{foreign.id}",
        to_global("Investigation", foreign.id or 0),
        "INV-999",
        f"EV-{piece.id}",
        to_global("Evidence", piece.id or 0),
        "\0",
        "INV-" + "9" * 30,
    ):
        errors = await errors_of(planned_graph, world.publisher, document, investigationId=id_, **values)
        assert [e["code"] for e in errors] == ["INVESTIGATION_NOT_FOUND"], id_
        assert [e["field"] for e in errors] == ["investigationId"], id_
    for id_ in (f"INV-{foreign.id}", "nonsense"):
        told = await planned_graph.tell(world.viewer, document, input={"investigationId": id_, **values})
        assert list(told.codes.values()) == ["FORBIDDEN"], id_
    after = await world.counts()
    assert {name: count for name, count in after.items() if name != "audit"} == {
        name: count for name, count in before.items() if name != "audit"
    }


async def test_evidence_that_is_not_there(planned_graph: Graph, world: World) -> None:
    piece = await world.evidence(await world.case(world.stranger))
    for id_ in (f"EV-{piece.id}", "EV-999", "INV-1", "nonsense"):
        errors = await errors_of(planned_graph, world.publisher, VERIFY, evidenceId=id_, status="VERIFIED", reason="x")
        assert [(e["field"], e["code"]) for e in errors] == [("evidenceId", "EVIDENCE_NOT_FOUND")]
