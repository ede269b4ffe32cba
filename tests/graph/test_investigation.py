"""A case, field by field, with exact values."""

from datetime import timedelta
from typing import Any

from foundation.ids import to_global
from foundation.times import to_text
from models import tables as rows
from rules.investigation.catalogue import DEFAULT_PRIOR
from rules.investigation.explanation import TWO_DOMAIN_RULE
from rules.investigation.risk import sigmoid
from tests.graph.asking import Graph
from tests.world import World, at, minutes


async def whole_case(world: World):
    """A case with one of everything."""
    now = world.house.clock.now()
    case = await world.case(
        phase="analysis",
        status="running",
        priority="high",
        progress_percent=42,
        estimated_completion=now + timedelta(minutes=3),
        risk_score=0.25,
        confidence=0.5,
        quality_score=0.125,
        trigger_reason="Many failures",
        domains_to_analyze=["authentication", "network"],
        analysis_depth="deep",
        external_intel_enabled=False,
        run=2,
        thresholds_told=["high_risk"],
        catalogue_hash="ab" * 32,
        records_seen=12,
        updated_at=now + timedelta(seconds=1.5),
    )
    await world.put(rows.InvestigationAssignee(investigation_id=case.id, user_id=world.viewer.user_id, assigned_at=now))
    await world.put(rows.InvestigationAssignee(investigation_id=case.id, user_id=world.admin.user_id, assigned_at=now))
    for name, status, seen in (("authentication", "complete", 12), ("network", "pending", 0)):
        await world.put(
            rows.DomainAnalysis(
                investigation_id=case.id,
                organization_id=case.organization_id,
                name=name,
                status=status,
                progress_percent=100 if seen else 0,
                risk_score=0.25 if seen else 0.0,
                confidence=0.5 if seen else 0.0,
                evidence_count=1 if seen else 0,
                records_seen=seen,
                summary="Nothing else." if seen else None,
                updated_at=now,
            )
        )
    return case


CASE = """query ($id: ID!) { investigation(id: $id) {
  __typename id ref entity { type value } timeWindow { start end durationHours }
  phase status priority progressPercent estimatedCompletion riskScore confidence qualityScore
  createdBy { name } assignedTo { name } organization { name } triggerReason
  configuration { domainsToAnalyze analysisDepth externalIntelEnabled autoEscalationEnabled }
  viewerCan run recordsSeen catalogueHash thresholdsReached completionReason completedAt archivedAt archiveReason
  createdAt updatedAt
} }"""


async def test_every_plain_field(world: World, graph: Graph):
    case = await whole_case(world)
    data = await graph.ask(world.publisher, CASE, id=f"INV-{case.id}")
    assert data["investigation"] == {
        "__typename": "Investigation",
        "id": to_global("Investigation", case.id),
        "ref": f"INV-{case.id}",
        "entity": {"type": "IP", "value": "203.0.113.7"},
        "timeWindow": {
            "start": "2026-11-20T12:00:00.000000Z",
            "end": "2026-11-21T12:00:00.000000Z",
            "durationHours": 24.0,
        },
        "phase": "ANALYSIS",
        "status": "RUNNING",
        "priority": "HIGH",
        "progressPercent": 42,
        "estimatedCompletion": "2026-11-21T12:03:00.000000Z",
        "riskScore": 0.25,
        "confidence": 0.5,
        "qualityScore": 0.125,
        "createdBy": {"name": "Per"},
        "assignedTo": [{"name": "Ada"}, {"name": "Vera"}],
        "organization": {"name": "Operator"},
        "triggerReason": "Many failures",
        "configuration": {
            "domainsToAnalyze": ["AUTHENTICATION", "NETWORK"],
            "analysisDepth": "DEEP",
            "externalIntelEnabled": False,
            "autoEscalationEnabled": True,
        },
        "viewerCan": [
            "UPDATE", "PAUSE", "CANCEL", "ARCHIVE", "ADD_EVIDENCE", "VERIFY_EVIDENCE", "ADD_NOTE",
            "RECORD_TIMELINE_EVENT", "REPORT_DOMAIN_PROGRESS",
        ],
        "run": 2,
        "recordsSeen": 12,
        "catalogueHash": "ab" * 32,
        "thresholdsReached": ["HIGH_RISK"],
        "completionReason": None,
        "completedAt": None,
        "archivedAt": None,
        "archiveReason": None,
        "createdAt": "2026-11-21T12:00:00.000000Z",
        "updatedAt": "2026-11-21T12:00:01.500000Z",
    }  # fmt: skip


