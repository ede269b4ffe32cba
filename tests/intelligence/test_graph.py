"""Shared intelligence through the graph: sent, found by every name and filter, tied to evidence, hidden from others."""

from typing import Any

import pytest

from foundation.ids import to_global
from models import tables as rows
from resolvers.indicators import import_stix
from resolvers.operation import House
from tests.graph.asking import Graph
from tests.intelligence.objects import bundle, indicator, malware, number
from tests.world import World

IMPORT = """mutation ($input: ImportStixInput!) { importStix(input: $input) {
  created updated kept unchanged refused userErrors { field code }
  results { index status stixId type objectId error { field code message } }
} }"""
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
LIST = """query ($filter: IndicatorFilter, $orderBy: IndicatorOrder) {
  indicators(filter: $filter, orderBy: $orderBy) { totalCount edges { node { name } } } }"""


@pytest.fixture(params=["planned", "plain"])
def graph(house: House, request: pytest.FixtureRequest) -> Graph:
    return Graph(house, request.param)


@pytest.fixture
def planned_graph(house: House) -> Graph:
    return Graph(house, "planned")


async def test_a_bundle_with_a_result_for_each(world: World, graph: Graph) -> None:
    sent = {"bundle": bundle(indicator(1), malware(1), indicator(2, pattern_type=None)), "clientMutationKey": "k"}
    told = (await graph.ask(world.publisher, IMPORT, input=sent))["importStix"]
    row, other = (await world.all(rows.Indicator))[0], await world.all(rows.StixObject)
    (thing,) = [one for one in other if one.type == "malware"]
    assert told == {
        "created": 2, "updated": 0, "kept": 0, "unchanged": 0, "refused": 1, "userErrors": [],
        "results": [
            {
                "index": 0, "status": "CREATED", "stixId": f"indicator--{number(1)}", "type": "indicator",
                "objectId": to_global("Indicator", row.id), "error": None,
            },
            {
                "index": 1, "status": "CREATED", "stixId": f"malware--{number(1)}", "type": "malware",
                "objectId": to_global("StixObject", thing.id), "error": None,
            },
            {
                "index": 2, "status": "REFUSED", "stixId": f"indicator--{number(2)}", "type": "indicator",
                "objectId": None,
                "error": {
                    "field": "bundle.objects.2.pattern_type", "code": "INVALID_STIX_OBJECT",
                    "message": "The object has no pattern_type.",
                },
            },
        ],
    }  # fmt: skip
    before = await world.counts()
    assert (await graph.ask(world.publisher, IMPORT, input=sent))["importStix"] == told
    assert await world.counts() == before
    del sent["clientMutationKey"]
    again = (await graph.ask(world.publisher, IMPORT, input=sent))["importStix"]
    assert (again["created"], again["unchanged"], again["refused"]) == (0, 2, 1)


async def test_what_is_refused_as_a_whole(world: World, graph: Graph) -> None:
    for sent, field in (({}, "bundle.type"), (bundle(), "bundle.objects"), ([1], "bundle.type")):
        told = (await graph.ask(world.publisher, IMPORT, input={"bundle": sent}))["importStix"]
        assert told["userErrors"] == [{"field": field, "code": "VALIDATION_ERROR"}]
        assert told["results"] == []
    told = await graph.tell(world.viewer, IMPORT, input={"bundle": bundle(malware())})
    assert told.codes == {"importStix": "FORBIDDEN"}
    assert await world.all(rows.StixObject) == []


async def test_an_indicator_by_its_names(world: World, graph: Graph) -> None:
    sent = indicator(1, confidence=80, labels=["apt"], x_own={"a": 1.5})
    await import_stix(world.op(), bundle=bundle(sent, indicator(1, modified="2026-01-03T00:00:00Z", name="New")))
    (row,) = await world.all(rows.Indicator)
    document = """query ($id: ID!) { indicator(id: $id) {
      id stixId name description type value pattern patternType isIndexed notIndexedBecause labels indicatorTypes
      confidence validFrom validUntil revoked tlp createdByRef created modified stix organization { name }
    } node(id: $id) { id __typename } stixObject(id: $id) { id } }"""
    id_ = to_global("Indicator", row.id)
    expected = {
        "id": id_, "stixId": sent["id"], "name": "New", "description": None, "type": "DOMAIN", "value": "evil.example",
        "pattern": "[domain-name:value = 'evil.example']", "patternType": "stix", "isIndexed": True,
        "notIndexedBecause": None, "labels": [], "indicatorTypes": [], "confidence": None,
        "validFrom": "2026-01-02T03:04:05.678000Z", "validUntil": None, "revoked": False, "tlp": "CLEAR",
        "createdByRef": None, "created": "2026-01-02T03:04:05.678000Z", "modified": "2026-01-03T00:00:00.000000Z",
        "stix": indicator(1, modified="2026-01-03T00:00:00Z", name="New"), "organization": {"name": "Operator"},
    }  # fmt: skip
    for name in (id_, sent["id"]):
        told = await graph.ask(world.viewer, document, id=name)
        assert told == {"indicator": expected, "node": {"id": id_, "__typename": "Indicator"}, "stixObject": None}


