"""Evidence, field by field, with exact values."""

from typing import Any

from foundation.ids import to_global
from foundation.times import to_text
from models import tables as rows
from tests.graph.asking import Graph
from tests.world import World, minutes


async def record(world: World, number: int, **columns):
    now = world.house.clock.now()
    values: dict[str, Any] = {
        "organization_id": world.operator.id,
        "kind": "login",
        "time": minutes(number, now),
        "source": "sshd",
        "identity": f"line {number}",
        "ip": "203.0.113.7",
        "ingested_at": now,
        **columns,
    }
    return await world.put(rows.ActivityRecord(**values))


async def cite(world: World, evidence, *records) -> None:
    for one in records:
        await world.put(rows.EvidenceActivity(evidence_id=evidence.id, record_id=one.id))


async def test_every_plain_field(world: World, graph: Graph):
    now = world.house.clock.now()
    case = await world.case()
    piece = await world.evidence(
        case,
        code="authentication.failures",
        description="In full.",
        reliability_is_default=True,
        correlated_group="guessing",
        own_telemetry=True,
        severity="high",
        technique="T1110.001",
        measured=286.0,
        threshold=10.0,
        verification_status="verified",
        summary="In short.",
        details="In detail.",
        raw_data={"failures": 286},
        record_count=2,
        window_start=minutes(-90, now),
        window_end=now,
        freshest_at=now,
        created_by=world.admin.user_id,
        run=3,
    )
    for status, who in (("disputed", world.publisher), ("verified", world.admin)):
        await world.put(
            rows.Verification(
                evidence_id=piece.id,
                investigation_id=case.id,
                organization_id=case.organization_id,
                status=status,
                reason=f"It is {status}.",
                verified_by=who.user_id,
                at=now,
            )
        )
    await cite(world, piece, await record(world, 1), await record(world, 2, outcome="failure", user="root"))
    data = await graph.ask(
        world.viewer,
        """query ($id: ID!) { node(id: $id) { __typename id ... on Evidence {
          ref domain type code title description severity strength reliability reliabilityIsDefault supports logOdds
          correlatedGroup ownTelemetry technique measured threshold verificationStatus recordCount source rawData run
          superseded freshestAt discoveredAt
          verifications { status reason at verifiedBy { name } evidence { ref } }
          window { start end durationHours } displayData { summary details } createdBy { name }
          investigation { ref }
          activity { totalCount edges { node { user outcome time } } }
        } } }""",
        id=f"EV-{piece.id}",
    )
    assert data["node"] == {
        "__typename": "Evidence",
        "id": to_global("Evidence", piece.id),
        "ref": f"EV-{piece.id}",
        "domain": "AUTHENTICATION",
        "type": "LOGIN_PATTERN",
        "code": "authentication.failures",
        "title": "286 failed log-ins in 10 minutes",
        "description": "In full.",
        "severity": "HIGH",
        "strength": 0.8,
        "reliability": 0.95,
        "reliabilityIsDefault": True,
        "supports": True,
        "logOdds": 2.2,
        "correlatedGroup": "guessing",
        "ownTelemetry": True,
        "technique": "T1110.001",
        "measured": 286.0,
        "threshold": 10.0,
        "verificationStatus": "VERIFIED",
        "recordCount": 2,
        "source": "authentication",
        "rawData": {"failures": 286},
        "run": 3,
        "superseded": False,
        "freshestAt": to_text(now),
        "discoveredAt": to_text(now),
        "verifications": [
            {
                "status": word,
                "reason": f"It is {word.lower()}.",
                "at": to_text(now),
                "verifiedBy": {"name": name},
                "evidence": {"ref": f"EV-{piece.id}"},
            }
            for word, name in (("DISPUTED", "Per"), ("VERIFIED", "Ada"))
        ],
        "window": {"start": to_text(minutes(-90, now)), "end": to_text(now), "durationHours": 1.5},
        "displayData": {"summary": "In short.", "details": "In detail."},
        "createdBy": {"name": "Ada"},
        "investigation": {"ref": f"INV-{case.id}"},
        "activity": {
            "totalCount": 2,
            "edges": [
                {"node": {"user": "root", "outcome": "FAILURE", "time": to_text(minutes(2, now))}},
                {"node": {"user": None, "outcome": "UNKNOWN", "time": to_text(minutes(1, now))}},
            ],
        },
    }


