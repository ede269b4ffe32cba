"""Indicators made here: whole STIX objects, changed and withdrawn by their own people alone."""

from typing import Any

import pytest
from sqlmodel import col

from foundation.clock import FixedClock
from foundation.ids import to_global
from models import tables as rows
from resolvers.indicators import import_stix
from resolvers.operation import House
from tests.graph.asking import Graph
from tests.intelligence.objects import bundle, indicator
from tests.world import World

FIELDS = """id stixId name description type value pattern patternType labels indicatorTypes confidence validFrom
  validUntil revoked tlp level stix confidenceAt(time: "2026-12-06T12:00:00Z") organization { name }"""
CREATE = f"""mutation ($input: CreateIndicatorInput!) {{ createIndicator(input: $input) {{
  indicator {{ {FIELDS} }} userErrors {{ field code message }} }} }}"""
UPDATE = f"""mutation ($input: UpdateIndicatorInput!) {{ updateIndicator(input: $input) {{
  indicator {{ {FIELDS} }} userErrors {{ field code }} }} }}"""
WITHDRAW = """mutation ($input: WithdrawIndicatorInput!) { withdrawIndicator(input: $input) {
  indicator { id revoked confidenceAt(time: "2026-11-21T12:00:00Z") decay { endedBecause } }
  userErrors { field code } } }"""
AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
NOON, LATER = "2026-11-21T12:00:00.000000Z", "2026-11-22T12:00:00.000000Z"


@pytest.fixture(params=["planned", "plain"])
def graph(house: House, request: pytest.FixtureRequest) -> Graph:
    return Graph(house, request.param)


async def create(graph: Graph, world: World, **input_: Any) -> Any:
    told = (await graph.ask(world.publisher, CREATE, input=input_))["createIndicator"]
    assert told["userErrors"] == []
    return told["indicator"]


async def test_an_indicator_is_made_changed_and_withdrawn(world: World, graph: Graph, clock: FixedClock) -> None:
    """Each step is a version of one STIX object, and says nothing that was not said."""
    made = await create(
        graph, world, type="IP", value="203[.]0.113.7 ", confidence=80, labels=["apt"], level="RESTRICTED",
        clientMutationKey="k",
    )  # fmt: skip
    (row,) = await world.all(rows.Indicator, col(rows.Indicator.form_from) == 0)
    stix: dict[str, Any] = {
        "type": "indicator", "spec_version": "2.1", "id": row.stix_id, "created": NOON, "modified": NOON,
        "name": "203.0.113.7", "pattern": "[ipv4-addr:value = '203.0.113.7']", "pattern_type": "stix",
        "valid_from": NOON, "labels": ["apt"], "confidence": 80, "object_marking_refs": [AMBER],
    }  # fmt: skip
    expected = {
        "id": to_global("Indicator", row.id), "stixId": row.stix_id, "name": "203.0.113.7", "description": None,
        "type": "IP", "value": "203.0.113.7", "pattern": stix["pattern"], "patternType": "stix", "labels": ["apt"],
        "indicatorTypes": [], "confidence": 80, "validFrom": NOON, "validUntil": None, "revoked": False,
        "tlp": "AMBER", "level": "RESTRICTED", "stix": stix, "confidenceAt": 40, "organization": {"name": "Operator"},
    }  # fmt: skip
    assert made == expected
    before = await world.counts()
    again = {"type": "IP", "value": "203[.]0.113.7 ", "confidence": 80, "labels": ["apt"], "level": "RESTRICTED"}
    told = await graph.ask(world.publisher, CREATE, input={**again, "clientMutationKey": "k"})
    assert told["createIndicator"]["indicator"]["id"] == made["id"] and await world.counts() == before

    clock.forward(days=1)
    changes = {"labels": ["apt", "x"], "confidence": None, "tlp": "GREEN", "validUntil": "2027-01-01T00:00:00Z"}
    told = await graph.ask(world.publisher, UPDATE, input={"indicatorId": made["stixId"], **changes})
    del stix["confidence"]
    stix |= {"modified": LATER, "labels": ["apt", "x"], "object_marking_refs": [GREEN]}
    stix["valid_until"] = "2027-01-01T00:00:00.000000Z"
    expected |= {
        "labels": ["apt", "x"], "confidence": None, "tlp": "GREEN", "validUntil": stix["valid_until"], "stix": stix,
        "confidenceAt": 25,
    }  # fmt: skip
    assert told["updateIndicator"] == {"indicator": expected, "userErrors": []}

    told = await graph.ask(world.publisher, WITHDRAW, input={"indicatorId": made["id"], "reason": "A mistake."})
    gone = {
        "id": made["id"],
        "revoked": True,
        "confidenceAt": 0,
        "decay": {"endedBecause": "Its producer took it back."},
    }
    assert told["withdrawIndicator"] == {"indicator": gone, "userErrors": []}
    versions = [version.version.isoformat()[:23] for version in await world.all(rows.StixVersion)]
    # Of the same moment, and yet later than the one before.
    assert versions == ["2026-11-21T12:00:00+00:", "2026-11-22T12:00:00+00:", "2026-11-22T12:00:00.001"]
    trail = [(one.action, one.target, one.details) for one in await world.all(rows.Audit)]
    assert trail == [
        ("indicator.create", row.stix_id, {}),
        ("indicator.update", row.stix_id, {}),
        ("indicator.withdraw", row.stix_id, {"reason": "A mistake."}),
    ]
    for document, name in ((UPDATE, "updateIndicator"), (WITHDRAW, "withdrawIndicator")):
        told = await graph.ask(world.publisher, document, input={"indicatorId": made["id"]})
        assert told[name]["userErrors"] == [{"field": "indicatorId", "code": "INDICATOR_WITHDRAWN"}]
    # What was taken back may be reported anew: another object.
    assert (await create(graph, world, **again))["stixId"] != made["stixId"]


