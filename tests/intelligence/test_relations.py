"""Relationships are part of the graph: one question leads from the evidence of a case to the campaign behind it."""

from typing import Any

import pytest

from models import tables as rows
from resolvers.indicators import import_stix
from resolvers.operation import House
from rules.trust import Form
from tests.graph.asking import Graph
from tests.intelligence.objects import MADE, bundle, indicator, malware, number
from tests.sharing.partners import FAMILY, GREEN, IDENTITY, MEANS, VICTIM, grant, share
from tests.world import World

LATER = "2026-01-03T00:00:00Z"


def thing(kind: str, n: int, **members: Any) -> dict[str, Any]:
    made = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{number(n)}", "created": MADE, "modified": MADE}
    return {**made, **members}


def tie(n: int, source: dict[str, Any], how: str, target: dict[str, Any], **members: Any) -> dict[str, Any]:
    ends = {"source_ref": source["id"], "relationship_type": how, "target_ref": target["id"]}
    return thing("relationship", n, **ends, **members)


INDICATOR, MALWARE = indicator(1), malware(1)
CAMPAIGN, TECHNIQUE = thing("campaign", 1, name="Nightfall"), thing("attack-pattern", 1, name="Phishing")
REPORT = thing(
    "report", 1, name="Report", published=MADE, object_refs=[CAMPAIGN["id"], INDICATOR["id"], f"malware--{number(9)}"]
)
TIES = [
    tie(1, INDICATOR, "indicates", MALWARE),
    tie(2, INDICATOR, "indicates", MALWARE, description="Said twice."),
    tie(3, INDICATOR, "indicates", CAMPAIGN),
    tie(4, CAMPAIGN, "uses", MALWARE),
    tie(5, CAMPAIGN, "uses", TECHNIQUE),
    tie(6, TECHNIQUE, "uses", CAMPAIGN),
]

WALK = """query ($id: ID!) { investigation(id: $id) {
  evidence(first: 5) { edges { node { indicators(first: 5) { edges { node { name indicates {
    type name relatedObjects(first: 5, filter: {type: ["attack-pattern"]}) { edges { node { name } } }
  } } } } } } } } }"""
PARTNER = """query ($id: ID!) { investigation(id: $id) {
  evidence(first: 2) { edges { node { indicators(first: 5) { edges { node {
    name relatedObjects { totalCount } indicates {
    type relatedObjects(first: 10) { edges { node { type stixId } } }
  } } } } } } } } }"""
RELATED = """query ($id: ID!, $filter: RelationFilter, $first: Int, $after: Cursor) { stixObject(id: $id) {
  relatedObjects(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { type } } } } }"""


@pytest.fixture(params=["planned", "plain"])
def graph(house: House, request: pytest.FixtureRequest) -> Graph:
    return Graph(house, request.param)


async def related(graph: Graph, viewer: Any, thing: dict[str, Any], **filter_: Any) -> list[str]:
    told = await graph.ask(viewer, RELATED, id=thing["id"], filter=filter_ or None)
    found = told["stixObject"]["relatedObjects"]
    assert found["totalCount"] == len(found["edges"])
    return sorted(edge["node"]["type"] for edge in found["edges"])


