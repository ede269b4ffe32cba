"""Beginning a case: what it leaves, what it refuses, and that a refusal leaves nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from foundation.errors import Forbidden, InvalidInput, Refusal, Unauthenticated
from models import tables as rows
from models.unit import KeyReused
from resolvers.investigations import Configuration, create_investigation
from resolvers.operation import Operation
from rules.access.viewer import ANONYMOUS
from rules.investigation.refusals import InvestigationExists, UnknownPerson
from rules.investigation.words import AnalysisDepth, DomainName, EntityType, Priority
from tests.cases.traces import jobs, refused
from tests.world import World

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
END = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def draft(**changes: Any) -> dict[str, Any]:
    return {
        "entity_type": EntityType.IP,
        "entity_value": "203.0.113.7",
        "window_start": START,
        "window_end": END,
        **changes,
    }


async def refused_draft(world: World, op: Operation, error: type[Refusal], **changes: Any) -> Refusal:
    return await refused(
        world, error, lambda: create_investigation(op, **draft(**changes)), audited=not op.viewer.is_anonymous
    )


async def test_a_new_case_and_everything_around_it(world: World) -> None:
    number = await create_investigation(
        world.op(), **draft(trigger_reason=" Too many failures ", priority=Priority.HIGH)
    )
    now = world.house.clock.now()
    case = (await world.all(rows.Investigation))[0]
    assert case.model_dump() == {
        "id": number,
        "organization_id": world.operator.id,
        "entity_type": "ip",
        "entity_value": "203.0.113.7",
        "window_start": START,
        "window_end": END,
        "phase": "initiation",
        "status": "running",
        "priority": "high",
        "progress_percent": 0,
        "estimated_completion": None,
        "risk_score": 0.0,
        "confidence": 0.0,
        "quality_score": 0.0,
        "trigger_reason": "Too many failures",
        "domains_to_analyze": [
            "authentication", "device", "network", "logs", "location", "behavioral", "temporal", "intelligence",
        ],
        "analysis_depth": "standard",
        "external_intel_enabled": True,
        "auto_escalation_enabled": True,
        "created_by": world.publisher.user_id,
        "run": 1,
        "thresholds_told": [],
        "catalogue_hash": None,
        "records_seen": 0,
        "completion_reason": None,
        "completed_at": None,
        "archived_at": None,
        "archive_reason": None,
        "created_at": now,
        "updated_at": now,
    }  # fmt: skip
    assert [a.user_id for a in await world.all(rows.InvestigationAssignee)] == [world.publisher.user_id]
    domains = await world.all(rows.DomainAnalysis)
    assert [(d.name, d.status, d.run) for d in domains] == [(name, "pending", 1) for name in case.domains_to_analyze]
    assert [(p.score, p.delta, p.source, p.reason) for p in await world.all(rows.RiskPoint)] == [
        (0.0, 0.0, "initialization", "Investigation started")
    ]
    event = (await world.all(rows.TimelineEvent))[0]
    assert (event.actor_type, event.actor_name, event.action, event.summary, event.success) == (
        "user", "Per", "investigation_started", "Investigation of ip 203.0.113.7 started", True,
    )  # fmt: skip
    created = {
        "investigation_id": number,
        "old_status": None,
        "new_status": "running",
        "current_phase": "initiation",
        "progress_percent": 0,
        "run": 1,
        "estimated_completion": None,
        "completion_reason": None,
        "reason": "Too many failures",
        "actor": "Per",
    }
    assert [(e.stream, e.seq, e.kind, e.data) for e in await world.all(rows.Event)] == [
        (f"inv:{number}", 1, "investigation_status_changed", created),
        (
            f"inv:{number}",
            2,
            "timeline_event_recorded",
            {
                "investigation_id": number,
                "timeline_event_id": event.id,
                "timestamp": "2026-11-21T12:00:00.000000Z",
                "actor": "Per",
                "actor_type": "user",
                "action": "investigation_started",
                "success": True,
                "risk_delta": None,
            },
        ),
        (f"org:{world.operator.id}", 1, "investigation_status_changed", created),
    ]
    past = (await world.all(rows.CaseHistory))[0]
    assert (past.at, past.investigation["status"], past.investigation["assigned_to"], len(past.domains)) == (
        now, "running", [world.publisher.user_id], 8,
    )  # fmt: skip
    assert await jobs(world) == [("investigate", "investigations", f"INV-{number}:1")]
    line = (await world.all(rows.Audit))[0]
    assert (line.action, line.outcome, line.target, line.details) == (
        "investigation.create", "done", f"INV-{number}", {"entity_type": "ip", "entity_value": "203.0.113.7"},
    )  # fmt: skip
    assert world.house.wake.called == [[f"inv:{number}", f"org:{world.operator.id}"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("entity_type", "value", "kept"),
    [
        (EntityType.IP, " 203.0.113.7 ", "203.0.113.7"),
        (EntityType.IP, "2001:DB8:0:0::1", "2001:db8::1"),
        (EntityType.IP, "::ffff:203.0.113.7", "203.0.113.7"),
        (EntityType.DOMAIN, "Bücher.Example.", "xn--bcher-kva.example"),
        (EntityType.EMAIL, "Ada@Example.ORG", "ada@example.org"),
        (EntityType.USER, "Root ", "Root"),
    ],
)
async def test_values_are_kept_in_their_one_form(world: World, entity_type: EntityType, value: str, kept: str) -> None:
    await create_investigation(world.op(), **draft(entity_type=entity_type, entity_value=value))
    assert (await world.all(rows.Investigation))[0].entity_value == kept


async def test_assignees_by_id_and_by_name_each_once(world: World) -> None:
    people = [world.viewer.user_id, "  ADA ", world.admin.user_id]
    await create_investigation(world.op(), **draft(assigned_to=people))
    assigned = {a.user_id for a in await world.all(rows.InvestigationAssignee)}
    assert assigned == {world.viewer.user_id, world.admin.user_id}


async def test_nobody_may_be_assigned_at_all(world: World) -> None:
    await create_investigation(world.op(), **draft(assigned_to=[]))
    assert await world.all(rows.InvestigationAssignee) == []


async def test_chosen_configuration(world: World) -> None:
    chosen = Configuration(
        domains=(DomainName.NETWORK, DomainName.AUTHENTICATION, DomainName.NETWORK),
        depth=AnalysisDepth.DEEP,
        external_intel_enabled=False,
        auto_escalation_enabled=False,
    )
    await create_investigation(world.op(), **draft(configuration=chosen))
    case = (await world.all(rows.Investigation))[0]
    assert case.domains_to_analyze == ["authentication", "network"]
    assert (case.analysis_depth, case.external_intel_enabled, case.auto_escalation_enabled) == ("deep", False, False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"entity_value": "203.0.113.300"}, "entity.value"),
        ({"entity_value": "fe80::1%eth0"}, "entity.value"),
        ({"entity_value": "  "}, "entity.value"),
        ({"entity_type": EntityType.USER, "entity_value": "a\0b"}, "entity.value"),
        ({"entity_type": EntityType.USER, "entity_value": "a\ud800b"}, "entity.value"),
        ({"entity_type": EntityType.USER, "entity_value": "a" * 2049}, "entity.value"),
        ({"entity_type": EntityType.DOMAIN, "entity_value": "exa mple.org"}, "entity.value"),
        ({"entity_type": EntityType.EMAIL, "entity_value": "nobody"}, "entity.value"),
        ({"window_start": END}, "timeWindow.start"),
        ({"window_start": END + timedelta(days=1)}, "timeWindow.start"),
        ({"trigger_reason": "x" * 2001}, "triggerReason"),
        ({"configuration": Configuration(domains=())}, "configuration.domainsToAnalyze"),
        (
            {"configuration": Configuration(domains=(DomainName.NETWORK, DomainName.FINANCIAL))},
            "configuration.domainsToAnalyze.1",
        ),
        ({"assigned_to": ["ada"] * 51}, "assignedTo"),
    ],
)
async def test_input_that_is_refused(world: World, changes: dict[str, Any], field: str) -> None:
    refusal = await refused_draft(world, world.op(), InvalidInput, **changes)
    assert (refusal.field, refusal.code) == (field, "VALIDATION_ERROR")


async def test_strangers_and_ghosts_cannot_be_assigned(world: World) -> None:
    for word in (world.stranger.user_id, "Sven", "nobody", "", "a\0b", "\ud800"):
        refusal = await refused_draft(world, world.op(), UnknownPerson, assigned_to=["Ada", word])
        assert refusal.field == "assignedTo.1"
        assert refusal.text == "There is nobody of this name or id who can be assigned."


async def test_who_may_not_create(world: World) -> None:
    await refused_draft(world, world.op(world.viewer), Forbidden)
    await refused_draft(world, world.op(ANONYMOUS), Unauthenticated)


async def test_a_duplicate_names_the_own_case_only(world: World) -> None:
    foreign = await create_investigation(world.op(world.stranger), **draft())
    own = await create_investigation(world.op(), **draft())
    refusal = await refused_draft(world, world.op(), InvestigationExists)
    assert refusal.details == {"investigation_id": f"INV-{own}"}
    assert (refusal.code, refusal.status) == ("INVESTIGATION_ALREADY_EXISTS", 409)
    assert foreign != own
    # Another window is another case.
    await create_investigation(world.op(), **draft(window_end=END + timedelta(microseconds=1)))
    assert len(await jobs(world)) == 3


async def test_twins_at_the_same_moment_make_one_case(world: World) -> None:
    results = await asyncio.gather(
        *(create_investigation(world.op(), **draft()) for _ in range(4)), return_exceptions=True
    )
    assert sorted(type(r).__name__ for r in results) == ["InvestigationExists"] * 3 + ["int"]
    assert len(await world.all(rows.Investigation)) == 1


async def test_a_key_makes_it_safe_to_repeat(world: World) -> None:
    async def send(fingerprint: str) -> int:
        made: int = await world.op().once(
            f"user:{world.publisher.user_id}:k", fingerprint, lambda op: create_investigation(op, **draft())
        )
        return made

    first = await asyncio.gather(*(send("same") for _ in range(4)))
    assert set(first) == {first[0]}
    before = await world.counts()
    assert await send("same") == first[0]
    assert await world.counts() == before
    with pytest.raises(KeyReused):
        await send("other")
    assert len(await world.all(rows.Investigation)) == 1
