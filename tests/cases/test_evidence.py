"""Evidence by hand and what people make of it: rows, score, events, each exact."""

import math
from typing import Any

import pytest

from foundation.errors import InvalidInput
from models import tables as rows
from resolvers.evidence import add_evidence, verify_evidence
from rules.investigation.risk import sigmoid, weight_of
from rules.investigation.words import DomainName, EvidenceType, VerificationStatus
from tests.cases.traces import events, refused
from tests.world import World

PRIOR = sigmoid(-3.0)


def draft(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "investigation_id": number,
        "domain": DomainName.NETWORK,
        "title": "Suspicious login pattern",
        "description": "Multiple failed login attempts from same IP",
        "strength": 0.7,
        "source": "manual_analysis",
        "raw_data": {"failed_attempts": 15, "time_span_minutes": 10},
        **changes,
    }


async def test_added_evidence_moves_the_score_and_tells_of_it(world: World) -> None:
    case = await world.case()
    number = await add_evidence(world.op(), **draft(case.id or 0))
    weight = weight_of(0.7)
    risk = sigmoid(-3.0 + 0.5 * weight)
    piece = (await world.all(rows.Evidence))[0]
    assert piece.model_dump() == {
        "id": number,
        "investigation_id": case.id,
        "organization_id": world.operator.id,
        "domain": "network",
        "type": "manual_observation",
        "code": None,
        "title": "Suspicious login pattern",
        "description": "Multiple failed login attempts from same IP",
        "strength": 0.7,
        "reliability": 0.5,
        "reliability_is_default": True,
        "supports": True,
        "log_odds": weight,
        "correlated_group": None,
        "own_telemetry": False,
        "severity": "high",
        "technique": None,
        "measured": None,
        "threshold": None,
        "verification_status": "unverified",
        "source": "manual_analysis",
        "summary": "Suspicious login pattern",
        "details": "Multiple failed login attempts from same IP",
        "raw_data": {"failed_attempts": 15, "time_span_minutes": 10},
        "record_count": 0,
        "window_start": None,
        "window_end": None,
        "freshest_at": None,
        "created_by": world.publisher.user_id,
        "run": 1,
        "superseded": False,
        "discovered_at": world.house.clock.now(),
    }
    row = (await world.all(rows.Investigation))[0]
    assert math.isclose(row.risk_score, risk, abs_tol=1e-12)
    points = await world.all(rows.RiskPoint)
    assert [(p.source, p.reason) for p in points] == [
        ("prior", "What is assumed before anything is known"),
        ("manual_analysis", "Evidence added: Suspicious login pattern"),
    ]
    assert math.isclose(points[1].delta, risk - PRIOR, abs_tol=1e-12)
    event = (await world.all(rows.TimelineEvent))[0]
    assert (event.actor_type, event.actor_name, event.action, event.summary, event.evidence_refs) == (
        "user", "Per", "evidence_found", "Suspicious login pattern", [f"EV-{number}"],
    )  # fmt: skip
    assert event.risk_delta == points[1].delta
    stream = f"inv:{case.id}"
    assert await events(world) == [
        (stream, 1, "evidence_found"),
        (stream, 2, "risk_updated"),
        (stream, 3, "timeline_event_recorded"),
    ]
    found, updated, acted = [e.data for e in await world.all(rows.Event)]
    assert found == {
        "investigation_id": case.id,
        "evidence_id": number,
        "domain": "network",
        "strength": 0.7,
        "title": "Suspicious login pattern",
    }
    assert (updated["old_score"], updated["new_score"], updated["by_analyser"]) == (0.0, row.risk_score, False)
    assert (acted["action"], acted["risk_delta"]) == ("evidence_found", event.risk_delta)
    domain = (await world.all(rows.DomainAnalysis))[0]
    assert (domain.name, domain.status, domain.evidence_count) == ("network", "complete", 1)
    assert len(await world.all(rows.CaseHistory)) == 1
    line = (await world.all(rows.Audit))[0]
    assert (line.action, line.target, line.details) == (
        "evidence.add", f"EV-{number}", {"investigation": f"INV-{case.id}"},
    )  # fmt: skip


async def test_mitigating_evidence_lowers_the_score(world: World) -> None:
    case = await world.case()
    await add_evidence(world.op(), **draft(case.id or 0, reliability=1.0))
    before = (await world.all(rows.Investigation))[0].risk_score
    await add_evidence(world.op(), **draft(case.id or 0, supports=False, reliability=0.8, type=EvidenceType.AUDIT_LOG))
    after = (await world.all(rows.Investigation))[0].risk_score
    assert math.isclose(after, sigmoid(-3.0 + weight_of(0.7) - 0.8 * weight_of(0.7)), abs_tol=1e-12)
    assert after < before
    second = (await world.all(rows.Evidence))[1]
    assert (second.reliability_is_default, second.supports, second.severity) == (False, False, "low")


