"""Agents from outside, through the graph: whose cases they work on, and what they may still say after a run."""

from datetime import timedelta
from typing import Any

import pytest

from foundation.ids import to_global
from models import tables as rows
from resolvers.running.phases import finish_run
from resolvers.running.step import RunRef
from rules.access.viewer import Viewer, ViewerKind, engine_of
from tests.cases.documents import ADD_EVIDENCE, ADD_NOTE, ARCHIVE, CREATE, RECORD, REPORT, UPDATE, command, draft
from tests.graph.asking import Graph
from tests.world import World, at, viewer_of

SCOPES = frozenset({"read", "investigation:write"})
CAN = "query($id: ID!) { investigation(id: $id) { viewerCan } }"


async def an_agent(world: World, name: str = "network_agent") -> Viewer:
    """A service user of the operator, as its key makes it."""
    now = world.house.clock.now()
    row = await world.put(
        rows.User(
            organization_id=world.operator.id,
            name=name,
            name_key=f"{world.operator.id}:{name.casefold()}",
            role="publisher",
            kind="service",
            created_at=now,
            updated_at=now,
        )
    )
    return at(viewer_of(row), kind=ViewerKind.SERVICE, scopes=SCOPES)


async def a_case(world: World, **columns: Any) -> rows.Investigation:
    case = await world.case(domains_to_analyze=["authentication", "network"], **columns)
    for name in case.domains_to_analyze:
        await world.put(
            rows.DomainAnalysis(
                investigation_id=case.id,
                organization_id=case.organization_id,
                name=name,
                status="waiting_data" if name == "network" else "complete",
                updated_at=case.created_at,
            )
        )
    return case


async def assign(world: World, case: rows.Investigation, viewer: Viewer) -> None:
    at_ = world.house.clock.now()
    await world.put(rows.InvestigationAssignee(investigation_id=case.id, user_id=viewer.user_id, assigned_at=at_))


EVIDENCE = {"domain": "NETWORK", "title": "Seen", "description": "", "strength": 0.7, "source": "agent"}
WRITES: dict[str, tuple[str, dict[str, Any]]] = {
    "addEvidence": (ADD_EVIDENCE, EVIDENCE),
    "addNote": (ADD_NOTE, {"body": "Look"}),
    "recordTimelineEvent": (RECORD, {"action": "TOOL_CALL", "summary": "Asked"}),
    "reportDomainProgress": (REPORT, {"domain": "NETWORK", "status": "RUNNING"}),
    "updateInvestigation": (UPDATE, {"priority": "HIGH"}),
    "pauseInvestigation": (command("pauseInvestigation"), {}),
    "resumeInvestigation": (command("resumeInvestigation"), {}),
    "cancelInvestigation": (command("cancelInvestigation"), {}),
    "rerunInvestigation": (command("rerunInvestigation"), {}),
}


@pytest.mark.parametrize("name", WRITES)
async def test_a_key_writes_only_in_cases_of_its_agent(planned_graph: Graph, world: World, name: str) -> None:
    agent = await an_agent(world)
    case = await a_case(world)
    document, input_ = WRITES[name]
    before = await world.counts()
    told = await planned_graph.tell(agent, document, input={"investigationId": f"INV-{case.id}", **input_})
    assert (told.data, told.codes) == ({name: None}, {name: "FORBIDDEN"})
    assert await world.counts() == {**before, "audit": before["audit"] + 1}


async def test_an_assigned_agent_works_on_that_case_alone(graph: Graph, world: World) -> None:
    agent = await an_agent(world)
    case, other = await a_case(world), await a_case(world, entity_value="198.51.100.9")
    await assign(world, case, agent)
    for name, (document, input_) in WRITES.items():
        told = await graph.ask(agent, document, input={"investigationId": f"INV-{case.id}", **input_})
        assert told[name]["userErrors"] == [], name
        refused = await graph.tell(agent, document, input={"investigationId": f"INV-{other.id}", **input_})
        assert refused.codes == {name: "FORBIDDEN"}


