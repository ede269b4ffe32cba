"""The same writes through the graph: payloads, user errors, keys, and who is told what where."""

from datetime import timedelta
from typing import Any

import pytest

from foundation.ids import to_global
from foundation.times import to_text
from models import tables as rows
from rules.access.viewer import ANONYMOUS
from tests.cases.documents import (
    ADD_EVIDENCE,
    ADD_NOTE,
    ARCHIVE,
    CREATE,
    INGEST,
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
    said = "A case that is running cannot become running. It can become: paused, cancelled."
    assert errors == [{"field": None, "message": said, "code": "VALIDATION_ERROR"}]
    errors = await errors_of(
        graph, world.publisher, UPDATE, investigationId=made["id"], status="COMPLETE", priority="LOW"
    )
    said = "A case that is running cannot become complete. It can become: paused, cancelled."
    assert errors == [{"field": "status", "message": said, "code": "VALIDATION_ERROR"}]
    await graph.ask(world.publisher, command("cancelInvestigation"), input={"investigationId": made["id"]})
    errors = await errors_of(graph, world.publisher, command("cancelInvestigation"), investigationId=made["id"])
    said = "A case that is cancelled cannot become cancelled. It can become: running by a rerun."
    assert errors == [{"field": None, "message": said, "code": "VALIDATION_ERROR"}]
    told = await graph.ask(world.publisher, ARCHIVE, input={"investigationId": made["id"], "reason": "Done"})
    assert told["archiveInvestigation"]["investigation"] == {
        "phase": "ARCHIVED", "status": "CANCELLED", "archiveReason": "Done",
    }  # fmt: skip
    errors = await errors_of(graph, world.publisher, ARCHIVE, investigationId=made["id"], reason="Again")
    assert [e["code"] for e in errors] == ["INVESTIGATION_ARCHIVED"]
    for name in ("pause", "resume", "cancel", "rerun"):
        errors = await errors_of(graph, world.publisher, command(f"{name}Investigation"), investigationId=made["id"])
        assert [(e["field"], e["code"]) for e in errors] == [(None, "INVESTIGATION_ARCHIVED")]


async def test_a_note_of_an_update_is_heard_of_by_who_polls(planned_graph: Graph, world: World) -> None:
    made = await begun(planned_graph, world.publisher)
    world.house.clock.forward(minutes=1)  # type: ignore[attr-defined]
    since = to_text(world.house.clock.now())
    await planned_graph.ask(world.publisher, UPDATE, input={"investigationId": made["id"], "notes": "Seen"})
    document = (
        "query($since: DateTime) { investigations(filter: {updatedSince: $since})"
        " { edges { node { ref updatedAt } } } }"
    )
    told = await planned_graph.ask(world.publisher, document, since=since)
    assert told["investigations"]["edges"] == [{"node": {"ref": made["ref"], "updatedAt": since}}]
    assert (await world.all(rows.CaseHistory))[-1].at == world.house.clock.now()


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


async def test_a_reason_that_cannot_be_kept(planned_graph: Graph, world: World) -> None:
    made = await begun(planned_graph, world.publisher)
    for name in ("pauseInvestigation", "cancelInvestigation"):
        for reason in ("x" * 2001, "a\0b"):
            errors = await errors_of(
                planned_graph, world.publisher, command(name), investigationId=made["id"], reason=reason
            )
            assert [(e["field"], e["code"]) for e in errors] == [("reason", "VALIDATION_ERROR")]