async def test_another_object_and_its_versions(world: World, graph: Graph) -> None:
    newer = malware(1, modified="2026-01-03T00:00:00Z", revoked=True)
    url = {"type": "url", "id": f"url--{number(1)}", "value": "http://x/"}
    await import_stix(world.op(), bundle=bundle(newer, malware(1), url))
    document = "query ($id: ID!) { stixObject(id: $id) { stixId type name modified versions revoked tlp stix } }"
    told = await graph.ask(world.viewer, document, id=newer["id"])
    assert told["stixObject"] == {
        "stixId": newer["id"],
        "type": "malware",
        "name": "Malware 1",
        "modified": "2026-01-03T00:00:00.000000Z",
        "versions": ["2026-01-02T03:04:05.678000Z", "2026-01-03T00:00:00.000000Z"],
        "revoked": True,
        "tlp": "CLEAR",
        "stix": newer,
    }
    told = await graph.ask(world.viewer, document, id=url["id"])
    assert (told["stixObject"]["modified"], told["stixObject"]["stix"]) == (None, url)


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ({}, ["a", "b", "d"]),
        (None, ["a", "b", "d"]),
        ({"includeRevoked": True}, ["a", "b", "c", "d"]),
        ({"type": ["DOMAIN"]}, ["a"]),
        ({"type": []}, []),
        ({"type": ["DOMAIN", "IP"]}, ["a", "b"]),
        ({"value": "EVIL[.]example."}, ["a", "d"]),
        ({"value": "203.0.113.7"}, ["b"]),
        ({"value": "x"}, []),
        ({"labels": ["apt", "none"]}, ["a"]),
        ({"labels": []}, []),
        ({"confidenceMin": 50}, ["b"]),
        ({"validAt": "2026-01-02T03:04:05.678Z"}, ["a", "b", "d"]),
        ({"validAt": "2026-02-01T00:00:00Z"}, ["a", "d"]),
        ({"validAt": "2026-01-01T00:00:00Z"}, []),
        ({"search": "IPV4-ADDR"}, ["b", "d"]),
        ({"updatedSince": "2027-01-01T00:00:00Z"}, []),
    ],
)
async def test_lists_by_every_filter(world: World, graph: Graph, filter_: Any, names: list[str]) -> None:
    both = "[domain-name:value = 'evil.example' OR ipv4-addr:value = '198.51.100.1']"
    await import_stix(
        world.op(),
        bundle=bundle(
            indicator(1, name="a", labels=["apt", "x"], confidence=49, modified="2026-01-05T00:00:00Z"),
            indicator(
                2, "[ipv4-addr:value = '203.0.113.7']", name="b", confidence=50, valid_until="2026-02-01T00:00:00Z",
                modified="2026-01-04T00:00:00Z",
            ),
            indicator(3, name="c", revoked=True, modified="2026-01-03T00:00:00Z"),
            indicator(4, both, name="d", labels=["other"]),
        ),
    )  # fmt: skip
    told = await graph.ask(world.viewer, LIST, filter=filter_, orderBy="LAST_MODIFIED")
    assert [edge["node"]["name"] for edge in told["indicators"]["edges"]] == names
    assert told["indicators"]["totalCount"] == len(names)