async def test_an_agent_works_on_what_it_began_even_where_others_are_assigned(graph: Graph, world: World) -> None:
    agent = await an_agent(world)
    told = await graph.ask(agent, CREATE, input=draft(assignedTo=["Vera"]))
    ref = told["createInvestigation"]["investigation"]["ref"]
    noted = await graph.ask(agent, ADD_NOTE, input={"investigationId": ref, "body": "Mine"})
    assert noted["addNote"]["userErrors"] == []


async def test_what_a_key_can_is_told_case_by_case(graph: Graph, world: World) -> None:
    agent = await an_agent(world)
    mine, made, other = (
        await a_case(world),
        await a_case(world, entity_value="198.51.100.8", created_by=agent.user_id),
        await a_case(world, entity_value="198.51.100.9"),
    )
    await assign(world, mine, agent)

    async def can(case: rows.Investigation) -> list[str]:
        told: list[str] = (await graph.ask(agent, CAN, id=f"INV-{case.id}"))["investigation"]["viewerCan"]
        return told

    assert "ADD_EVIDENCE" in await can(mine) and await can(made) == await can(mine)
    assert await can(other) == []
    assert "ARCHIVE" in (await graph.ask(world.publisher, CAN, id=f"INV-{other.id}"))["investigation"]["viewerCan"]


@pytest.mark.parametrize("status", ["complete", "review_needed"])
async def test_a_late_report_is_taken_and_the_case_keeps_its_status(graph: Graph, world: World, status: str) -> None:
    agent = await an_agent(world)
    ended = world.house.clock.now()
    case = await a_case(world, status=status, phase="complete", progress_percent=100, completed_at=ended)
    await assign(world, case, agent)
    world.house.clock.forward(minutes=5)  # type: ignore[attr-defined]
    about = {"investigationId": f"INV-{case.id}", "domain": "NETWORK"}
    told = await graph.ask(agent, REPORT, input={**about, "status": "RUNNING", "progressPercent": 30})
    assert told["reportDomainProgress"]["domain"] == {
        "name": "NETWORK", "status": "RUNNING", "progressPercent": 30, "agent": "network_agent", "summary": None,
    }  # fmt: skip
    await graph.ask(agent, ADD_EVIDENCE, input={"investigationId": f"INV-{case.id}", **EVIDENCE})
    told = await graph.ask(agent, REPORT, input={**about, "status": "COMPLETE", "summary": "1 flow", "recordsSeen": 9})
    assert told["reportDomainProgress"]["userErrors"] == []
    row = (await world.all(rows.Investigation))[0]
    assert (row.status, row.phase, row.progress_percent, row.completed_at) == (status, "complete", 100, ended)
    assert row.risk_score > 0.0 and row.updated_at == world.house.clock.now()
    steps = await world.all(rows.RiskPoint)
    assert (steps[-1].source, steps[-1].score) == ("network_agent", row.risk_score)
    entry = (await world.all(rows.TimelineEvent))[-1]
    assert (entry.action, entry.actor_name, entry.summary) == ("analysis_completed", "network_agent", "1 flow")
    kinds = [event.kind for event in await world.all(rows.Event) if event.stream == f"inv:{case.id}"]
    assert kinds.count("investigation_progressed") == 2 and "investigation_status_changed" not in kinds
    again = await graph.ask(agent, REPORT, input={**about, "status": "RUNNING"})
    assert [error["code"] for error in again["reportDomainProgress"]["userErrors"]] == ["CONFLICT"]
    own = await graph.ask(agent, REPORT, input={**about, "domain": "AUTHENTICATION", "status": "RUNNING"})
    assert own["reportDomainProgress"]["userErrors"][0]["message"] == "This domain is analysed by the engine."