async def test_value_and_pattern_mean_the_same(world: World, graph: Graph) -> None:
    made = await create(
        graph, world, pattern="[ domain-name:value='EVIL.example' ]", type="DOMAIN", value="evil[.]example"
    )
    assert (made["type"], made["value"], made["name"]) == ("DOMAIN", "evil.example", "evil.example")
    assert made["pattern"] == "[ domain-name:value='EVIL.example' ]"
    several = "[domain-name:value = 'a.example' OR ipv4-addr:value = '203.0.113.0/24']"
    made = await create(graph, world, pattern=several, name="Two")
    assert (made["type"], made["value"], made["name"]) == (None, None, "Two")
    made = await create(graph, world, type="FILE_HASH", value="D41D8CD98F00B204E9800998ECF8427E", tlp="CLEAR")
    assert made["pattern"] == "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "value"),
        ({"type": "IP"}, "value"),
        ({"value": "evil.example"}, "type"),
        ({"type": "IP", "value": "evil.example"}, "value"),
        ({"type": "IP", "value": "10.0.0.0/4"}, "value"),
        ({"type": "DOMAIN", "value": "a b"}, "value"),
        ({"pattern": "[domain-name:value = 'x'"}, "pattern"),
        ({"pattern": "[file:hashes.MD5 = 'x']"}, "pattern"),
        ({"pattern": "[domain-name:value = 'a.example']", "type": "IP"}, "type"),
        ({"pattern": "[domain-name:value = 'a.example']", "type": "DOMAIN", "value": "b.example"}, "pattern"),
        ({"pattern": "[a:b LIKE 'c%']", "value": "b.example"}, "value"),
        ({"type": "DOMAIN", "value": "a.example", "validUntil": "2026-11-21T12:00:00Z"}, "validUntil"),
        ({"type": "DOMAIN", "value": "a.example", "labels": [""]}, "labels"),
        ({"type": "DOMAIN", "value": "a.example", "labels": ["x"] * 51}, "labels"),
        ({"type": "DOMAIN", "value": "a.example", "name": "a\nb"}, "name"),
    ],
)
async def test_what_is_refused_names_the_field(
    world: World, planned_graph: Graph, said: dict[str, Any], field: str
) -> None:
    before = await world.counts()
    told = (await planned_graph.ask(world.publisher, CREATE, input=said))["createIndicator"]
    assert told["indicator"] is None
    assert [(error["field"], error["code"]) for error in told["userErrors"]] == [(field, "VALIDATION_ERROR")]
    assert await world.counts() == {**before, "audit": before["audit"] + 1}


@pytest.fixture
def planned_graph(house: House) -> Graph:
    return Graph(house, "planned")


async def test_one_organisation_reports_a_thing_once(world: World, planned_graph: Graph) -> None:
    """Others report the same for themselves; and what a feed brought says who made it."""
    graph = planned_graph
    feed = "identity--00000000-0000-4000-8000-000000000001"
    await import_stix(world.op(), bundle=bundle(indicator(1, created_by_ref=feed, confidence=10)))
    made = await create(graph, world, type="DOMAIN", value="evil.example", confidence=80)
    told = await graph.ask(world.publisher, CREATE, input={"pattern": "[domain-name:value IN ('EVIL.example')]"})
    assert told["createIndicator"]["userErrors"] == [
        {
            "field": "pattern", "code": "INDICATOR_ALREADY_EXISTS",
            "message": "Your organisation reports this already. Change that indicator, or record a sighting of it.",
        }
    ]  # fmt: skip
    told = await graph.ask(world.stranger, CREATE, input={"type": "DOMAIN", "value": "evil.example"})
    assert told["createIndicator"]["userErrors"] == []
    document = """query ($id: ID!) { indicator(id: $id) { assertions {
      source { name } createdByRef confidence firstSeen lastSeen level indicator { stixId } } } }"""
    for reading in ("planned", "plain"):
        told = await Graph(world.house, reading).ask(world.viewer, document, id=made["id"])
        assert told["indicator"]["assertions"] == [
            {
                "source": {"name": "Operator"}, "createdByRef": feed, "confidence": 10, "level": "TRUSTED",
                "firstSeen": "2026-01-02T03:04:05.678000Z", "lastSeen": "2026-01-02T03:04:05.678000Z",
                "indicator": {"stixId": indicator(1)["id"]},
            },
            {
                "source": {"name": "Operator"}, "createdByRef": None, "confidence": 80, "level": "TRUSTED",
                "firstSeen": NOON, "lastSeen": NOON, "indicator": {"stixId": made["stixId"]},
            },
        ]  # fmt: skip


async def test_lists_by_source_level_and_marking(world: World, graph: Graph) -> None:
    for value, more in (("a.example", {}), ("b.example", {"level": "PUBLIC"}), ("c.example", {"tlp": "RED"})):
        await create(graph, world, type="DOMAIN", value=value, **more)
    document = "query ($filter: IndicatorFilter) { indicators(filter: $filter) { edges { node { value } } } }"
    for filter_, expected in (
        ({"source": to_global("Organization", world.operator.id)}, ["a.example", "b.example", "c.example"]),
        ({"source": to_global("Organization", world.partner.id)}, []),
        ({"source": "nonsense"}, []),
        ({"level": "PUBLIC"}, ["b.example"]),
        ({"tlp": ["RED", "GREEN"]}, ["c.example"]),
    ):
        told = await graph.ask(world.viewer, document, filter=filter_)
        assert sorted(edge["node"]["value"] for edge in told["indicators"]["edges"]) == expected
