"""Notes, timeline entries, domains of outside agents, changes and the archive."""

from datetime import timedelta
from typing import Any

import pytest

from foundation.errors import Conflict, InvalidInput
from models import tables as rows
from resolvers.domains import report_domain_progress
from resolvers.evidence import add_evidence
from resolvers.investigations import archive_investigation, create_investigation, update_investigation
from resolvers.notes import add_note
from resolvers.timeline import record_timeline_event
from rules.access.viewer import Viewer, ViewerKind
from rules.investigation.phases import IllegalMove
from rules.investigation.refusals import DomainNotYours, NotInThisState, UnknownPerson
from rules.investigation.words import (
    ActorType,
    AnalysisStatus,
    DomainName,
    EntityType,
    EventAction,
    InvestigationStatus,
    NoteType,
    NoteVisibility,
    Priority,
)
from tests.cases.traces import events, refused
from tests.world import World, at


async def begun(world: World) -> int:
    now = world.house.clock.now()
    return await create_investigation(
        world.op(),
        entity_type=EntityType.IP,
        entity_value="203.0.113.7",
        window_start=now - timedelta(days=1),
        window_end=now,
    )


def agent_of(world: World, name: str = "network_agent") -> Viewer:
    return at(world.publisher, kind=ViewerKind.SERVICE, name=name, scopes=frozenset({"investigation:write"}))


async def test_notes_of_each_visibility(world: World) -> None:
    case = await world.case()
    for visibility in NoteVisibility:
        await add_note(world.op(), investigation_id=case.id or 0, body=f" For {visibility} ", visibility=visibility)
    notes = await world.all(rows.Note)
    assert [(n.type, n.visibility, n.body, n.author_id, n.organization_id) for n in notes] == [
        ("comment", word, f"For {word}", world.publisher.user_id, world.operator.id)
        for word in ("private", "team", "all")
    ]
    # Only what everybody may read shows in the timeline, and without its words.
    assert [(e.action, e.summary) for e in await world.all(rows.TimelineEvent)] == [("user_action", "Comment written")]
    assert (await world.all(rows.Investigation))[0].priority == "medium"


@pytest.mark.parametrize(("priority", "after"), [("low", "high"), ("high", "high"), ("critical", "critical")])
async def test_an_escalation_raises_the_priority(world: World, priority: str, after: str) -> None:
    case = await world.case(priority=priority)
    await add_note(world.op(), investigation_id=case.id or 0, body="Help", type=NoteType.ESCALATION)
    assert (await world.all(rows.Investigation))[0].priority == after
    said = f"Escalated: priority raised from {priority} to {after}" if priority != after else "Escalated"
    assert [(e.action, e.summary) for e in await world.all(rows.TimelineEvent)] == [("decision_made", said)]
    assert len(await world.all(rows.CaseHistory)) == (1 if priority != after else 0)


async def test_notes_that_are_refused(world: World) -> None:
    case = await world.case()
    for body, more, field in (
        ("", {}, "body"),
        ("x" * 10_001, {}, "body"),
        ("Help", {"type": NoteType.ESCALATION, "visibility": NoteVisibility.PRIVATE}, "visibility"),
    ):
        options: dict[str, Any] = dict(more)
        refusal = await refused(
            world,
            InvalidInput,
            lambda body=body, options=options: add_note(  # type: ignore[misc]
                world.op(), investigation_id=case.id or 0, body=body, **options
            ),
        )
        assert refusal.field == field


async def test_an_agent_records_what_it_did(world: World) -> None:
    case = await world.case()
    piece = await world.evidence(case)
    agent = at(
        world.publisher, kind=ViewerKind.SERVICE, name="network_agent", scopes=frozenset({"investigation:write"})
    )
    number = await record_timeline_event(
        world.op(agent),
        investigation_id=case.id or 0,
        action=EventAction.TOOL_CALL,
        summary="Snowflake query: user activity",
        actor_type=ActorType.TOOL,
        actor_name="snowflake",
        success=False,
        duration_ms=1163,
        input_data={"size_bytes": 256},
        output_data={"summary": "Found 247 transactions"},
        evidence_ids=[piece.id or 0, piece.id or 0],
    )
    event = (await world.all(rows.TimelineEvent))[0]
    assert event.model_dump() == {
        "id": number,
        "investigation_id": case.id,
        "organization_id": world.operator.id,
        "timestamp": world.house.clock.now(),
        "actor_type": "tool",
        "actor_name": "snowflake",
        "action": "tool_call",
        "summary": "Snowflake query: user activity",
        "duration_ms": 1163,
        "success": False,
        "input_data": {"size_bytes": 256},
        "output_data": {"summary": "Found 247 transactions"},
        "risk_delta": None,
        "evidence_refs": [f"EV-{piece.id}"],
        "run": 1,
    }
    assert await events(world) == [(f"inv:{case.id}", 1, "timeline_event_recorded")]
    line = (await world.all(rows.Audit))[0]
    assert (line.action, line.target, line.actor_name) == ("timeline.record", f"EVT-{number}", "network_agent")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"actor_type": ActorType.ORCHESTRATOR}, "actorType"),
        ({"actor_type": ActorType.USER}, "actorType"),
        ({"actor_type": ActorType.SYSTEM}, "actorType"),
        ({"actor_name": " "}, "actorName"),
        ({"summary": "x" * 2001}, "summary"),
        ({"duration_ms": -1}, "durationMs"),
        ({"duration_ms": 2**31}, "durationMs"),
        ({"input_data": {"x": "y" * 65_536}}, "inputData"),
        ({"output_data": {"x": "\ud800"}}, "outputData"),
        ({"evidence_ids": list(range(1, 102))}, "evidence"),
    ],
)
async def test_timeline_entries_that_are_refused(world: World, changes: dict[str, Any], field: str) -> None:
    case = await world.case()
    values: dict[str, Any] = {"action": EventAction.TOOL_CALL, "summary": "x", **changes}
    refusal = await refused(
        world, InvalidInput, lambda: record_timeline_event(world.op(), investigation_id=case.id or 0, **values)
    )
    assert refusal.field == field