async def test_steps_sum_to_the_score_after_any_sequence(world: World) -> None:
    case = await world.case()
    for strength, supports in ((0.7, True), (0.2, False), (1.0, True), (0.0, True)):
        number = await add_evidence(world.op(), **draft(case.id or 0, strength=strength, supports=supports))
        for status in (VerificationStatus.VERIFIED, VerificationStatus.DISPUTED, VerificationStatus.FALSE_POSITIVE):
            await verify_evidence(world.op(), evidence_id=number, status=status, reason="x")
    points = await world.all(rows.RiskPoint)
    score = (await world.all(rows.Investigation))[0].risk_score
    assert math.isclose(math.fsum(p.delta for p in points), score, abs_tol=1e-9)
    assert math.isclose(score, PRIOR, abs_tol=1e-12)  # everything was refuted in the end
    assert len(points) == 1 + 4 + 12


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"description": "x" * 10_001}, "description"),
        ({"description": "a\ud800"}, "description"),
        ({"strength": 1.1}, "strength"),
        ({"strength": -0.1}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"reliability": 1.5}, "reliability"),
        ({"source": ""}, "source"),
        ({"source": "x" * 201}, "source"),
        ({"raw_data": {"x": "y" * 65_536}}, "rawData"),
        ({"raw_data": {"x": float("inf")}}, "rawData"),
        ({"raw_data": {"x": 2**63}}, "rawData"),
        ({"raw_data": {"x\0": 1}}, "rawData"),
        ({"raw_data": [1]}, "rawData"),
    ],
)
async def test_input_that_is_refused(world: World, changes: dict[str, Any], field: str) -> None:
    case = await world.case()
    refusal = await refused(world, InvalidInput, lambda: add_evidence(world.op(), **draft(case.id or 0, **changes)))
    assert (refusal.field, refusal.code) == (field, "VALIDATION_ERROR")


async def test_the_largest_that_fits(world: World) -> None:
    case = await world.case()
    raw = {"x": "y" * (65_536 - 8)}
    await add_evidence(
        world.op(), **draft(case.id or 0, title="t" * 500, description="d" * 10_000, raw_data=raw, strength=1.0)
    )
    assert (await world.all(rows.Evidence))[0].raw_data == raw


async def test_a_word_on_evidence_moves_the_score_at_once(world: World) -> None:
    case = await world.case(risk_score=0.3)
    piece = await world.evidence(case, own_telemetry=True, log_odds=3.0, reliability=0.95)
    await world.put(
        rows.InvestigationAssignee(
            investigation_id=case.id, user_id=world.stranger.user_id, assigned_at=case.created_at
        )
    )
    number = await verify_evidence(
        world.op(), evidence_id=piece.id or 0, status=VerificationStatus.FALSE_POSITIVE, reason=" Own scanner "
    )
    assert number == piece.id
    word = (await world.all(rows.Verification))[0]
    assert (word.evidence_id, word.investigation_id, word.status, word.reason, word.verified_by, word.at) == (
        piece.id, case.id, "false_positive", "Own scanner", world.publisher.user_id, world.house.clock.now(),
    )  # fmt: skip
    assert (await world.all(rows.Evidence))[0].verification_status == "false_positive"
    assert math.isclose((await world.all(rows.Investigation))[0].risk_score, PRIOR, abs_tol=1e-12)
    stream = f"inv:{case.id}"
    assert await events(world) == [
        (stream, 1, "evidence_verified"),
        (stream, 2, "risk_updated"),
        (stream, 3, "timeline_event_recorded"),
    ]
    told = (await world.all(rows.Event))[0].data
    assert told == {
        "investigation_id": case.id,
        "evidence_id": piece.id,
        "domain": "authentication",
        "old_status": "unverified",
        "new_status": "false_positive",
        "verified_by": "Per",
        "reason": "Own scanner",
    }
    event = (await world.all(rows.TimelineEvent))[0]
    assert (event.action, event.summary) == ("decision_made", f"EV-{piece.id} was refuted: Own scanner")


async def test_verification_needs_a_reason(world: World) -> None:
    piece = await world.evidence(await world.case())
    for reason in ("", "x" * 2001, "a\0"):
        refusal = await refused(
            world,
            InvalidInput,
            lambda reason=reason: verify_evidence(  # type: ignore[misc]
                world.op(), evidence_id=piece.id or 0, status=VerificationStatus.VERIFIED, reason=reason
            ),
        )
        assert refusal.field == "reason"
