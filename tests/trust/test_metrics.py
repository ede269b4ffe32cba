"""What the viewer's organisation learnt of a source: from its own verdicts, from what it sees, and no more."""

from typing import Any

import pytest

from foundation.clock import FixedClock
from foundation.ids import to_global
from foundation.times import to_text
from models import tables as rows
from resolvers.evidence import verify_evidence
from resolvers.indicators import import_stix
from rules.access.viewer import Viewer
from rules.investigation.words import VerificationStatus
from tests.conftest import NOON
from tests.graph.asking import Graph
from tests.intelligence.objects import bundle, indicator
from tests.trust.sides import Sides, organization
from tests.world import World

METRICS = """{ organizations { edges { node { name trustMetrics {
  organization { name } trustScore confidenceLevel reliability reputation historicalPerformance
  outcomes { verified refuted } lastUpdated } } } } }"""


async def shared(world: World, who: Viewer, *values: str) -> list[rows.Indicator]:
    """Clear indicators of these values, under ids of their own."""
    start = len(await world.all(rows.Indicator))
    things = [
        indicator(start + n, f"[domain-name:value = '{value}']", name=value, object_marking_refs=[CLEAR])
        for n, value in enumerate(values)
    ]
    await import_stix(world.op(who), bundle=bundle(*things))
    found = {
        row.name: row for row in await world.all(rows.Indicator, rows.Indicator.organization_id == who.organization_id)
    }
    return [found[value] for value in values]


CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"


async def judged(world: World, held: rows.Indicator, status: VerificationStatus, who: Viewer) -> None:
    host = f"host-{len(await world.all(rows.Investigation))}"
    piece = await world.evidence(await world.case(who, entity_value=host))
    assert piece.id is not None
    await world.put(rows.EvidenceIndicator(evidence_id=piece.id, indicator_id=held.id))
    await verify_evidence(world.op(who), evidence_id=piece.id, status=status, reason="Looked at")


async def learnt(sides: Sides, who: Viewer) -> dict[str, Any]:
    """By name; the three executors agree, and the planner takes a constant number of statements."""
    told = [await Graph(sides.world.house, reading).tell(who, METRICS) for reading in ("planned", "plain", "reference")]
    assert [one.codes for one in told] == [{}, {}, {}]
    assert told[0].data == told[1].data == told[2].data
    assert told[0].steps <= 7  # the list, five for the metrics of all, and the names
    return {edge["node"]["name"]: edge["node"]["trustMetrics"] for edge in told[0].data["organizations"]["edges"]}


async def test_it_is_earned_by_what_proved_right(sides: Sides, clock: FixedClock) -> None:
    world, ours, theirs = sides.world, sides.world.publisher, sides.world.stranger
    third = await sides.another("Third")
    before = await learnt(sides, ours)
    assert (before["Partner"], before["Third"]) == (None, None)  # nothing to do with each other
    assert before["Operator"] == {
        "organization": {"name": "Operator"}, "trustScore": 0.25, "confidenceLevel": 0.0, "reliability": 0.5,
        "reputation": 0.0, "historicalPerformance": 0.0, "outcomes": {"verified": 0, "refuted": 0},
        "lastUpdated": to_text(NOON),
    }  # fmt: skip
    await sides.agreed(theirs, ours, "RESTRICTED")
    await sides.agreed(ours, theirs, "TRUSTED")
    one, two, three, four = await shared(world, theirs, "a.example", "b.example", "c.example", "d.example")
    clock.forward(hours=1)
    await shared(world, ours, "a.example", "e.example")  # we have one of theirs too, later than they
    clock.forward(hours=1)
    for held, status in (
        (one, VerificationStatus.VERIFIED), (one, VerificationStatus.VERIFIED), (two, VerificationStatus.VERIFIED),
        (three, VerificationStatus.FALSE_POSITIVE), (four, VerificationStatus.DISPUTED),
    ):  # fmt: skip
        await judged(world, held, status, ours)
    await judged(world, one, VerificationStatus.FALSE_POSITIVE, theirs)  # in their own case: no business of ours
    seen = await learnt(sides, ours)
    reliable, history = 5 / 8, 1 / 4
    partner = seen["Partner"]
    assert partner["outcomes"] == {"verified": 3, "refuted": 1}
    assert partner["reliability"] == pytest.approx(reliable)
    assert partner["reputation"] == pytest.approx(0.5)
    assert partner["historicalPerformance"] == pytest.approx(history)
    assert partner["trustScore"] == pytest.approx(0.5 * reliable + 0.3 * 0.5 + 0.2 * history)
    assert partner["confidenceLevel"] == pytest.approx(4 / 14)
    assert partner["lastUpdated"] == to_text(clock.now())
    # Ours: granted 90 by the one partner there is; one of two is theirs too, who had it first.
    own = seen["Operator"]
    assert (own["reputation"], own["historicalPerformance"]) == (pytest.approx(0.9), pytest.approx(0.25))
    assert seen["Third"] is None
    # A third sees neither the verdicts nor the grants of the two.
    mine = await learnt(sides, third)
    assert (mine["Operator"], mine["Partner"]) == (None, None)
    await sides.agreed(ours, third, "PUBLIC")
    mine = await learnt(sides, third)
    assert (mine["Operator"]["reputation"], mine["Operator"]["outcomes"]) == (0.0, {"verified": 0, "refuted": 0})
    assert mine["Third"]["reputation"] == pytest.approx(0.1)
    # With the right goes the sight.
    for row in await world.all(rows.TrustRelationship, rows.TrustRelationship.trustor_id == theirs.organization_id):
        await sides.trust(theirs, "revoke", relationshipId=to_global("TrustRelationship", row.id))
    clock.forward(seconds=1)
    assert (await learnt(sides, ours))["Partner"]["outcomes"] == {"verified": 0, "refuted": 0}


async def test_members_of_a_group_are_known_to_trust_each_other(sides: Sides) -> None:
    ours, theirs = sides.world.publisher, sides.world.stranger
    third = await sides.another("Third")
    made, _ = await sides.group(ours, "createTrustGroup", name="Sector", level="RESTRICTED")
    for one in (theirs, third):
        await sides.group(ours, "inviteToTrustGroup", groupId=made["id"], organizationId=organization(one))
    assert (await learnt(sides, theirs))["Operator"] is None  # asked, and not in it
    for one in (theirs, third):
        await sides.group(one, "joinTrustGroup", groupId=made["id"])
    await sides.agreed(ours, theirs, "PUBLIC")
    seen = {who: await learnt(sides, viewer) for who, viewer in (("ours", ours), ("third", third))}
    # What two of them are to each other is known to these two.
    reputation = {who: told["Partner"]["reputation"] for who, told in seen.items()}
    assert reputation == {"ours": pytest.approx((0.1 + 0.9 * 0.5) / 1.5), "third": pytest.approx(0.9)}