async def test_from_the_evidence_to_the_campaign(world: World, graph: Graph) -> None:
    # What is said comes before what it is about: ends may come at any time.
    for part in (TIES, [REPORT, CAMPAIGN, INDICATOR], [MALWARE, TECHNIQUE]):
        await import_stix(world.op(), bundle=bundle(*part))
    (held,) = await world.all(rows.Indicator)
    evidence = await world.evidence(case := await world.case(), domain="intelligence", type="external_intel")
    await world.put(rows.EvidenceIndicator(evidence_id=evidence.id, indicator_id=held.id))
    told = await graph.tell(world.viewer, WALK, id=f"INV-{case.id}")
    assert told.codes == {}
    (found,) = told.data["investigation"]["evidence"]["edges"]
    (node,) = [edge["node"] for edge in found["node"]["indicators"]["edges"]]
    assert node["name"] == "Indicator 1"
    assert sorted(node["indicates"], key=lambda one: one["type"]) == [
        {"type": "campaign", "name": "Nightfall", "relatedObjects": {"edges": [{"node": {"name": "Phishing"}}]}},
        {"type": "malware", "name": "Malware 1", "relatedObjects": {"edges": []}},
    ]
    if graph.reading == "planned":
        assert told.steps == 5  # a statement a level: case, evidence, indicators, indicated, related

    # Both ways, however often it is said; by the way it is said; a page at a time.
    mine = world.viewer
    assert await related(graph, mine, CAMPAIGN) == ["attack-pattern", "indicator", "malware", "report"]
    assert await related(graph, mine, CAMPAIGN, relationship=["uses"]) == ["attack-pattern", "malware"]
    assert await related(graph, mine, CAMPAIGN, relationship=["uses", "object_refs"], type=["malware", "report"]) == [
        "malware", "report",
    ]  # fmt: skip
    assert await related(graph, mine, CAMPAIGN, relationship=[]) == []
    assert await related(graph, mine, REPORT) == ["campaign", "indicator"]
    pages, after = [], None
    for _ in range(4):
        told = await graph.ask(mine, RELATED, id=CAMPAIGN["id"], first=1, after=after)
        page = told["stixObject"]["relatedObjects"]
        pages += [edge["node"]["type"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert (sorted(pages), page["pageInfo"]["hasNextPage"]) == (
        ["attack-pattern", "indicator", "malware", "report"],
        False,
    )
    back = "query ($id: ID!) { stixObject(id: $id) { indicatedBy { totalCount edges { node { name } } } } }"
    assert await graph.ask(mine, back, id=MALWARE["id"]) == {
        "stixObject": {"indicatedBy": {"totalCount": 1, "edges": [{"node": {"name": "Indicator 1"}}]}}
    }


async def test_what_is_taken_back_ties_nothing(world: World, house: House) -> None:
    await import_stix(world.op(), bundle=bundle(CAMPAIGN, MALWARE, INDICATOR, REPORT, *TIES))
    newer = {"modified": LATER}
    edges = len(await world.all(rows.StixEdge))
    gone = [{**one, **newer, "revoked": True} for one in TIES[:4]]
    shorter = {**REPORT, **newer, "object_refs": [CAMPAIGN["id"]]}
    await import_stix(world.op(), bundle=bundle(*gone, shorter, REPORT))
    assert len(await world.all(rows.StixEdge)) == edges - 2 * (4 + 2)
    graph = Graph(house, "planned")
    assert await related(graph, world.viewer, MALWARE) == []
    assert await related(graph, world.viewer, CAMPAIGN) == ["report"]
    # The technique is not held; when it comes, two relationships have been waiting for it.
    await import_stix(world.op(), bundle=bundle(TECHNIQUE))
    assert await related(graph, world.viewer, CAMPAIGN) == ["attack-pattern", "report"]


async def test_others_see_nothing_of_it(world: World, graph: Graph) -> None:
    """The stranger holds the very same objects, but not what ties them."""
    await import_stix(world.op(), bundle=bundle(CAMPAIGN, MALWARE, INDICATOR, *TIES))
    await import_stix(world.op(world.stranger), bundle=bundle(CAMPAIGN, MALWARE, INDICATOR, TECHNIQUE))
    assert await related(graph, world.stranger, CAMPAIGN) == []
    assert await related(graph, world.viewer, CAMPAIGN) == ["indicator", "malware"]


async def test_a_partner_walks_from_his_evidence_to_our_campaign(world: World, graph: Graph) -> None:
    """In whatever form he is shown the indicator; and what he holds under the id that we hide tells him nothing."""
    campaign = {**CAMPAIGN, **GREEN}
    said = [tie(1, FAMILY, "uses", TECHNIQUE, **GREEN), tie(2, campaign, "uses", FAMILY, **GREEN)]
    keys = await share(world, IDENTITY, VICTIM, FAMILY, MEANS, campaign, *said)
    partner = world.stranger
    mine = {member: value for member, value in VICTIM.items() if member != "created_by_ref"}
    own = await import_stix(world.op(partner), bundle=bundle({**mine, "name": "Own"}, TECHNIQUE))
    case = await world.case(partner)
    evidence = await world.evidence(case, domain="intelligence", type="external_intel")
    shown = [row for row in await world.all(rows.Indicator) if row.original_id == keys[VICTIM["id"]]]
    for row in [*shown, rows.Indicator(id=own[0]["object_id"])]:
        await world.put(rows.EvidenceIndicator(evidence_id=evidence.id, indicator_id=row.id))
    for form in (None, *Form):
        if form is Form.WITHHELD:
            continue
        await grant(world, partner.organization_id, form)
        told = await graph.ask(partner, PARTNER, id=f"INV-{case.id}")
        (found,) = told["investigation"]["evidence"]["edges"]
        nodes = {edge["node"]["name"] == "Own": edge["node"] for edge in found["node"]["indicators"]["edges"]}
        # What the partner holds of his own under the very id is tied to nothing, whatever he is shown of ours.
        assert nodes[True]["indicates"] == [] and nodes[True]["relatedObjects"]["totalCount"] == 0
        is_shown = form is not None and form < Form.HIGH
        assert set(nodes) == ({True, False} if is_shown else {True}), form
        if is_shown:
            (family,) = nodes[False]["indicates"]
            related = sorted(edge["node"]["type"] for edge in family["relatedObjects"]["edges"])
            # The technique is the partner's own: we do not hold it, and mean everybody's.
            ours = ["attack-pattern", "campaign", "identity", "indicator"]
            assert (family["type"], related) == ("malware", ours), form
            by_id = {edge["node"]["type"]: edge["node"]["stixId"] for edge in family["relatedObjects"]["edges"]}
            assert (by_id["indicator"] == VICTIM["id"]) is (form is Form.NONE)
