"""A case runs to its end: what it leaves, once each."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from models import tables as rows
from resolvers.retention import forget_jobs
from rules.investigation import analysers
from rules.investigation.catalogue import catalogue_hash
from rules.investigation.findings import Facts, Finding
from rules.investigation.words import DomainName, EntityType
from tests.engine.conftest import ATTACKER, guess_passwords, kinds, open_case, status_is, undisturbed, until
from tests.world import World
from workers.runtime import Engine


async def test_a_case_of_a_password_guesser_runs_to_its_end(world: World, engine: Engine) -> None:
    await guess_passwords(world, 12)
    await guess_passwords(world, 30, ip="203.0.113.8")
    await guess_passwords(world, 40, owner=world.partner)
    number = await open_case(world)
    case = await until(lambda: status_is(world, number, "complete"))

    assert (case.phase, case.progress_percent, case.completion_reason) == ("complete", 100, "analysis_complete")
    assert (case.records_seen, case.catalogue_hash, case.estimated_completion) == (12, catalogue_hash(), None)
    assert case.risk_score >= 0.7
    (domain,) = await world.all(rows.DomainAnalysis)
    assert (domain.status, domain.records_seen, domain.risk_score) == ("complete", 12, case.risk_score)

    evidence = await world.all(rows.Evidence)
    assert [piece.code for piece in evidence] == ["authentication.failures", "authentication.burst"]
    assert all(piece.own_telemetry and piece.run == 1 and not piece.superseded for piece in evidence)
    mine = await world.all(rows.ActivityRecord, rows.ActivityRecord.organization_id == world.operator.id)
    cited = [record.id for record in mine if record.ip == ATTACKER]
    links = await world.all(rows.EvidenceActivity)
    assert [link.record_id for link in links if link.evidence_id == evidence[0].id] == cited
    assert "12 failed sign-ins within 24 hours" in evidence[0].summary

    points = await world.all(rows.RiskPoint)
    assert [point.source for point in points] == ["initialization", "prior", "authentication_agent"]
    assert sum(point.delta for point in points) == pytest.approx(case.risk_score, abs=1e-9)
    timeline = await world.all(rows.TimelineEvent)
    assert [(entry.actor_name, entry.action) for entry in timeline] == [
        ("Per", "investigation_started"),
        ("engine", "decision_made"),
        ("engine", "data_received"),
        ("authentication_agent", "analysis_completed"),
        ("engine", "decision_made"),
        ("engine", "investigation_completed"),
    ]
    assert timeline[3].risk_delta == points[2].delta
    assert timeline[3].evidence_refs == [f"EV-{piece.id}" for piece in evidence]


async def test_every_event_is_there_once_and_in_order(world: World, engine: Engine) -> None:
    await guess_passwords(world)
    number = await open_case(world)
    case = await until(lambda: status_is(world, number, "complete"))
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    over = await until(lambda: world.house.jobs.over(tomorrow, limit=9))
    assert await world.house.jobs.over(tomorrow - timedelta(days=2), limit=9) == [] and len(over) == 1
    parts = await world.house.jobs.parts_of(over)
    kept = rows.Answer(key=f"step:{over[0]}0#1", fingerprint="f", answer={}, at=case.created_at)
    await world.put(kept)
    assert len(await world.all(rows.Answer)) > 5 and len(parts) == 1
    assert await forget_jobs(world.house, tomorrow) == 1
    assert [answer.key for answer in await world.all(rows.Answer)] == [kept.key]
    assert [await world.house.jobs.status(job) for job in (*over, *parts)] == [None, None]
    assert await forget_jobs(world.house, tomorrow) == 0
    crossed = ["risk_threshold_breached"] * len(case.thresholds_told)
    assert await kinds(world, f"inv:{number}") == undisturbed(case.risk_score)
    assert await kinds(world, f"org:{world.operator.id}") == [
        "investigation_status_changed",
        "risk_updated",
        *crossed,
        "investigation_status_changed",
    ]
    assert await kinds(world, f"org:{world.partner.id}") == []
    progress = [
        (event.data["progress_percent"], event.data["current_phase"], event.data["domain"])
        for event in await world.all(rows.Event, rows.Event.stream == f"inv:{number}")
        if event.kind == "investigation_progressed"
    ]
    assert progress == [
        (5, "data_collection", None),
        (20, "analysis", None),
        (20, "analysis", "authentication"),
        (85, "analysis", "authentication"),
        (85, "review", None),
        (95, "summary", None),
        (100, "complete", None),
    ]


async def test_without_data_there_is_the_prior_and_no_confidence(world: World, engine: Engine) -> None:
    number = await open_case(world)
    case = await until(lambda: status_is(world, number, "complete"))
    assert (round(case.risk_score, 4), case.confidence, case.records_seen) == (0.0474, 0.0, 0)
    (domain,) = await world.all(rows.DomainAnalysis)
    assert (domain.status, domain.summary) == ("complete", "Nothing found in 0 records.")
    assert await world.all(rows.Evidence) == []


async def test_a_domain_nobody_analyses_waits_for_data_and_holds_nothing_up(world: World, engine: Engine) -> None:
    await guess_passwords(world)
    number = await open_case(world, [DomainName.AUTHENTICATION, DomainName.LOGS])
    case = await until(lambda: status_is(world, number, "complete"))
    domains = {domain.name: domain for domain in await world.all(rows.DomainAnalysis)}
    assert (domains["authentication"].status, domains["logs"].status) == ("complete", "waiting_data")
    assert domains["logs"].summary == "No analyser yet for logs; an agent may report it."
    assert case.risk_score == domains["authentication"].risk_score


class Broken:
    """An analyser that raises."""

    domain = DomainName.AUTHENTICATION
    entity_types = frozenset({EntityType.IP})

    def had_data(self, facts: Facts) -> bool:
        return True

    def analyse(self, facts: Facts) -> list[Finding]:
        raise ZeroDivisionError("a secret of the analyser")


async def test_an_analyser_that_raises_fails_its_domain_and_the_run_ends_for_review(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysers, "ANALYSERS", (Broken(),))
    await guess_passwords(world)
    number = await open_case(world)
    case = await until(lambda: status_is(world, number, "review_needed", "complete", "failed"))
    assert (case.status, case.phase, case.risk_score) == ("review_needed", "complete", 0.0)
    (domain,) = await world.all(rows.DomainAnalysis)
    assert (domain.status, domain.summary) == ("failed", "The analysis of authentication ended by an error.")
    timeline = await world.all(rows.TimelineEvent)
    assert [entry.action for entry in timeline if not entry.success] == ["error_occurred"]
    assert not any("secret" in str(row) for row in [*timeline, *await world.all(rows.Event)])


async def test_cases_run_side_by_side_and_each_keeps_its_own_events(world: World, engine: Engine) -> None:
    for n in range(4):
        await guess_passwords(world, 12, ip=f"203.0.113.{n}")
    numbers = [await open_case(world, ip=f"203.0.113.{n}") for n in range(4)]
    for number in numbers:
        await until(partial(status_is, world, number, "complete"))
    streams = [await kinds(world, f"inv:{number}") for number in numbers]
    assert all(stream == streams[0] for stream in streams)
    coarse = await kinds(world, f"org:{world.operator.id}")
    assert coarse.count("investigation_status_changed") == 2 * 4 and coarse.count("risk_updated") == 4
