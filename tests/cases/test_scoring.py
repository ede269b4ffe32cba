"""Rescoring: the steps of the score, what they leave and what they tell."""

import math
from typing import Any

import pytest

from foundation.errors import Refusal
from models import tables as rows
from models.queries import investigations
from resolvers.history import remember
from resolvers.scoring import Rescored, rescore
from rules.access.actions import Action
from rules.access.viewer import engine_of
from rules.investigation.risk import sigmoid, weight_of
from rules.investigation.words import DomainName
from tests.world import World


async def scored(world: World, number: int, *, domain: DomainName | None = None) -> Rescored:
    op = world.op(engine_of(world.operator.id))
    async with op.write(Action.INVESTIGATION_RUN) as door:
        case = await investigations.case_to_change(door.session, op.viewer, number)
        assert case is not None
        return await rescore(door, case, source="authentication", reason="Guessing", domain=domain)


async def analysed_case(world: World, **columns: Any) -> rows.Investigation:
    case = await world.case(**columns)
    await world.put(
        rows.DomainAnalysis(
            investigation_id=case.id,
            organization_id=case.organization_id,
            name="authentication",
            status="complete",
            records_seen=12,
            updated_at=case.created_at,
        )
    )
    return case


async def test_the_first_step_enters_the_prior_as_its_own(world: World) -> None:
    case = await analysed_case(world)
    await world.evidence(case, log_odds=2.2, reliability=0.95)
    done = await scored(world, case.id or 0, domain=DomainName.AUTHENTICATION)
    prior, risk = sigmoid(-3.0), sigmoid(-3.0 + 0.95 * 2.2)
    assert math.isclose(done.new, risk, abs_tol=1e-12) and done.old == 0.0 and done.breached == ()
    points = await world.all(rows.RiskPoint)
    assert [(p.source, round(p.score, 9), round(p.delta, 9)) for p in points] == [
        ("prior", round(prior, 9), round(prior, 9)),
        ("authentication", round(risk, 9), round(risk - prior, 9)),
    ]
    assert math.isclose(math.fsum(p.delta for p in points), risk, abs_tol=1e-12)
    row = (await world.all(rows.Investigation))[0]
    assert (row.risk_score, row.confidence) == (done.new, done.judged.confidence) and row.confidence > 0
    domain = (await world.all(rows.DomainAnalysis))[0]
    assert (domain.risk_score, domain.evidence_count) == (done.judged.domains[0].risk, 1)
    events = await world.all(rows.Event)
    told = {
        "investigation_id": case.id,
        "old_score": 0.0,
        "new_score": done.new,
        "confidence": row.confidence,
        "reason": "Guessing",
        "source": "authentication",
        "by_analyser": True,
    }
    assert [(e.stream, e.seq, e.kind, e.data) for e in events] == [
        (f"inv:{case.id}", 1, "risk_updated", told),
        (f"org:{world.operator.id}", 1, "risk_updated", told),
    ]
    past = await world.all(rows.CaseHistory)
    assert [(p.investigation["risk_score"], p.domains[0]["evidence_count"]) for p in past] == [(done.new, 1)]


async def test_nothing_found_is_the_prior_without_confidence(world: World) -> None:
    case = await analysed_case(world)
    done = await scored(world, case.id or 0)
    assert (done.new, done.delta, done.judged.confidence) == (sigmoid(-3.0), 0.0, 0.0)
    assert [(p.source, p.delta) for p in await world.all(rows.RiskPoint)] == [
        ("prior", sigmoid(-3.0)),
        ("authentication", 0.0),
    ]


async def test_nobody_looked_is_no_score(world: World) -> None:
    case = await world.case()
    done = await scored(world, case.id or 0)
    assert (done.old, done.new) == (0.0, 0.0)
    assert [(p.source, p.score) for p in await world.all(rows.RiskPoint)] == [("authentication", 0.0)]


async def test_superseded_evidence_does_not_count(world: World) -> None:
    case = await analysed_case(world)
    await world.evidence(case, log_odds=4.0, superseded=True)
    assert (await scored(world, case.id or 0)).new == sigmoid(-3.0)


async def test_thresholds_speak_once_in_a_run_and_move_the_priority(world: World) -> None:
    case = await analysed_case(world)
    for domain in ("authentication", "network"):
        await world.evidence(case, log_odds=3.0, reliability=1.0, domain=domain)
    done = await scored(world, case.id or 0)
    assert [str(name) for name in done.breached] == ["high_risk", "escalation_required", "critical_risk"]
    assert done.new == sigmoid(3.0) > 0.9
    row = (await world.all(rows.Investigation))[0]
    assert (row.priority, row.thresholds_told) == ("critical", ["high_risk", "escalation_required", "critical_risk"])
    told = [e.data for e in await world.all(rows.Event) if e.kind == "risk_threshold_breached"]
    assert [(d["threshold_type"], d["threshold"], d["score"]) for d in told[:3]] == [
        ("high_risk", 0.7, done.new),
        ("escalation_required", 0.8, done.new),
        ("critical_risk", 0.9, done.new),
    ]
    assert len(told) == 6  # the case's stream and its organisation's
    assert (await scored(world, case.id or 0)).breached == ()


@pytest.mark.parametrize(("escalate", "priority"), [(True, "high"), (False, "low")])
async def test_escalation_only_where_it_is_wanted(world: World, escalate: bool, priority: str) -> None:
    case = await analysed_case(world, priority="low", auto_escalation_enabled=escalate)
    await world.evidence(case, log_odds=4.5, reliability=1.0)
    assert [str(name) for name in (await scored(world, case.id or 0)).breached] == ["high_risk", "escalation_required"]
    assert (await world.all(rows.Investigation))[0].priority == priority


async def test_coarse_events_reach_the_organisations_of_those_called_in(world: World) -> None:
    case = await analysed_case(world)
    await world.put(
        rows.InvestigationAssignee(
            investigation_id=case.id, user_id=world.stranger.user_id, assigned_at=case.created_at
        )
    )
    await world.evidence(case, log_odds=weight_of(0.3))
    await scored(world, case.id or 0, domain=DomainName.AUTHENTICATION)
    streams = {e.stream for e in await world.all(rows.Event)}
    assert streams == {f"inv:{case.id}", f"org:{world.operator.id}", f"org:{world.partner.id}"}


async def test_a_write_leaves_one_history_row_with_its_end(world: World) -> None:
    case = await analysed_case(world)
    op = world.op(engine_of(world.operator.id))
    async with op.write(Action.INVESTIGATION_RUN) as door:
        row = await investigations.case_to_change(door.session, op.viewer, case.id or 0)
        assert row is not None
        await rescore(door, row, source="x", reason="y")
        row.phase = "review"
        await remember(door, row)
    past = await world.all(rows.CaseHistory)
    assert [p.investigation["phase"] for p in past] == ["review"]


async def test_an_undone_write_leaves_no_step(world: World) -> None:
    case = await analysed_case(world)
    before = await world.counts()
    op = world.op(engine_of(world.operator.id))
    with pytest.raises(Refusal):
        async with op.write(Action.INVESTIGATION_RUN) as door:
            row = await investigations.case_to_change(door.session, op.viewer, case.id or 0)
            assert row is not None
            await rescore(door, row, source="x", reason="y")
            raise Refusal
    assert await world.counts() == {**before, "audit": before["audit"] + 1}