async def test_an_ended_and_archived_case(world: World, graph: Graph):
    now = world.house.clock.now()
    case = await world.case(
        status="complete",
        phase="archived",
        completion_reason="analysis_complete",
        completed_at=now,
        archived_at=now,
        archive_reason="Done",
    )
    data = await graph.ask(
        world.publisher,
        "query ($id: ID!) { investigation(id: $id)"
        " { phase status completionReason completedAt archivedAt archiveReason viewerCan } }",
        id=to_global("Investigation", case.id),
    )
    assert data["investigation"] == {
        "phase": "ARCHIVED",
        "status": "COMPLETE",
        "completionReason": "ANALYSIS_COMPLETE",
        "completedAt": to_text(now),
        "archivedAt": to_text(now),
        "archiveReason": "Done",
        "viewerCan": [],
    }


async def test_a_viewer_may_look_only(world: World, graph: Graph):
    case = await whole_case(world)
    data = await graph.ask(
        world.viewer, "query ($id: ID!) { investigation(id: $id) { viewerCan } }", id=f"INV-{case.id}"
    )
    assert data["investigation"] == {"viewerCan": []}


async def test_domains_and_their_risk_indicators(world: World, graph: Graph):
    case = await whole_case(world)
    strong = await world.evidence(case, code="authentication.failures", severity="high")
    await world.evidence(case, code="authentication.failures", severity="critical", strength=0.5, reliability=1.0)
    await world.evidence(case, code=None, type="user_behavior", strength=0.6, severity="low")
    await world.evidence(case, code="authentication.steady_success", supports=False)
    await world.evidence(case, code="authentication.many_names", verification_status="false_positive")
    await world.evidence(case, code="authentication.many_names", superseded=True)
    data = await graph.ask(
        world.publisher,
        """query ($id: ID!) { investigation(id: $id) { domains {
          name status riskScore confidence evidenceCount recordsSeen progressPercent summary agent run
          startedAt finishedAt updatedAt investigation { ref }
          riskIndicators { name severity weight confidence evidenceCount evidence { ref } }
        } } }""",
        id=f"INV-{case.id}",
    )
    first, second = data["investigation"]["domains"]
    assert first == {
        "name": "AUTHENTICATION",
        "status": "COMPLETE",
        "riskScore": 0.25,
        "confidence": 0.5,
        "evidenceCount": 1,
        "recordsSeen": 12,
        "progressPercent": 100,
        "summary": "Nothing else.",
        "agent": None,
        "run": 1,
        "startedAt": None,
        "finishedAt": None,
        "updatedAt": "2026-11-21T12:00:00.000000Z",
        "investigation": {"ref": f"INV-{case.id}"},
        "riskIndicators": [
            {
                "name": "authentication.failures",
                "severity": "CRITICAL",
                "weight": 0.8,
                "confidence": 1.0,
                "evidenceCount": 2,
                "evidence": {"ref": f"EV-{strong.id}"},
            },
            {
                "name": "user_behavior",
                "severity": "LOW",
                "weight": 0.6,
                "confidence": 0.95,
                "evidenceCount": 1,
                "evidence": {"ref": f"EV-{strong.id + 2}"},
            },
        ],
    }
    assert (second["name"], second["status"], second["riskIndicators"]) == ("NETWORK", "PENDING", [])


EXPLANATION = """query ($id: ID!) { investigation(id: $id) {
  riskExplanation { prior riskScore confidence notes recordsSeen
    terms { evidence { ref riskImpact } domain code reliability logOdds impact without } }
} }"""