async def test_a_run_that_ends_leaves_a_domain_to_the_agent_that_has_just_taken_it(
    planned_graph: Graph, world: World
) -> None:
    case = await a_case(world)
    about = {"investigationId": f"INV-{case.id}", "domain": "NETWORK"}
    await planned_graph.ask(world.publisher, REPORT, input={**about, "status": "RUNNING"})
    await finish_run(world.op(engine_of(world.operator.id)), of=RunRef(case.id or 0, 1))
    assert [row.status for row in await world.all(rows.DomainAnalysis)] == ["complete", "running"]
    assert (await world.all(rows.Investigation))[0].status == "complete"
    told = await planned_graph.ask(world.publisher, REPORT, input={**about, "status": "COMPLETE"})
    assert told["reportDomainProgress"]["domain"]["status"] == "COMPLETE"


@pytest.mark.parametrize("status", ["cancelled", "failed", "paused"])
async def test_no_report_on_what_was_stopped(planned_graph: Graph, world: World, status: str) -> None:
    case = await a_case(world, status=status)
    told = await planned_graph.ask(
        world.publisher, REPORT, input={"investigationId": f"INV-{case.id}", "domain": "NETWORK", "status": "RUNNING"}
    )
    assert told["reportDomainProgress"]["userErrors"] == [
        {
            "field": None,
            "message": f"A case that is {status} does not take this; one does that is: running, waiting, "
            "review_needed, complete.",
            "code": "CONFLICT",
        }
    ]


async def test_the_archive_ends_a_late_analysis(planned_graph: Graph, world: World) -> None:
    case = await a_case(world, status="complete", phase="complete")
    about = {"investigationId": f"INV-{case.id}"}
    await planned_graph.ask(world.publisher, REPORT, input={**about, "domain": "NETWORK", "status": "RUNNING"})
    await planned_graph.ask(world.publisher, ARCHIVE, input={**about, "reason": "Done"})
    assert [row.status for row in await world.all(rows.DomainAnalysis)] == ["complete", "cancelled"]
    told = await planned_graph.ask(world.publisher, REPORT, input={**about, "domain": "NETWORK", "status": "COMPLETE"})
    assert [error["code"] for error in told["reportDomainProgress"]["userErrors"]] == ["INVESTIGATION_ARCHIVED"]


async def test_cases_are_found_by_who_works_on_them(graph: Graph, world: World) -> None:
    agent, sven = await an_agent(world, "Scout"), world.stranger
    cases = [await a_case(world, entity_value=f"198.51.100.{n}") for n in range(3)]
    for case, viewer in zip(cases, (agent, world.viewer, sven), strict=True):
        await assign(world, case, viewer)
    document = "query($who: ID) { investigations(filter: {assignedTo: $who}) { edges { node { ref } } } }"

    async def found(who: str, viewer: Viewer | None = None) -> list[str]:
        told = (await graph.ask(viewer or world.publisher, document, who=who))["investigations"]
        return [edge["node"]["ref"] for edge in told["edges"]]

    for case, viewer, name in zip(cases, (agent, world.viewer, sven), ("scout", " VERA", "sven"), strict=True):
        for word in (to_global("User", viewer.user_id), viewer.user_id, name):
            assert await found(word) == [f"INV-{case.id}"], word
    # Another organisation's agent is not found by the name it has there.
    assert (await found("scout", sven), await found("Sven", sven)) == ([], [f"INV-{cases[2].id}"])
    assert (await found("ada"), await found("nobody"), await found("")) == ([], [], [])


async def test_a_window_is_at_most_a_leap_year_long(planned_graph: Graph, world: World) -> None:
    end = world.house.clock.now()
    for length, told in ((timedelta(days=366), []), (timedelta(days=366, microseconds=1), ["timeWindow.end"])):
        window = {"start": (end - length).isoformat(), "end": end.isoformat()}
        data = await planned_graph.ask(world.publisher, CREATE, input=draft(timeWindow=window))
        assert [error["field"] for error in data["createInvestigation"]["userErrors"]] == told
    assert (await world.counts())["investigation"] == 1