async def test_an_agent_takes_a_domain_and_ends_it(world: World) -> None:
    number = await begun(world)
    agent = at(
        world.publisher, kind=ViewerKind.SERVICE, name="network_agent", scopes=frozenset({"investigation:write"})
    )
    op = world.op(agent)

    async def say(status: AnalysisStatus, **more: Any) -> rows.DomainAnalysis:
        key = await report_domain_progress(
            op, investigation_id=number, domain=DomainName.NETWORK, status=status, **more
        )
        row: rows.DomainAnalysis = (await world.all(rows.DomainAnalysis, rows.DomainAnalysis.id == key))[0]
        return row

    row = await say(AnalysisStatus.RUNNING, progress_percent=40, summary="Reading flows")
    assert (row.agent, row.status, row.progress_percent, row.summary) == (
        "network_agent", "running", 40, "Reading flows",
    )  # fmt: skip
    assert (await say(AnalysisStatus.RUNNING, progress_percent=30)).progress_percent == 40
    other = at(agent, name="another_agent")
    refusal = await refused(
        world,
        DomainNotYours,
        lambda: report_domain_progress(
            world.op(other), investigation_id=number, domain=DomainName.NETWORK, status=AnalysisStatus.RUNNING
        ),
    )
    assert refusal.details == {"agent": "network_agent"}
    await add_evidence(
        op,
        investigation_id=number,
        domain=DomainName.NETWORK,
        title="Beaconing",
        description="",
        strength=0.8,
        source="network_agent",
    )
    row = await say(AnalysisStatus.COMPLETE, summary="1 finding in 12 records", records_seen=12)
    assert (row.status, row.progress_percent, row.evidence_count, row.records_seen) == ("complete", 100, 1, 12)
    assert row.finished_at == world.house.clock.now()
    told = [e for e in await world.all(rows.TimelineEvent) if e.action == "analysis_completed"]
    assert [(e.actor_type, e.actor_name, e.summary) for e in told] == [
        ("agent", "network_agent", "1 finding in 12 records")
    ]
    coarse = [e.kind for e in await world.all(rows.Event) if e.stream == f"org:{world.operator.id}"]
    assert coarse == ["investigation_status_changed", "risk_updated"]
    progressed = [e.data["domain"] for e in await world.all(rows.Event) if e.kind == "investigation_progressed"]
    assert progressed == ["network"] * 3
    await refused(
        world,
        NotInThisState,
        lambda: report_domain_progress(
            op, investigation_id=number, domain=DomainName.NETWORK, status=AnalysisStatus.RUNNING
        ),
    )


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"domain": DomainName.AUTHENTICATION}, DomainNotYours, "domain"),
        ({"domain": DomainName.FINANCIAL}, InvalidInput, "domain"),
        ({"status": AnalysisStatus.CANCELLED}, InvalidInput, "status"),
        ({"status": AnalysisStatus.PENDING}, InvalidInput, "status"),
        ({"progress_percent": 101}, InvalidInput, "progressPercent"),
        ({"records_seen": -1}, InvalidInput, "recordsSeen"),
        ({"summary": "x" * 2001}, InvalidInput, "summary"),
    ],
)
async def test_reports_that_are_refused(
    world: World, changes: dict[str, Any], error: type[InvalidInput] | type[Conflict], field: str
) -> None:
    number = await begun(world)
    values: dict[str, Any] = {"domain": DomainName.NETWORK, "status": AnalysisStatus.RUNNING, **changes}
    refusal = await refused(world, error, lambda: report_domain_progress(world.op(), investigation_id=number, **values))
    assert refusal.field == field


async def test_a_case_that_failed_takes_no_report(world: World) -> None:
    case = await world.case(status="failed", domains_to_analyze=["network"])
    await refused(
        world,
        NotInThisState,
        lambda: report_domain_progress(
            world.op(), investigation_id=case.id or 0, domain=DomainName.NETWORK, status=AnalysisStatus.RUNNING
        ),
    )