async def test_the_explanation_sums_to_the_score(world: World, graph: Graph):
    case = await whole_case(world)
    await world.evidence(case, code="authentication.failures", correlated_group="guessing", own_telemetry=True)
    await world.evidence(case, code="authentication.many_names", correlated_group="guessing", log_odds=1.2)
    await world.evidence(case, code=None, log_odds=-0.4, supports=False)
    await world.evidence(case, code="gone", superseded=True)
    refuted = await world.evidence(case, code="wrong", verification_status="false_positive")
    told = (await graph.ask(world.publisher, EXPLANATION, id=f"INV-{case.id}"))["investigation"]["riskExplanation"]
    assert told["prior"] == sigmoid(DEFAULT_PRIOR)
    assert abs(told["prior"] + sum(term["impact"] for term in told["terms"]) - told["riskScore"]) < 1e-9
    assert [term["impact"] for term in told["terms"]] == [term["evidence"]["riskImpact"] for term in told["terms"]]
    assert [(t["code"], t["domain"], round(t["logOdds"], 9), t["reliability"]) for t in told["terms"]] == [
        ("authentication.failures", "AUTHENTICATION", 2.09, 0.95),
        ("authentication.many_names", "AUTHENTICATION", 0.684, 0.95),
        ("authentication", "AUTHENTICATION", -0.38, 0.95),
        ("wrong", "AUTHENTICATION", 0.0, 0.0),
    ]
    assert told["terms"][-1]["evidence"] == {"ref": f"EV-{refuted.id}", "riskImpact": 0.0}
    assert told["terms"][-1]["without"] == told["riskScore"]
    assert told["terms"][0]["without"] < told["riskScore"] < told["terms"][2]["without"]
    assert (told["notes"], told["recordsSeen"]) == ([], 12)


async def test_the_two_domain_rule_is_named(world: World, graph: Graph):
    case = await whole_case(world)
    await world.evidence(case, code="authentication.success_after_burst", log_odds=9.0)
    await world.evidence(case, domain="network", code="network.data_centre", log_odds=0.4)
    told = (await graph.ask(world.publisher, EXPLANATION, id=f"INV-{case.id}"))["investigation"]["riskExplanation"]
    assert told["riskScore"] == 0.9
    assert told["notes"] == [TWO_DOMAIN_RULE]
    assert abs(told["prior"] + sum(term["impact"] for term in told["terms"]) - 0.9) < 1e-9


async def test_a_case_nobody_analysed_has_no_score(world: World, graph: Graph):
    case = await world.case()
    told = (await graph.ask(world.publisher, EXPLANATION, id=f"INV-{case.id}"))["investigation"]["riskExplanation"]
    assert told == {
        "prior": 0.0,
        "riskScore": 0.0,
        "confidence": 0.0,
        "notes": ["Nothing found in 0 records."],
        "recordsSeen": 0,
        "terms": [],
    }