async def test_what_is_not_known_is_null(world: World, graph: Graph):
    piece = await world.evidence(await world.case())
    data = await graph.ask(
        world.viewer,
        """query ($id: ID!) { node(id: $id) { ... on Evidence {
          code correlatedGroup technique measured threshold rawData freshestAt createdBy { name }
          window { start } verifications { id } activity { totalCount edges { cursor } } related { totalCount }
        } } }""",
        id=f"EV-{piece.id}",
    )
    assert data["node"] == {
        "code": None,
        "correlatedGroup": None,
        "technique": None,
        "measured": None,
        "threshold": None,
        "rawData": None,
        "freshestAt": None,
        "createdBy": None,
        "window": None,
        "verifications": [],
        "activity": {"totalCount": 0, "edges": []},
        "related": {"totalCount": 0},
    }


async def test_related_sees_the_same(world: World, graph: Graph):
    case = await world.case()
    piece = await world.evidence(case, correlated_group="guessing")
    alike = await world.evidence(case, correlated_group="guessing")
    await world.evidence(case, correlated_group="guessing", domain="network")
    await world.evidence(case, correlated_group="guessing", superseded=True)
    await world.evidence(case, correlated_group="custom")
    sharing = await world.evidence(case, domain="network")
    elsewhere = await world.evidence(await world.case(entity_value="203.0.113.9"), correlated_group="guessing")
    one = await record(world, 1)
    for citing in (piece, sharing, elsewhere, alike):
        await cite(world, citing, one)
    document = """query ($id: ID!) { node(id: $id) { ... on Evidence {
      related(orderBy: OLDEST) { totalCount edges { node { ref } } } } } }"""
    told = (await graph.ask(world.viewer, document, id=f"EV-{piece.id}"))["node"]["related"]
    assert told == {
        "totalCount": 2,
        "edges": [{"node": {"ref": f"EV-{alike.id}"}}, {"node": {"ref": f"EV-{sharing.id}"}}],
    }


async def test_filters(world: World, graph: Graph):
    now = world.house.clock.now()
    case = await world.case()
    first = await world.evidence(case, strength=0.2, supports=False, discovered_at=minutes(-10, now))
    second = await world.evidence(case, domain="network", type="network_traffic", strength=0.5)
    third = await world.evidence(case, verification_status="verified", discovered_at=minutes(5, now))
    old = await world.evidence(case, superseded=True)
    await world.put(
        rows.Verification(
            evidence_id=first.id,
            investigation_id=case.id,
            organization_id=case.organization_id,
            status="disputed",
            at=minutes(9, now),
        )
    )
    document = """query ($id: ID!, $filter: EvidenceFilter, $order: EvidenceOrder) { investigation(id: $id) {
      evidence(filter: $filter, orderBy: $order) { totalCount edges { node { ref } } } } }"""

    async def found(order="OLDEST", **filter_) -> list[int]:
        data = await graph.ask(world.viewer, document, id=f"INV-{case.id}", filter=filter_ or None, order=order)
        told = data["investigation"]["evidence"]
        assert told["totalCount"] == len(told["edges"])
        return [int(edge["node"]["ref"].removeprefix("EV-")) for edge in told["edges"]]

    assert await found() == [first.id, second.id, third.id]
    assert await found(None) == [third.id, second.id, first.id]
    assert await found("STRONGEST") == [third.id, second.id, first.id]
    assert await found("WEAKEST") == [first.id, second.id, third.id]
    assert await found(domain=["NETWORK"]) == [second.id]
    assert await found(domain="NETWORK") == [second.id]
    assert await found(domain=["NETWORK", "AUTHENTICATION"], type=["LOGIN_PATTERN"]) == [first.id, third.id]
    assert await found(domain=[]) == []
    assert await found(strengthMin=0.5) == [second.id, third.id]
    assert await found(verifiedOnly=True) == [third.id]
    assert await found(verifiedOnly=False) == [first.id, second.id, third.id]
    assert await found(supports=False) == [first.id]
    assert await found(supports=True) == [second.id, third.id]
    assert await found(includeSuperseded=True) == [first.id, second.id, old.id, third.id]
    assert await found(includeSuperseded=False) == [first.id, second.id, third.id]
    assert await found(updatedSince=to_text(minutes(1, now))) == [first.id, third.id]
    assert await found(updatedSince="2026-11-21T13:05:00+01:00") == [first.id, third.id]