async def test_evidence_names_the_indicators_it_rests_on(world: World, graph: Graph) -> None:
    await import_stix(world.op(), bundle=bundle(indicator(1), indicator(2, revoked=True), indicator(3)))
    held = {int(row.stix_id[-1]): row for row in await world.all(rows.Indicator)}
    evidence = await world.evidence(await world.case(), domain="intelligence", type="external_intel")
    for n in (1, 2):
        await world.put(rows.EvidenceIndicator(evidence_id=evidence.id, indicator_id=held[n].id))
    document = """query ($id: ID!) { node(id: $id) { ... on Evidence {
      indicators { totalCount edges { node { name matchingEvidence { totalCount edges { node { ref } } } } } } } } }"""
    told = await graph.ask(world.viewer, document, id=f"EV-{evidence.id}")
    tied = {"totalCount": 1, "edges": [{"node": {"ref": f"EV-{evidence.id}"}}]}
    found = told["node"]["indicators"]
    assert found["totalCount"] == 2
    assert sorted((edge["node"] for edge in found["edges"]), key=lambda node: node["name"]) == [
        {"name": "Indicator 1", "matchingEvidence": tied},
        {"name": "Indicator 2", "matchingEvidence": tied},
    ]
    third = await graph.ask(
        world.viewer, "query ($id: ID!) { indicator(id: $id) { matchingEvidence { totalCount } } }", id=held[3].stix_id
    )
    assert third == {"indicator": {"matchingEvidence": {"totalCount": 0}}}


async def test_hidden_and_absent_answer_alike(world: World, graph: Graph) -> None:
    """The stranger holds an object of the same STIX id as one of ours, and sees his own."""
    await import_stix(world.op(), bundle=bundle(indicator(1), malware(1)))
    mine = {row.type: row for row in await world.all(rows.StixObject)}
    hidden = [
        to_global("Indicator", mine["indicator"].id), to_global("StixObject", mine["malware"].id),
        f"indicator--{number(1)}", f"malware--{number(1)}", f"indicator--{number(9)}", f"x-y--{number(1)}",
        "indicator--x", to_global("Indicator", "x"),
    ]  # fmt: skip
    assert (await graph.ask(world.stranger, NODES, ids=hidden))["nodes"] == [None] * len(hidden)
    assert (await graph.ask(world.stranger, LIST))["indicators"] == {"totalCount": 0, "edges": []}
    seen = [node and node["__typename"] for node in (await graph.ask(world.viewer, NODES, ids=hidden))["nodes"]]
    assert seen == ["Indicator", "StixObject", "Indicator", "StixObject", None, None, None, None]

    another = Graph(world.house, graph.reading)
    await import_stix(world.op(world.stranger), bundle=bundle(indicator(1, name="Theirs")))
    document = "query ($id: ID!) { indicator(id: $id) { name stix } }"
    for viewer, name in ((world.stranger, "Theirs"), (world.viewer, "Indicator 1")):
        told = await another.ask(viewer, document, id=f"indicator--{number(1)}")
        assert (told["indicator"]["name"], told["indicator"]["stix"]["name"]) == (name, name)
    # A case of ours that rests on an indicator of ours tells the one who is called into it nothing about that.
    evidence = await world.evidence(case := await world.case())
    await world.put(rows.EvidenceIndicator(evidence_id=evidence.id, indicator_id=mine["indicator"].id))
    now = world.house.clock.now()
    await world.put(
        rows.InvestigationAssignee(investigation_id=case.id, user_id=world.stranger.user_id, assigned_at=now)
    )
    told = await another.ask(
        world.stranger,
        "query ($id: ID!) { node(id: $id) { ... on Evidence { ref indicators { totalCount } } } }",
        id=f"EV-{evidence.id}",
    )
    assert told["node"] == {"ref": f"EV-{evidence.id}", "indicators": {"totalCount": 0}}


@pytest.mark.parametrize("count", [1, 12])
async def test_statements_are_levels(world: World, planned_graph: Graph, count: int) -> None:
    await import_stix(world.op(), bundle=bundle(*[indicator(n) for n in range(count)]))
    evidence = await world.evidence(await world.case())
    for row in await world.all(rows.Indicator):
        await world.put(rows.EvidenceIndicator(evidence_id=evidence.id, indicator_id=row.id))
    document = """{ indicators { edges { node {
      name stix organization { name } matchingEvidence { edges { node { title } } } } } } }"""
    told = await planned_graph.tell(world.viewer, document)
    assert (told.codes, told.steps) == ({}, 4)
    assert len(told.data["indicators"]["edges"]) == count
    by_names = await planned_graph.tell(world.viewer, NODES, ids=[f"indicator--{number(n)}" for n in range(count)])
    # The keys behind the names, and then the rows.
    assert (by_names.steps, [node["__typename"] for node in by_names.data["nodes"]]) == (2, ["Indicator"] * count)
