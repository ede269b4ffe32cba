"""Events in the graph: what each says, how deep one can look from it, and the same as a list."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import orjson
import pytest

from foundation.ids import to_global
from models import tables as rows
from resolvers.operation import Operation
from rules.access.viewer import ANONYMOUS, Viewer
from rules.events import (
    Event,
    EvidenceFound,
    EvidenceVerified,
    InvestigationProgressed,
    InvestigationStatusChanged,
    RiskThresholdBreached,
    RiskUpdated,
    TimelineEventRecorded,
)
from rules.investigation.words import (
    ActorType,
    CompletionReason,
    DomainName,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
    ThresholdType,
    VerificationStatus,
)
from tests.live.conftest import PATIENCE_S, announce, progressed, status_changed, until
from tests.live.serving import SCHEMA, GraphContext
from tests.world import World

ALL = """
subscription ($case: ID, $kinds: [EventKind!], $after: Cursor) {
  investigationEvents(investigationId: $case, kinds: $kinds, after: $after) {
    __typename
    ... on InvestigationEvent { id sequence occurredAt investigationId investigation { ref } }
    ... on InvestigationProgressed { currentPhase progressPercent estimatedCompletion stepDomain }
    ... on InvestigationStatusChanged {
      oldStatus newStatus currentPhase progressPercent run estimatedCompletion completionReason statusReason changedBy
    }
    ... on EvidenceFound { domain strength title evidence { ref title } }
    ... on EvidenceVerified {
      domain oldVerification newVerification verifiedBy verificationReason evidence { ref title }
    }
    ... on RiskUpdated { oldScore newScore confidence riskReason source byAnalyser }
    ... on RiskThresholdBreached { thresholdType threshold score run }
    ... on TimelineEventRecorded { timestamp actor actorType action success riskDelta timelineEvent { ref summary } }
    ... on Gap { from to reason }
  }
}
"""


def test_fields_of_one_name_have_one_type_so_that_one_selection_may_name_them_all() -> None:
    core: Any = SCHEMA._schema
    for union in ("StreamItem", "ProgressItem", "RiskItem"):
        kinds: dict[str, set[str]] = {}
        for member in core.type_map[union].types:
            for name, one in member.fields.items():
                kinds.setdefault(name, set()).add(str(one.type))
        assert {name: found for name, found in kinds.items() if len(found) > 1} == {}


@pytest.fixture(params=["planned", "reference"])
def reading(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def stream(
    world: World, document: str, viewer: Viewer | None = None, reading: str = "planned", **variables: Any
) -> AsyncIterator[Any]:
    def context() -> GraphContext:
        return GraphContext(Operation(world.house, viewer or world.publisher), reading)

    answers = await SCHEMA.stream(document, variables, context(), fresh_context=context)
    async with aclosing(answers):
        async for answer in answers:
            yield answer


async def told(answers: AsyncIterator[Any], count: int) -> list[Any]:
    """The first `count` answers' single field; none may have errors."""
    found = []
    async with asyncio.timeout(PATIENCE_S), aclosing(answers):  # type: ignore[type-var]
        async for answer in answers:
            assert not answer.errors, answer.errors
            (value,) = orjson.loads(orjson.dumps(answer.data)).values()
            found.append(value)
            if len(found) == count:
                break
    return found


async def codes(answers: AsyncIterator[Any]) -> list[tuple[str, str]]:
    """(code, contract code) of a stream that is refused, which is all it says."""
    async with asyncio.timeout(PATIENCE_S):
        found = [error.extensions for answer in [a async for a in answers] for error in answer.errors]
    return [(extensions["code"], extensions.get("contractCode", "")) for extensions in found]


def every_event(case: rows.Investigation, evidence: int, entry: int, at: Any) -> list[Event]:
    number = case.id
    assert number is not None
    return [
        InvestigationProgressed(
            investigation_id=number,
            current_phase=InvestigationPhase.ANALYSIS,
            progress_percent=40,
            estimated_completion=at,
            domain=DomainName.AUTHENTICATION,
        ),
        InvestigationStatusChanged(
            investigation_id=number,
            old_status=InvestigationStatus.RUNNING,
            new_status=InvestigationStatus.COMPLETE,
            current_phase=InvestigationPhase.COMPLETE,
            progress_percent=100,
            run=2,
            completion_reason=CompletionReason.ANALYSIS_COMPLETE,
            reason="Done.",
            actor="engine",
        ),
        EvidenceFound(
            investigation_id=number,
            evidence_id=evidence,
            domain=DomainName.AUTHENTICATION,
            strength=0.8,
            title="286 failed log-ins in 10 minutes",
        ),
        EvidenceVerified(
            investigation_id=number,
            evidence_id=evidence,
            domain=DomainName.AUTHENTICATION,
            old_status=VerificationStatus.UNVERIFIED,
            new_status=VerificationStatus.VERIFIED,
            verified_by="Per",
            reason="Seen in the log.",
        ),
        RiskUpdated(
            investigation_id=number,
            old_score=0.0,
            new_score=0.75,
            confidence=0.5,
            reason="Failed log-ins.",
            source="authentication",
            by_analyser=True,
        ),
        RiskThresholdBreached(
            investigation_id=number, threshold_type=ThresholdType.HIGH_RISK, threshold=0.7, score=0.75, run=2
        ),
        TimelineEventRecorded(
            investigation_id=number,
            timeline_event_id=entry,
            timestamp=at,
            actor="authentication",
            actor_type=ActorType.AGENT,
            action=EventAction.TOOL_CALL,
            success=True,
            risk_delta=0.25,
        ),
    ]


