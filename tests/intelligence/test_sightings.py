"""Sightings between partners, search, and news of indicators: each told what its organisation may see."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import orjson
import pytest

from foundation.clock import FixedClock
from foundation.ids import to_global
from models import tables as rows
from resolvers.operation import Operation
from rules.access.viewer import Viewer
from rules.relationships import AccessLevel, RelationshipStatus
from rules.trust import TrustLevelName
from tests.graph.asking import SCHEMA, Context, Graph
from tests.intelligence.partners import trust
from tests.live.conftest import PATIENCE_S, awake, world  # noqa: F401 - fixtures
from tests.world import World

CREATE = """mutation ($input: CreateIndicatorInput!) { createIndicator(input: $input) {
  indicator { id stixId } userErrors { field code } } }"""
SEEN = """mutation ($input: RecordSightingInput!) { recordSighting(input: $input) {
  sighting { kind at count note organization { name } reportedBy { name } }
  indicator { confidenceAt(time: "2026-12-01T12:00:00Z") lastSeen }
  userErrors { field code } } }"""
READ = """query ($id: ID!) { indicator(id: $id) {
  value anonymization lastSeen confidenceAt(time: "2026-12-01T12:00:00Z")
  decay { stated confidence ageDays lifetimeDays freshness vouched refuted standing endedBecause }
  sightings { totalCount edges { node { kind organization { name } } } }
  assertions { source { name } confidence }
} }"""
SEARCH = """query ($text: String!, $kinds: [SearchKind!], $first: Int, $after: Cursor) {
  search(text: $text, kinds: $kinds, first: $first, after: $after) {
    edges { cursor node {
      __typename ... on Indicator { value } ... on Organization { name } ... on Investigation { ref }
    } }
    pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
NEWS = """subscription ($filter: IndicatorFilter, $after: Cursor) { indicatorChanges(filter: $filter, after: $after) {
  __typename ... on IndicatorEvent { sequence indicatorIds indicator { value } } ... on Gap { from to } } }"""


@pytest.fixture
def graph(world: World) -> Graph:  # noqa: F811
    return Graph(world.house, "planned")


async def create(graph: Graph, viewer: Viewer, **input_: Any) -> Any:
    told = (await graph.ask(viewer, CREATE, input=input_))["createIndicator"]
    assert told["userErrors"] == []
    return told["indicator"]


async def test_sightings_between_partners(world: World, graph: Graph, clock: FixedClock) -> None:  # noqa: F811
    """Operator shares with Partner. What Partner says restarts the decay for all who see it; who said it is for the
    two of them."""
    made = await create(graph, world.publisher, type="IP", value="203.0.113.7", confidence=80, level="PUBLIC")
    key = {"indicatorId": made["id"]}
    told = await graph.ask(world.stranger, SEEN, input=key)
    absent = await graph.ask(world.stranger, SEEN, input={"indicatorId": to_global("Indicator", "x" * 36)})
    assert [one["recordSighting"]["userErrors"] for one in (told, absent)] == [
        [{"field": "indicatorId", "code": "INDICATOR_NOT_FOUND"}]
    ] * 2
    await trust(world, world.operator, world.partner, access=AccessLevel.SUBSCRIBE)
    assert (await graph.tell(world.stranger, SEEN, input=key)).codes == {"recordSighting": "FORBIDDEN"}
    assert await world.all(rows.Sighting) == await world.all(rows.IndicatorStanding) == []

    await trust(world, world.operator, world.partner, access=AccessLevel.CONTRIBUTE)
    clock.forward(days=10)
    said = {**key, "count": 3, "note": "At the border.", "seenAt": "2026-12-01T12:00:00Z"}
    told = await graph.ask(world.stranger, SEEN, input=said)
    assert told["recordSighting"] == {
        "sighting": {
            "kind": "SIGHTING", "at": "2026-12-01T12:00:00.000000Z", "count": 3, "note": "At the border.",
            "organization": {"name": "Partner"}, "reportedBy": {"name": "Sven"},
        },
        "indicator": {"confidenceAt": 80, "lastSeen": "2026-12-01T12:00:00.000000Z"}, "userErrors": [],
    }  # fmt: skip
    for wrong, field in (({"seenAt": "2026-12-01T12:00:01Z"}, "seenAt"), ({"count": 0}, "count")):
        told = await graph.ask(world.stranger, SEEN, input={**key, **wrong})
        assert told["recordSighting"]["userErrors"] == [{"field": field, "code": "VALIDATION_ERROR"}]

    # The operator finds it harmless: one voice of two, by the newest word of each.
    await graph.ask(world.publisher, SEEN, input={**key, "kind": "FALSE_POSITIVE"})
    await graph.ask(world.publisher, SEEN, input={**key, "kind": "FALSE_POSITIVE", "seenAt": "2026-11-30T00:00:00Z"})
    for reading in ("planned", "plain"):
        for viewer, sightings in ((world.viewer, 3), (world.stranger, 1)):
            told = (await Graph(world.house, reading).ask(viewer, READ, id=made["id"]))["indicator"]
            assert told["sightings"]["totalCount"] == sightings
            assert (told["value"], told["anonymization"], told["confidenceAt"]) == ("203.0.113.7", "NONE", 53)
            assert told["decay"] == {
                "stated": 80, "confidence": 53, "ageDays": 0.0, "lifetimeDays": 30.0, "freshness": 1.0, "vouched": 1,
                "refuted": 1, "standing": 2 / 3, "endedBecause": None,
            }  # fmt: skip
            assert told["assertions"] == [{"source": {"name": "Operator"}, "confidence": 80}]
    # A partner's expiry is a voice; the holder's is the end, until somebody meets it again.
    await graph.ask(world.stranger, SEEN, input={**key, "kind": "EXPIRY"})
    assert (await graph.ask(world.viewer, READ, id=made["id"]))["indicator"]["confidenceAt"] == 27
    await graph.ask(world.publisher, SEEN, input={**key, "kind": "EXPIRY"})
    told = (await graph.ask(world.stranger, READ, id=made["id"]))["indicator"]
    assert (told["confidenceAt"], told["decay"]["endedBecause"]) == (0, "Its holder declared it over.")
    clock.forward(seconds=1)
    told = await graph.ask(world.stranger, SEEN, input=key)
    assert told["recordSighting"]["indicator"]["confidenceAt"] == 53


async def test_who_gets_it_changed_learns_the_day_and_his_own_words(world: World, graph: Graph) -> None:  # noqa: F811
    """An address of the operator's own network, shown to a partner of public trust as the network around it."""
    made = await create(graph, world.publisher, type="IP", value="10.1.2.3", confidence=80, level="PUBLIC")
    await trust(world, world.operator, world.partner, TrustLevelName.TRUSTED, AccessLevel.FULL)
    await graph.ask(world.publisher, SEEN, input={"indicatorId": made["id"], "note": "Zq7"})
    listed = "{ indicators { edges { node { id value stixId } } } }"
    (edge,) = (await graph.ask(world.stranger, listed))["indicators"]["edges"]
    node = edge["node"]
    assert node["value"] != "10.1.2.3" and node["id"] != made["id"] and node["stixId"] != made["stixId"]
    told = (await graph.ask(world.stranger, READ, id=node["id"]))["indicator"]
    assert (told["lastSeen"], told["sightings"]["totalCount"]) == ("2026-11-21T00:00:00.000000Z", 0)
    assert told["assertions"] == [{"source": None, "confidence": 80}]
    await graph.ask(world.stranger, SEEN, input={"indicatorId": node["id"]})
    told = (await graph.ask(world.stranger, READ, id=node["id"]))["indicator"]
    assert told["sightings"]["edges"] == [{"node": {"kind": "SIGHTING", "organization": {"name": "Partner"}}}]
    held = (await graph.ask(world.viewer, READ, id=made["id"]))["indicator"]
    assert held["sightings"]["totalCount"] == 2
    # What is searched is what the reader may know, and not what it was made from.
    for text, viewer, count in (("10.1.2.3", world.stranger, 0), ("10.1.2.3", world.viewer, 1)):
        told = await graph.ask(viewer, SEARCH, text=text)
        assert len(told["search"]["edges"]) == count
    await trust(world, world.operator, world.partner, status=RelationshipStatus.REVOKED)
    gone = await graph.ask(world.stranger, SEEN, input={"indicatorId": node["id"]})
    assert gone["recordSighting"]["userErrors"] == [{"field": "indicatorId", "code": "INDICATOR_NOT_FOUND"}]


async def test_search_over_everything(world: World, graph: Graph) -> None:  # noqa: F811
    """First what looks for the very value, then kind by kind; a page at a time, each once."""
    await create(graph, world.publisher, type="URL", value="https://operator.example/a", name="a")
    await create(graph, world.publisher, type="DOMAIN", value="operator.example", name="b")
    case = await world.case(entity_type="domain", entity_value="www.operator.example")
    await world.case(world.stranger, entity_type="domain", entity_value="operator.example")
    everything = ["operator.example", "https://operator.example/a", f"INV-{case.id}"]

    def shown(edges: Any) -> list[str]:
        return [next(edge["node"][name] for name in ("value", "ref", "name") if name in edge["node"]) for edge in edges]

    for reading in ("planned", "plain"):
        told = (await Graph(world.house, reading).ask(world.viewer, SEARCH, text="OPERATOR[.]example"))["search"]
        assert shown(told["edges"]) == ["operator.example"]  # as it was written it stands nowhere
        told = (await Graph(world.house, reading).ask(world.viewer, SEARCH, text="Operator.Example"))["search"]
        assert shown(told["edges"]) == everything
        assert told["pageInfo"]["hasNextPage"] is False
    found, after = [], None
    for left in (True, True, False):
        told = (await graph.ask(world.viewer, SEARCH, text="operator.example", first=1, after=after))["search"]
        found += shown(told["edges"])
        assert (told["pageInfo"]["hasNextPage"], told["pageInfo"]["hasPreviousPage"]) == (left, after is not None)
        after = told["pageInfo"]["endCursor"]
    assert found == everything
    told = await graph.ask(world.viewer, SEARCH, text="operator", kinds=["ORGANIZATION"])
    assert shown(told["search"]["edges"]) == ["Operator"]
    assert (await graph.ask(world.stranger, SEARCH, text="https://operator"))["search"]["edges"] == []
    for wrong in ({"text": "ab"}, {"text": "x" * 201}, {"text": "abc", "first": 0}, {"text": "abc", "after": "x"}):
        assert (await graph.tell(world.viewer, SEARCH, **wrong)).codes == {"search": "BAD_USER_INPUT"}


async def follow(world: World, viewer: Viewer, **variables: Any) -> AsyncIterator[Any]:  # noqa: F811
    def context() -> Context:
        return Context(Operation(world.house, viewer), "planned")

    answers = await SCHEMA.stream(NEWS, variables, context(), fresh_context=context)
    async with aclosing(answers):
        async for answer in answers:
            assert answer.errors is None, answer.errors
            yield orjson.loads(orjson.dumps(answer.data))["indicatorChanges"]


async def test_news_reach_those_who_may_see_it(world: World, graph: Graph, clock: FixedClock) -> None:  # noqa: F811
    """Each subscriber from the first event on: own ones, a partner's, and nothing of what is above his trust."""
    await trust(world, world.operator, world.partner, TrustLevelName.TRUSTED)
    seal = world.house.hub.places.seal
    open_ = await create(graph, world.publisher, type="DOMAIN", value="a.example", labels=["x"])
    await create(graph, world.publisher, type="DOMAIN", value="b.example", level="RESTRICTED")
    clock.forward(minutes=1)
    update = """mutation ($input: UpdateIndicatorInput!) { updateIndicator(input: $input) { userErrors { code } } }"""
    await graph.ask(world.publisher, update, input={"indicatorId": open_["id"], "labels": ["y"]})
    withdraw = "mutation ($input: WithdrawIndicatorInput!) { withdrawIndicator(input: $input) { userErrors { code } } }"
    await graph.ask(world.publisher, withdraw, input={"indicatorId": open_["id"]})

    async def heard(viewer: Viewer, count: int, **filter_: Any) -> list[tuple[str, int, str]]:
        after = seal(f"org:{viewer.organization_id}", 0)
        found = []
        async with asyncio.timeout(PATIENCE_S), aclosing(follow(world, viewer, after=after, filter=filter_)) as news:  # type: ignore[type-var]
            async for one in news:
                found.append((one["__typename"], one["sequence"], one["indicator"]["value"]))
                if len(found) == count:
                    return found
        return found

    own = [
        ("IndicatorShared", 1, "a.example"), ("IndicatorShared", 2, "b.example"),
        ("IndicatorChanged", 3, "a.example"), ("IndicatorWithdrawn", 4, "a.example"),
    ]  # fmt: skip
    assert await heard(world.viewer, 4) == own
    assert await heard(world.viewer, 1, value="b.example") == own[1:2]
    # Not even a number betrays what is kept from him.
    theirs = [(name, at, "a.example") for at, name in enumerate(("IndicatorShared", "IndicatorChanged"), 1)]
    assert await heard(world.stranger, 3) == [*theirs, ("IndicatorWithdrawn", 3, "a.example")]
    events = [one for one in await world.all(rows.Event) if one.stream == f"org:{world.partner.id}"]
    await trust(world, world.operator, world.partner, status=RelationshipStatus.SUSPENDED)
    waiting = asyncio.create_task(heard(world.stranger, 1))
    await trust(world, world.partner, world.operator)
    await create(graph, world.stranger, type="DOMAIN", value="c.example", level="PUBLIC")
    # What was lost is not told any more; what is the own one's is.
    assert await waiting == [("IndicatorShared", len(events) + 1, "c.example")]
    assert (await heard(world.viewer, 5))[4] == ("IndicatorShared", 5, "c.example")
