"""The same writes through the graph: payloads, user errors, keys, and who is told what where."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from foundation.ids import to_global
from models import tables as rows
from resolvers.operation import House
from rules.access.viewer import ANONYMOUS, Viewer
from tests.cases.traces import jobs
from tests.graph.asking import Graph
from tests.world import World

CREATE = """
mutation($input: CreateInvestigationInput!) {
  createInvestigation(input: $input) {
    investigation {
      id ref status phase priority riskScore triggerReason
      entity { type value } timeWindow { start end durationHours }
      assignedTo { name } createdBy { name } organization { name }
      configuration { domainsToAnalyze analysisDepth externalIntelEnabled autoEscalationEnabled }
      riskProgression { edges { node { score source reason } } }
      timeline { edges { node { action actorType actorName } } }
    }
    userErrors { field message code }
  }
}
"""


@pytest.fixture(params=["planned", "plain"])
def graph(house: House, request: pytest.FixtureRequest) -> Graph:
    return Graph(house, request.param)


@pytest.fixture
def planned_graph(house: House) -> Graph:
    return Graph(house, "planned")


def draft(**changes: Any) -> dict[str, Any]:
    return {
        "entity": {"type": "IP", "value": "95.211.35.146"},
        "timeWindow": {"start": "2026-01-21T10:00:00Z", "end": "2026-01-23T10:00:00Z"},
        **changes,
    }


async def begun(graph: Graph, viewer: Viewer, **changes: Any) -> dict[str, Any]:
    told = await graph.ask(viewer, CREATE, input=draft(**changes))
    assert told["createInvestigation"]["userErrors"] == []
    made: dict[str, Any] = told["createInvestigation"]["investigation"]
    return made


async def errors_of(graph: Graph, viewer: Viewer, document: str, **input_: Any) -> list[dict[str, Any]]:
    """The user errors of a mutation that must do nothing and give no node."""
    data = await graph.ask(viewer, document, input=input_)
    (payload,) = data.values()
    errors: list[dict[str, Any]] = payload.pop("userErrors")
    assert set(payload.values()) <= {None}, payload
    return errors


async def test_a_case_is_begun(graph: Graph, world: World) -> None:
    made = await begun(
        graph,
        world.publisher,
        priority="HIGH",
        assignedTo=["ada", to_global("User", world.viewer.user_id), world.publisher.user_id],
        triggerReason="Geo",
        configuration={"domainsToAnalyze": ["NETWORK", "AUTHENTICATION"], "analysisDepth": "DEEP"},
    )
    number = (await world.all(rows.Investigation))[0].id
    assert made == {
        "id": to_global("Investigation", number),
        "ref": f"INV-{number}",
        "status": "RUNNING",
        "phase": "INITIATION",
        "priority": "HIGH",
        "riskScore": 0.0,
        "triggerReason": "Geo",
        "entity": {"type": "IP", "value": "95.211.35.146"},
        "timeWindow": {
            "start": "2026-01-21T10:00:00.000000Z",
            "end": "2026-01-23T10:00:00.000000Z",
            "durationHours": 48.0,
        },
        "assignedTo": [{"name": "Ada"}, {"name": "Per"}, {"name": "Vera"}],
        "createdBy": {"name": "Per"},
        "organization": {"name": "Operator"},
        "configuration": {
            "domainsToAnalyze": ["AUTHENTICATION", "NETWORK"],
            "analysisDepth": "DEEP",
            "externalIntelEnabled": True,
            "autoEscalationEnabled": True,
        },
        "riskProgression": {
            "edges": [{"node": {"score": 0.0, "source": "initialization", "reason": "Investigation started"}}]
        },
        "timeline": {"edges": [{"node": {"action": "INVESTIGATION_STARTED", "actorType": "USER", "actorName": "Per"}}]},
    }
    assert await jobs(world) == [("investigate", "investigations", f"INV-{number}:1")]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"entity": {"type": "IP", "value": "x"}}, "entity.value", "VALIDATION_ERROR"),
        (
            {"timeWindow": {"start": "2026-01-21T10:00:00Z", "end": "2026-01-21T10:00:00Z"}},
            "timeWindow.start",
            "VALIDATION_ERROR",
        ),
        ({"assignedTo": ["Ada", "Sven"]}, "assignedTo.1", "VALIDATION_ERROR"),
        (
            {"configuration": {"domainsToAnalyze": ["FINANCIAL"]}},
            "configuration.domainsToAnalyze.0",
            "VALIDATION_ERROR",
        ),
        ({"clientMutationKey": "a b"}, "clientMutationKey", "VALIDATION_ERROR"),
        ({"clientMutationKey": "x" * 129}, "clientMutationKey", "VALIDATION_ERROR"),
    ],
)
async def test_what_the_input_should_mend(
    planned_graph: Graph, world: World, changes: dict[str, Any], field: str, code: str
) -> None:
    errors = await errors_of(planned_graph, world.publisher, CREATE, **draft(**changes))
    assert [(e["field"], e["code"]) for e in errors] == [(field, code)]
    assert (await world.counts())["investigation"] == 0


async def test_a_duplicate_is_told_in_the_payload(planned_graph: Graph, world: World) -> None:
    made = await begun(planned_graph, world.publisher)
    errors = await errors_of(planned_graph, world.publisher, CREATE, **draft())
    assert errors == [
        {
            "field": None,
            "message": f"This entity is already investigated over this time window: {made['ref']}.",
            "code": "INVESTIGATION_ALREADY_EXISTS",
        }
    ]


async def test_who_asks_is_told_in_errors_and_siblings_stand(planned_graph: Graph, world: World) -> None:
    document = (
        "mutation($input: CreateInvestigationInput!) {"
        " first: createInvestigation(input: $input) { userErrors { code } } second: __typename }"
    )
    for viewer, code in ((world.viewer, "FORBIDDEN"), (ANONYMOUS, "UNAUTHENTICATED")):
        told = await planned_graph.tell(viewer, document, input=draft())
        assert told.data == {"first": None, "second": "Mutation"}
        assert told.codes == {"first": code}
    assert (await world.counts())["investigation"] == 0


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


ADD_NOTE = """
mutation($input: AddNoteInput!) {
  addNote(input: $input) { note { id body type visibility author { name } investigation { ref priority } }
    userErrors { field message code } }
}
"""
ADD_EVIDENCE = """
mutation($input: AddEvidenceInput!) {
  addEvidence(input: $input) {
    evidence { id ref domain type title strength reliability reliabilityIsDefault supports rawData riskImpact
      verificationStatus investigation { ref riskScore riskExplanation { prior } domains { name evidenceCount } } }
    userErrors { field message code }
  }
}
"""
VERIFY = """
mutation($input: VerifyEvidenceInput!) {
  verifyEvidence(input: $input) {
    evidence { verificationStatus riskImpact verifications { status reason verifiedBy { name } } }
    userErrors { field message code }
  }
}
"""
RECORD = """
mutation($input: RecordTimelineEventInput!) {
  recordTimelineEvent(input: $input) { timelineEvent { ref actorType actorName action durationMs success }
    userErrors { field message code } }
}
"""
REPORT = """
mutation($input: ReportDomainProgressInput!) {
  reportDomainProgress(input: $input) { domain { name status progressPercent agent summary }
    userErrors { field message code } }
}
"""
UPDATE = """
mutation($input: UpdateInvestigationInput!) {
  updateInvestigation(input: $input) { investigation { priority status assignedTo { name } notes { totalCount } }
    userErrors { field message code } }
}
"""
ARCHIVE = """
mutation($input: ArchiveInvestigationInput!) {
  archiveInvestigation(input: $input) { investigation { phase status archiveReason } userErrors { field message code } }
}
"""


def command(name: str) -> str:
    kind = name[0].upper() + name[1:]
    return (
        f"mutation($input: {kind}Input!) {{ {name}(input: $input) "
        "{ investigation { status phase run } userErrors { field message code } } }"
    )


async def test_evidence_is_added_and_judged(graph: Graph, world: World) -> None:
    made = await begun(graph, world.publisher)
    told = await graph.ask(
        world.publisher,
        ADD_EVIDENCE,
        input={
            "investigationId": made["ref"],
            "domain": "NETWORK",
            "title": "Suspicious login pattern",
            "description": "Multiple failed login attempts from same IP",
            "strength": 0.7,
            "source": "manual_analysis",
            "rawData": {"failed_attempts": 15},
        },
    )
    piece = told["addEvidence"]["evidence"]
    case = piece.pop("investigation")
    score = (await world.all(rows.Investigation))[0].risk_score
    assert (case["ref"], case["riskScore"]) == (made["ref"], score)
    assert {"name": "NETWORK", "evidenceCount": 1} in case["domains"]
    impact = piece.pop("riskImpact")
    assert abs(case["riskExplanation"]["prior"] + impact - score) < 1e-9
    number = (await world.all(rows.Evidence))[0].id
    assert piece == {
        "id": to_global("Evidence", number),
        "ref": f"EV-{number}",
        "domain": "NETWORK",
        "type": "MANUAL_OBSERVATION",
        "title": "Suspicious login pattern",
        "strength": 0.7,
        "reliability": 0.5,
        "reliabilityIsDefault": True,
        "supports": True,
        "rawData": {"failed_attempts": 15},
        "verificationStatus": "UNVERIFIED",
    }
    told = await graph.ask(
        world.admin, VERIFY, input={"evidenceId": f"EV-{number}", "status": "FALSE_POSITIVE", "reason": "Own scanner"}
    )
    assert told["verifyEvidence"] == {
        "evidence": {
            "verificationStatus": "FALSE_POSITIVE",
            "riskImpact": 0.0,
            "verifications": [{"status": "FALSE_POSITIVE", "reason": "Own scanner", "verifiedBy": {"name": "Ada"}}],
        },
        "userErrors": [],
    }


async def test_notes_actions_and_reports(graph: Graph, world: World) -> None:
    made = await begun(graph, world.publisher)
    told = await graph.ask(
        world.publisher, ADD_NOTE, input={"investigationId": made["id"], "body": "Help", "type": "ESCALATION"}
    )
    note = told["addNote"]["note"]
    assert (note["body"], note["visibility"], note["author"], note["investigation"]) == (
        "Help", "TEAM", {"name": "Per"}, {"ref": made["ref"], "priority": "HIGH"},
    )  # fmt: skip
    told = await graph.ask(
        world.publisher,
        RECORD,
        input={
            "investigationId": made["id"],
            "action": "TOOL_CALL",
            "summary": "Asked",
            "actorName": "network_agent",
            "durationMs": 1163,
        },
    )
    number = (await world.all(rows.TimelineEvent))[-1].id
    assert told["recordTimelineEvent"]["timelineEvent"] == {
        "ref": f"EVT-{number}",
        "actorType": "AGENT",
        "actorName": "network_agent",
        "action": "TOOL_CALL",
        "durationMs": 1163,
        "success": True,
    }
    told = await graph.ask(
        world.publisher,
        REPORT,
        input={
            "investigationId": made["id"],
            "domain": "NETWORK",
            "status": "RUNNING",
            "progressPercent": 40,
            "summary": "Reading",
        },
    )
    assert told["reportDomainProgress"]["domain"] == {
        "name": "NETWORK", "status": "RUNNING", "progressPercent": 40, "agent": "Per", "summary": "Reading",
    }  # fmt: skip


async def test_a_case_is_changed_commanded_and_put_away(graph: Graph, world: World) -> None:
    made = await begun(graph, world.publisher)
    told = await graph.ask(
        world.publisher,
        UPDATE,
        input={
            "investigationId": made["id"],
            "priority": "CRITICAL",
            "assignedTo": ["Vera"],
            "status": "PAUSED",
            "notes": "Wait",
        },
    )
    assert told["updateInvestigation"]["investigation"] == {
        "priority": "CRITICAL", "status": "PAUSED", "assignedTo": [{"name": "Vera"}], "notes": {"totalCount": 1},
    }  # fmt: skip
    for name, status, run in (
        ("resumeInvestigation", "RUNNING", 1),
        ("pauseInvestigation", "PAUSED", 1),
        ("cancelInvestigation", "CANCELLED", 1),
        ("rerunInvestigation", "RUNNING", 2),
    ):
        told = await graph.ask(
            world.publisher, command(name), input={"investigationId": made["id"], "reason": "Because"}
        )
        assert told[name]["userErrors"] == []
        assert (told[name]["investigation"]["status"], told[name]["investigation"]["run"]) == (status, run)
    errors = await errors_of(graph, world.publisher, command("resumeInvestigation"), investigationId=made["id"])
    assert [(e["field"], e["code"]) for e in errors] == [("status", "VALIDATION_ERROR")]
    told = await graph.ask(world.publisher, ARCHIVE, input={"investigationId": made["id"], "reason": "Done"})
    assert told["archiveInvestigation"]["investigation"] == {
        "phase": "ARCHIVED", "status": "CANCELLED", "archiveReason": "Done",
    }  # fmt: skip
    errors = await errors_of(graph, world.publisher, ARCHIVE, investigationId=made["id"], reason="Again")
    assert [e["code"] for e in errors] == ["INVESTIGATION_ARCHIVED"]


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


INGEST = """
mutation($input: IngestActivityInput!) {
  ingestActivity(input: $input) {
    results { index status recordId error { field message code } }
    created duplicates refused userErrors { field message code }
  }
}
"""


async def test_activity_comes_in(graph: Graph, world: World) -> None:
    time = (world.house.clock.now() - timedelta(hours=1)).isoformat()
    login = {"kind": "LOGIN", "time": time, "source": "sshd", "ip": "203.0.113.7", "outcome": "FAILURE"}
    told = await graph.ask(
        world.publisher,
        INGEST,
        input={
            "records": [
                {**login, "user": "root", "bytesIn": 5e10, "details": {"port": 22}},
                {**login, "ip": "nowhere"},
                {**login, "user": "root", "bytesIn": 5e10, "details": {"port": 22}},
                {**login, "bytesOut": 1.5},
            ]
        },
    )
    payload = told["ingestActivity"]
    record = (await world.all(rows.ActivityRecord))[0]
    key = to_global("ActivityRecord", record.id)
    assert [
        (r["index"], r["status"], r["recordId"], r["error"] and r["error"]["field"]) for r in payload["results"]
    ] == [
        (0, "CREATED", key, None),
        (1, "REFUSED", None, "records.1.ip"),
        (2, "DUPLICATE", key, None),
        (3, "REFUSED", None, "records.3.bytesOut"),
    ]
    assert (payload["created"], payload["duplicates"], payload["refused"], payload["userErrors"]) == (1, 1, 2, [])
    assert (record.kind, record.outcome, record.bytes_in, record.details) == (
        "login", "failure", 50_000_000_000, {"port": 22},
    )  # fmt: skip
    found = await graph.ask(
        world.viewer,
        "query($id: ID!) { node(id: $id) { ... on ActivityRecord { ip user kind outcome } } }",
        id=key,
    )
    assert found["node"] == {"ip": "203.0.113.7", "user": "root", "kind": "LOGIN", "outcome": "FAILURE"}


async def test_no_records_at_all(planned_graph: Graph, world: World) -> None:
    told = await planned_graph.ask(world.publisher, INGEST, input={"records": []})
    assert told["ingestActivity"]["results"] == []
    assert [(e["field"], e["code"]) for e in told["ingestActivity"]["userErrors"]] == [("records", "VALIDATION_ERROR")]


async def test_a_surprise_keeps_its_words_to_itself(
    planned_graph: Graph, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("the secret inside")

    monkeypatch.setattr("resolvers.notes.write_note", broken)
    case = await world.case()
    told = await planned_graph.tell(world.publisher, ADD_NOTE, input={"investigationId": f"INV-{case.id}", "body": "x"})
    assert (told.data, told.codes) == ({"addNote": None}, {"addNote": "INTERNAL_SERVER_ERROR"})
    assert "secret" not in str(told)
