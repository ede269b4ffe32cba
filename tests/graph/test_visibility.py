"""Two organisations: what is hidden and what is absent answer alike, from every side."""

from typing import Any

import pytest

from foundation.ids import new_id, to_global
from models import tables as rows
from tests.graph.asking import Graph
from tests.world import World, minutes


class Case:
    """A case of the operator with one of everything, and the ids of it all."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.row: Any = None


@pytest.fixture
async def case(world: World) -> Case:
    now, made = world.house.clock.now(), Case()
    made.row = row = await world.case()
    common: dict[str, Any] = {"investigation_id": row.id, "organization_id": row.organization_id}
    evidence = await world.evidence(row)
    cited, other = [
        await world.put(
            rows.ActivityRecord(
                organization_id=row.organization_id, kind="login", time=now, source="sshd", identity=identity,
                ingested_at=now,
            )
        )
        for identity in ("cited", "other")
    ]  # fmt: skip
    await world.put(rows.EvidenceActivity(evidence_id=evidence.id, record_id=cited.id))
    parts = {
        "Investigation": row,
        "Evidence": evidence,
        "ActivityRecord": cited,
        "DomainAnalysis": rows.DomainAnalysis(**common, name="authentication", updated_at=now),
        "RiskPoint": rows.RiskPoint(
            **common, timestamp=now, score=0.1, delta=0.1, confidence=0.0, source="prior", reason="Assumed."
        ),
        "TimelineEvent": rows.TimelineEvent(
            **common, timestamp=now, actor_type="system", actor_name="engine", action="investigation_started",
            evidence_refs=[f"EV-{evidence.id}"],
        ),
        "Verification": rows.Verification(**common, evidence_id=evidence.id, status="verified", at=now),
        "Note": rows.Note(**common, author_id=world.admin.user_id, visibility="all", body="For all.", created_at=now),
    }  # fmt: skip
    for kind, part in parts.items():
        if part.id is None:
            await world.put(part)
        made.ids[kind] = to_global(kind, part.id)
    made.ids["other record"] = to_global("ActivityRecord", other.id)
    for visibility in ("team", "private"):
        note = rows.Note(
            **common, author_id=world.admin.user_id, visibility=visibility, body=visibility, created_at=minutes(1, now)
        )
        made.ids[f"{visibility} note"] = to_global("Note", (await world.put(note)).id)
    return made


NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
LISTS = """{ investigations { totalCount edges { node { ref } } }
  activity(filter: {}) { totalCount edges { node { id } } } }"""


async def test_the_own_organization_sees_everything(world: World, graph: Graph, case: Case):
    told = await graph.ask(world.viewer, NODES, ids=list(case.ids.values()))
    seen = {name: node and node["__typename"] for name, node in zip(case.ids, told["nodes"], strict=True)}
    kinds = {"other record": "ActivityRecord", "team note": "Note", "private note": None}
    assert seen == {name: kinds.get(name, name) for name in case.ids}
    mine = await graph.ask(world.admin, NODES, ids=[case.ids["private note"]])
    assert mine["nodes"] == [{"__typename": "Note", "id": case.ids["private note"]}]


async def test_a_stranger_sees_nothing(world: World, graph: Graph, case: Case):
    told = await graph.ask(world.stranger, NODES, ids=list(case.ids.values()))
    assert told["nodes"] == [None] * len(case.ids)
    for ref in (f"INV-{case.row.id}", "INV-999999", "EV-1", "EVT-1", "nonsense", "", to_global("Organization", "x")):
        data = await graph.ask(
            world.stranger,
            "query ($id: ID!) { node(id: $id) { id } investigation(id: $id) { id } organization(id: $id) { id } }",
            id=ref,
        )
        assert data == {"node": None, "investigation": None, "organization": None}
    assert await graph.ask(world.stranger, LISTS) == {
        "investigations": {"totalCount": 0, "edges": []},
        "activity": {"totalCount": 0, "edges": []},
    }


async def test_hidden_and_absent_answer_alike(world: World, graph: Graph, case: Case):
    document = "query ($id: ID!) { investigation(id: $id) { ref riskExplanation { prior } } }"
    hidden = await graph.tell(world.stranger, document, id=f"INV-{case.row.id}")
    absent = await graph.tell(world.stranger, document, id="INV-999999")
    assert hidden == absent


async def test_an_assignee_from_elsewhere_sees_that_one_case(world: World, graph: Graph, case: Case):
    now = world.house.clock.now()
    other = await world.case(entity_value="203.0.113.99")
    twin = await world.case(window_end=minutes(1, now))
    other_evidence = await world.evidence(other)
    await world.put(
        rows.InvestigationAssignee(investigation_id=case.row.id, user_id=world.stranger.user_id, assigned_at=now)
    )
    told = await graph.ask(world.stranger, NODES, ids=list(case.ids.values()))
    seen = {name: node and node["__typename"] for name, node in zip(case.ids, told["nodes"], strict=True)}
    kinds = {"other record": None, "team note": None, "private note": None}
    assert seen == {name: kinds.get(name, name) for name in case.ids}

    hidden = await graph.ask(
        world.stranger, NODES, ids=[f"INV-{other.id}", f"INV-{twin.id}", f"EV-{other_evidence.id}"]
    )
    assert hidden["nodes"] == [None, None, None]
    lists = await graph.ask(world.stranger, LISTS)
    assert lists == {
        "investigations": {"totalCount": 1, "edges": [{"node": {"ref": f"INV-{case.row.id}"}}]},
        "activity": {"totalCount": 1, "edges": [{"node": {"id": case.ids["ActivityRecord"]}}]},
    }
    data = await graph.ask(
        world.stranger,
        """query ($id: ID!) { investigation(id: $id) {
          createdBy { name email organization { name users { edges { node { name } } } apiKeys { totalCount } } }
          assignedTo { name email } organization { name }
          relatedInvestigations { totalCount } entity { investigations { totalCount } }
          notes { totalCount edges { node { body } } } timeline { totalCount } riskProgression { totalCount }
          domains { name }
          evidence { totalCount edges { node { activity { totalCount } related { totalCount } riskImpact } } }
        } }""",
        id=f"INV-{case.row.id}",
    )
    impact = data["investigation"]["evidence"]["edges"][0]["node"].pop("riskImpact")
    assert impact > 0
    assert data["investigation"] == {
        "createdBy": {
            "name": "Per",
            "email": None,
            "organization": {
                "name": "Operator",
                "users": {"edges": [{"node": {"name": "Per"}}]},
                "apiKeys": {"totalCount": 0},
            },
        },
        "assignedTo": [{"name": "Sven", "email": "sven@example.org"}],
        "organization": {"name": "Operator"},
        "relatedInvestigations": {"totalCount": 0},
        "entity": {"investigations": {"totalCount": 1}},
        "notes": {"totalCount": 1, "edges": [{"node": {"body": "For all."}}]},
        "timeline": {"totalCount": 1},
        "riskProgression": {"totalCount": 1},
        "domains": [{"name": "AUTHENTICATION"}],
        "evidence": {
            "totalCount": 1,
            "edges": [{"node": {"activity": {"totalCount": 1}, "related": {"totalCount": 0}}}],
        },
    }


async def test_a_timeline_event_cannot_reach_into_another_case(world: World, graph: Graph, case: Case):
    """Refs are text that an agent sent; they name nothing outside their case, whoever looks."""
    foreign = await world.evidence(await world.case(world.stranger))
    now = world.house.clock.now()
    event = await world.put(
        rows.TimelineEvent(
            investigation_id=case.row.id,
            organization_id=case.row.organization_id,
            timestamp=now,
            actor_type="agent",
            actor_name="x",
            action="evidence_found",
            evidence_refs=[f"EV-{foreign.id}", "nonsense", "EV-0"],
        )
    )
    document = "query ($id: ID!) { node(id: $id) { ... on TimelineEvent { evidence { ref } } } }"
    assert await graph.ask(world.viewer, document, id=f"EVT-{event.id}") == {"node": {"evidence": []}}


async def test_people_are_met_in_a_case_only(world: World, graph: Graph, case: Case):
    ids = [to_global("User", one.user_id) for one in (world.admin, world.publisher, world.viewer)]
    assert (await graph.ask(world.stranger, NODES, ids=ids))["nodes"] == [None, None, None]
    sessions = [to_global("Session", new_id()), to_global("ApiKey", new_id())]
    assert (await graph.ask(world.stranger, NODES, ids=sessions))["nodes"] == [None, None]


async def test_forged_ids_are_null(world: World, graph: Graph, case: Case):
    forged = [
        "x", "INV-0", "INV-99999999999999999999", to_global("Investigation", "1e3"), to_global("Investigation", " 1"),
        to_global("Evidence", -1), to_global("Investigation", 2**63 - 1), to_global("CaseHistory", 1),
        to_global("Audit", 1), to_global("RefreshToken", new_id()), to_global("User", "' or 1=1 --"), "💥", "A" * 5000,
    ]  # fmt: skip
    assert (await graph.ask(world.viewer, NODES, ids=forged))["nodes"] == [None] * len(forged)


async def test_too_many_ids_are_refused(world: World, graph: Graph):
    told = await graph.tell(world.viewer, NODES, ids=["INV-1"] * 101)
    assert (told.data, told.codes) == (None, {"nodes": "BAD_USER_INPUT"})