async def test_each_event_tells_all_it_knows_and_leads_to_the_thing_itself(world: World, reading: str) -> None:
    case = await world.case()
    evidence = await world.evidence(case)
    now = world.house.clock.now()
    entry = await world.put(
        rows.TimelineEvent(
            investigation_id=case.id,
            organization_id=case.organization_id,
            timestamp=now,
            actor_type="agent",
            actor_name="authentication",
            action="tool_call",
            summary="Looked at 286 records.",
        )
    )
    after = world.house.hub.places.seal(f"inv:{case.id}", 0)
    await announce(world.op(), *every_event(case, evidence.id, entry.id, now))
    answers = stream(world, ALL, reading=reading, case=f"INV-{case.id}", after=after)
    moment, ref = "2026-11-21T12:00:00.000000Z", f"INV-{case.id}"
    expected: list[dict[str, Any]] = [
        {
            "__typename": "InvestigationProgressed", "currentPhase": "ANALYSIS", "progressPercent": 40,
            "estimatedCompletion": moment, "stepDomain": "AUTHENTICATION",
        },
        {
            "__typename": "InvestigationStatusChanged", "oldStatus": "RUNNING", "newStatus": "COMPLETE",
            "currentPhase": "COMPLETE", "progressPercent": 100, "run": 2, "estimatedCompletion": None,
            "completionReason": "ANALYSIS_COMPLETE", "statusReason": "Done.", "changedBy": "engine",
        },
        {
            "__typename": "EvidenceFound", "domain": "AUTHENTICATION", "strength": 0.8,
            "title": "286 failed log-ins in 10 minutes",
            "evidence": {"ref": f"EV-{evidence.id}", "title": "286 failed log-ins in 10 minutes"},
        },
        {
            "__typename": "EvidenceVerified", "domain": "AUTHENTICATION", "oldVerification": "UNVERIFIED",
            "newVerification": "VERIFIED", "verifiedBy": "Per", "verificationReason": "Seen in the log.",
            "evidence": {"ref": f"EV-{evidence.id}", "title": "286 failed log-ins in 10 minutes"},
        },
        {
            "__typename": "RiskUpdated", "oldScore": 0.0, "newScore": 0.75, "confidence": 0.5,
            "riskReason": "Failed log-ins.", "source": "authentication", "byAnalyser": True,
        },
        {
            "__typename": "RiskThresholdBreached", "thresholdType": "HIGH_RISK", "threshold": 0.7, "score": 0.75,
            "run": 2,
        },
        {
            "__typename": "TimelineEventRecorded", "timestamp": moment, "actor": "authentication",
            "actorType": "AGENT", "action": "TOOL_CALL", "success": True, "riskDelta": 0.25,
            "timelineEvent": {"ref": f"EVT-{entry.id}", "summary": "Looked at 286 records."},
        },
    ]  # fmt: skip
    common: list[dict[str, Any]] = [
        {
            "id": to_global("Event", f"inv:{case.id}:{number}"),
            "sequence": number,
            "occurredAt": moment,
            "investigationId": to_global("Investigation", case.id or 0),
            "investigation": {"ref": ref},
        }
        for number in range(1, 8)
    ]
    assert await told(answers, 7) == [a | b for a, b in zip(expected, common, strict=True)]


async def test_evidence_brings_its_node_and_its_edges_into_the_picture(world: World, reading: str) -> None:
    case = await world.case()
    evidence = await world.evidence(case)
    after = world.house.hub.places.seal(f"inv:{case.id}", 0)
    await announce(world.op(), every_event(case, evidence.id, 1, world.house.clock.now())[2])
    document = """subscription ($after: Cursor) { investigationEvents(investigationId: "INV-1", after: $after) {
      ... on EvidenceFound { evidence { drawn {
        nodes { key position { x y } } edges { source { key } target { key } }
      } } } } }"""
    [found] = await told(stream(world, document, reading=reading, after=after), 1)
    drawn = found["evidence"]["drawn"]
    keys = {node["key"] for node in drawn["nodes"]}
    assert {f"evidence_{evidence.id}", "authentication_domain"} <= keys
    assert {(edge["source"]["key"], edge["target"]["key"]) for edge in drawn["edges"]} >= {
        ("authentication_domain", f"evidence_{evidence.id}")
    }
    assert all(edge[end]["key"] in keys for edge in drawn["edges"] for end in ("source", "target"))


async def test_a_gap_is_told_in_the_graph(world: World) -> None:
    case = await world.case()
    after = world.house.hub.places.seal(f"inv:{case.id}", 3)
    assert await told(stream(world, ALL, case=f"INV-{case.id}", after=after), 1) == [
        {"__typename": "Gap", "from": 4, "to": 0, "reason": "RESTORED"}
    ]