async def test_risk_progression_timeline_and_notes(world: World, graph: Graph):
    case = await whole_case(world)
    now = world.house.clock.now()
    common: dict[str, Any] = {"investigation_id": case.id, "organization_id": case.organization_id}
    for n, (score, delta, source) in enumerate([(0.05, 0.05, "prior"), (0.25, 0.2, "authentication")]):
        await world.put(
            rows.RiskPoint(
                **common,
                timestamp=minutes(n, now),
                score=score,
                delta=delta,
                confidence=0.5 * n,
                source=source,
                reason=f"Because {n}",
            )
        )
    found = await world.evidence(case)
    event = await world.put(
        rows.TimelineEvent(
            **common,
            timestamp=now,
            actor_type="agent",
            actor_name="authentication",
            action="evidence_found",
            summary="Found.",
            duration_ms=7,
            input_data={"summary": "12 records", "size_bytes": 3},
            output_data=None,
            risk_delta=0.2,
            evidence_refs=[f"EV-{found.id}", "EV-999999"],
        )
    )
    note = await world.put(
        rows.Note(**common, author_id=world.admin.user_id, type="flag", body="Look here.", created_at=now)
    )
    data = await graph.ask(
        world.publisher,
        """query ($id: ID!) { investigation(id: $id) {
          riskProgression { totalCount edges { node { timestamp score delta confidence source reason run } } }
          timeline { edges { node { id ref timestamp actorType actorName action summary durationMs success inputData
            outputData riskDelta run evidence { ref } investigation { ref } } } }
          notes { edges { node { id author { name } type visibility body createdAt investigation { ref } } } }
        } }""",
        id=f"INV-{case.id}",
    )
    shown = data["investigation"]
    assert shown["riskProgression"] == {
        "totalCount": 2,
        "edges": [
            {
                "node": {
                    "timestamp": to_text(minutes(n, now)),
                    "score": score,
                    "delta": delta,
                    "confidence": 0.5 * n,
                    "source": source,
                    "reason": f"Because {n}",
                    "run": 1,
                }
            }
            for n, (score, delta, source) in enumerate([(0.05, 0.05, "prior"), (0.25, 0.2, "authentication")])
        ],
    }
    assert [edge["node"] for edge in shown["timeline"]["edges"]] == [
        {
            "id": to_global("TimelineEvent", event.id),
            "ref": f"EVT-{event.id}",
            "timestamp": to_text(now),
            "actorType": "AGENT",
            "actorName": "authentication",
            "action": "EVIDENCE_FOUND",
            "summary": "Found.",
            "durationMs": 7,
            "success": True,
            "inputData": {"summary": "12 records", "size_bytes": 3},
            "outputData": None,
            "riskDelta": 0.2,
            "run": 1,
            "evidence": [{"ref": f"EV-{found.id}"}],
            "investigation": {"ref": f"INV-{case.id}"},
        }
    ]
    assert [edge["node"] for edge in shown["notes"]["edges"]] == [
        {
            "id": to_global("Note", note.id),
            "author": {"name": "Ada"},
            "type": "FLAG",
            "visibility": "TEAM",
            "body": "Look here.",
            "createdAt": to_text(now),
            "investigation": {"ref": f"INV-{case.id}"},
        }
    ]


async def test_cases_about_the_same_entity(world: World, graph: Graph):
    now = world.house.clock.now()
    case = await world.case()
    twin = await world.case(window_end=minutes(1, now), created_at=minutes(1, now))
    await world.case(entity_value="203.0.113.8")
    await world.case(entity_type="user")
    await world.case(window_end=minutes(2, now), archived_at=now)
    await world.case(world.stranger)
    data = await graph.ask(
        world.publisher,
        """query ($id: ID!) { investigation(id: $id) {
          relatedInvestigations { totalCount edges { node { ref } } }
          all: relatedInvestigations(filter: {includeArchived: true}) { totalCount }
          entity { investigations(orderBy: OLDEST) { edges { node { ref } } } }
        } }""",
        id=f"INV-{case.id}",
    )
    assert data["investigation"] == {
        "relatedInvestigations": {"totalCount": 1, "edges": [{"node": {"ref": f"INV-{twin.id}"}}]},
        "all": {"totalCount": 2},
        "entity": {
            "investigations": {"edges": [{"node": {"ref": f"INV-{case.id}"}}, {"node": {"ref": f"INV-{twin.id}"}}]}
        },
    }


async def test_an_assignee_with_a_role_may_work_on_it(world: World, graph: Graph):
    case = await world.case()
    now = world.house.clock.now()
    await world.put(
        rows.InvestigationAssignee(investigation_id=case.id, user_id=world.stranger.user_id, assigned_at=now)
    )
    document = "query ($id: ID!) { investigation(id: $id) { viewerCan } }"
    may = (await graph.ask(world.stranger, document, id=f"INV-{case.id}"))["investigation"]["viewerCan"]
    assert "ADD_EVIDENCE" in may
    reader = at(world.publisher, scopes=frozenset({"read"}))
    assert (await graph.ask(reader, document, id=f"INV-{case.id}"))["investigation"]["viewerCan"] == []