async def test_an_update_changes_what_is_given_and_tells_of_it(world: World) -> None:
    number = await begun(world)
    before = len(await world.all(rows.Event))
    world.house.clock.forward(minutes=1)  # type: ignore[attr-defined]
    await update_investigation(
        world.op(),
        investigation_id=number,
        priority=Priority.HIGH,
        assigned_to=["Ada", "Vera"],
        status=InvestigationStatus.PAUSED,
        trigger_reason="Second look",
        notes="Escalating for senior review",
    )
    case = (await world.all(rows.Investigation))[0]
    assert (case.priority, case.status, case.trigger_reason, case.updated_at) == (
        "high", "paused", "Second look", world.house.clock.now(),
    )  # fmt: skip
    assert {a.user_id for a in await world.all(rows.InvestigationAssignee)} == {
        world.admin.user_id,
        world.viewer.user_id,
    }
    note = (await world.all(rows.Note))[0]
    assert (note.body, note.type, note.visibility) == ("Escalating for senior review", "comment", "team")
    assert [e.summary for e in await world.all(rows.TimelineEvent)][1:] == [
        "Changed priority from medium to high, trigger reason, assignees",
        "Paused.",
    ]
    kinds = [(e.stream.partition(":")[0], e.kind) for e in (await world.all(rows.Event))]
    assert len(kinds) == before + 4
    assert kinds[2:5] == [
        ("inv", "timeline_event_recorded"),
        ("inv", "timeline_event_recorded"),
        ("inv", "investigation_status_changed"),
    ]
    past = (await world.all(rows.CaseHistory))[-1]
    assert (past.investigation["priority"], past.investigation["status"], past.investigation["assigned_to"]) == (
        "high", "paused", sorted([world.admin.user_id, world.viewer.user_id]),
    )  # fmt: skip
    assert len(await world.all(rows.CaseHistory)) == 2
    assert await world.house.jobs.status(f"INV-{number}:1") == "CANCELLED"
    await update_investigation(world.op(), investigation_id=number, status=InvestigationStatus.RUNNING)
    assert await world.house.jobs.status(f"INV-{number}:1") == "ENQUEUED"


async def test_nothing_new_leaves_no_trace_but_the_audit(world: World) -> None:
    number = await begun(world)
    before = await world.counts()
    await update_investigation(
        world.op(), investigation_id=number, priority=Priority.MEDIUM, assigned_to=["Per"], trigger_reason=""
    )
    assert await world.counts() == {**before, "audit": before["audit"] + 1}


async def test_updates_that_are_refused_whole(world: World) -> None:
    number = await begun(world)
    refusal = await refused(world, InvalidInput, lambda: update_investigation(world.op(), investigation_id=number))
    assert refusal.text == "Say what to change."
    illegal = await refused(
        world,
        IllegalMove,
        lambda: update_investigation(
            world.op(),
            investigation_id=number,
            priority=Priority.CRITICAL,
            notes="Note",
            status=InvestigationStatus.COMPLETE,
        ),
    )
    assert (illegal.field, illegal.details["allowed"]) == ("status", ["paused", "cancelled"])
    ghost = await refused(
        world,
        UnknownPerson,
        lambda: update_investigation(
            world.op(), investigation_id=number, priority=Priority.CRITICAL, assigned_to=["Sven"]
        ),
    )
    assert ghost.field == "assignedTo.0"


async def test_archiving_cancels_a_live_run_first(world: World) -> None:
    number = await begun(world)
    await archive_investigation(world.op(), investigation_id=number, reason=" Double ")
    now = world.house.clock.now()
    case = (await world.all(rows.Investigation))[0]
    assert (case.phase, case.status, case.completion_reason, case.archived_at, case.archive_reason) == (
        "archived", "cancelled", "cancelled", now, "Double",
    )  # fmt: skip
    assert {d.status for d in await world.all(rows.DomainAnalysis)} == {"cancelled"}
    assert [e.summary for e in await world.all(rows.TimelineEvent)][1:] == ["Archived: Double"]
    told = [e.data for e in await world.all(rows.Event) if e.stream.startswith("org:")][-1]
    assert (told["old_status"], told["new_status"], told["current_phase"], told["reason"]) == (
        "running", "cancelled", "archived", "Double",
    )  # fmt: skip
    assert await world.house.jobs.status(f"INV-{number}:1") == "CANCELLED"
    # The same entity and window may be investigated again.
    assert await begun(world) != number


async def test_archiving_keeps_the_status_of_what_had_ended(world: World) -> None:
    case = await world.case(status="complete", phase="complete")
    await archive_investigation(world.op(), investigation_id=case.id or 0, reason="Old")
    row = (await world.all(rows.Investigation))[0]
    assert (row.phase, row.status, row.completion_reason) == ("archived", "complete", None)


async def test_the_archive_wants_a_reason(world: World) -> None:
    case = await world.case()
    for reason in ("", " ", "x" * 2001):
        refusal = await refused(
            world,
            InvalidInput,
            lambda reason=reason: archive_investigation(  # type: ignore[misc]
                world.op(), investigation_id=case.id or 0, reason=reason
            ),
        )
        assert refusal.field == "reason"