async def test_without_a_case_the_coarse_events_of_all_cases_come(world: World) -> None:
    here, there = await world.case(), await world.case(entity_value="203.0.113.8")
    listening = asyncio.ensure_future(told(stream(world, ALL), 2))
    await until(lambda: world.house.hub.follower_count == 1)
    await announce(world.op(), progressed(here, 1), status_changed(here), status_changed(there))
    assert [found["investigation"]["ref"] for found in await listening] == [f"INV-{here.id}", f"INV-{there.id}"]


async def test_progress_and_risk(world: World) -> None:
    case = await world.case()
    after = world.house.hub.places.seal(f"inv:{case.id}", 0)
    await announce(world.op(), *every_event(case, 1, 1, world.house.clock.now()))
    progress = """subscription ($case: ID!, $after: Cursor) {
      investigationProgress(investigationId: $case, after: $after) {
        ... on InvestigationProgressed { progressPercent } ... on InvestigationStatusChanged { progressPercent }
      } }"""
    case_id = to_global("Investigation", case.id or 0)
    assert await told(stream(world, progress, case=case_id, after=after), 2) == [
        {"progressPercent": 40},
        {"progressPercent": 100},
    ]
    risk = """subscription ($case: ID, $least: Score, $after: Cursor) {
      riskUpdates(investigationId: $case, minimumScore: $least, after: $after) { __typename } }"""
    steps = [{"__typename": "RiskUpdated"}, {"__typename": "RiskThresholdBreached"}]
    assert await told(stream(world, risk, case=case_id, least=0.7, after=after), 2) == steps


@pytest.mark.parametrize("case_id", ["INV-999", "nonsense", "", "EV-1", "\ud800", "INV-" + "9" * 40, "A" * 5_000])
async def test_what_names_no_case_is_refused_alike(world: World, case_id: str) -> None:
    assert await codes(stream(world, ALL, case=case_id)) == [("BAD_USER_INPUT", "INVESTIGATION_NOT_FOUND")]
    assert world.house.hub.follower_count == 0


async def test_refusals(world: World) -> None:
    case = await world.case()
    ref = f"INV-{case.id}"
    assert await codes(stream(world, ALL, world.stranger, case=ref)) == [("BAD_USER_INPUT", "INVESTIGATION_NOT_FOUND")]
    assert await codes(stream(world, ALL, ANONYMOUS, case=ref)) == [("UNAUTHENTICATED", "UNAUTHORIZED")]
    assert await codes(stream(world, ALL, ANONYMOUS)) == [("UNAUTHENTICATED", "UNAUTHORIZED")]
    for forged in ("x", world.house.hub.places.seal("inv:0", 0)):
        assert await codes(stream(world, ALL, case=ref, after=forged)) == [("BAD_USER_INPUT", "VALIDATION_ERROR")]


LIST = """
query ($case: ID, $kinds: [EventKind!], $after: Cursor, $first: Int) {
  events(investigationId: $case, kinds: $kinds, after: $after, first: $first) {
    edges { cursor node { __typename ... on InvestigationProgressed { cursor sequence progressPercent } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


async def ask(world: World, viewer: Viewer, reading: str, **variables: Any) -> Any:
    result = await SCHEMA.execute(LIST, variables, GraphContext(Operation(world.house, viewer), reading))
    return orjson.loads(orjson.dumps({"data": result.data, "codes": [e.extensions for e in result.errors or []]}))


async def test_events_as_a_list(world: World, reading: str) -> None:
    case = await world.case()
    await announce(world.op(), *(progressed(case, percent) for percent in (10, 20, 30)))
    cursors = [world.house.hub.places.seal(f"inv:{case.id}", n) for n in (1, 2, 3)]
    got = await ask(world, world.viewer, reading, case=f"INV-{case.id}", first=2)
    assert got == {
        "codes": [],
        "data": {
            "events": {
                "edges": [
                    {
                        "cursor": cursors[n],
                        "node": {
                            "__typename": "InvestigationProgressed",
                            "cursor": cursors[n],
                            "sequence": n + 1,
                            "progressPercent": 10 * n + 10,
                        },
                    }
                    for n in (0, 1)
                ],
                "pageInfo": {
                    "hasNextPage": True,
                    "hasPreviousPage": False,
                    "startCursor": cursors[0],
                    "endCursor": cursors[1],
                },
            }
        },
    }
    rest = await ask(world, world.viewer, reading, case=f"INV-{case.id}", after=cursors[1])
    assert [edge["node"]["sequence"] for edge in rest["data"]["events"]["edges"]] == [3]
    none = await ask(world, world.viewer, reading, case=f"INV-{case.id}", kinds=["EVIDENCE_FOUND"])
    assert none["data"]["events"]["edges"] == []
    hidden = await ask(world, world.stranger, reading, case=f"INV-{case.id}")
    assert hidden["data"] == {"events": None}
    assert hidden["codes"][0]["contractCode"] == "INVESTIGATION_NOT_FOUND"
