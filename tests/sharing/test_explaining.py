"""Why somebody sees an object or does not, and the collections it lies in."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from foundation.ids import to_global
from models import tables as rows
from rules.pseudonyms import pseudonyms_of
from rules.trust import Form
from tests.graph.asking import Graph
from tests.sharing.partners import FOE, IDENTITY, OBJECTS, VICTIM, another, grant, share
from tests.world import World

WHY = """query ($id: ID!, $to: ID) { explainAccess(id: $id, organizationId: $to) {
  isVisible anonymization reasons { rule holds text } } }"""
LIES = """query ($id: ID!) { collections { totalCount edges { node { id alias requiredLevel organization { name } } } }
  indicator(id: $id) { collections { edges { node { alias } } } } }"""


@pytest.fixture(params=["planned", "plain"])
def graph(world: World, request: pytest.FixtureRequest) -> Graph:
    return Graph(world.house, request.param)


async def why(graph: Graph, viewer: Any, id: str, to: str | None = None) -> Any:  # noqa: A002
    told = (await graph.ask(viewer, WHY, id=id, to=to and to_global("Organization", to)))["explainAccess"]
    return told and (
        told["isVisible"], told["anonymization"], [one["rule"] for one in told["reasons"] if not one["holds"]],
    )  # fmt: skip


async def test_the_rules_are_told_to_the_producer_and_to_who_sees(world: World, graph: Graph) -> None:
    keys = await share(world, *OBJECTS)
    reader = world.stranger.organization_id
    mine = pseudonyms_of(world.house.sharing_secret, reader)
    victim = mine.of("indicator", keys[VICTIM["id"]])
    own, them = world.viewer, world.stranger
    assert await why(graph, own, VICTIM["id"]) == (True, "NONE", [])
    assert await why(graph, own, VICTIM["id"], reader) == (False, None, ["RELATIONSHIP"])
    for form, told in (
        (Form.NONE, (True, "NONE", [])),
        (Form.LOW, (True, "LOW", [])),
        (Form.MEDIUM, (True, "MEDIUM", [])),
        (Form.HIGH, (False, None, ["ANONYMIZATION"])),
    ):
        await grant(world, reader, form)
        assert await why(graph, own, VICTIM["id"], reader) == told
        # The reader is told the same of what it sees, and nothing of what it does not.
        known = VICTIM["id"] if form == Form.NONE else victim
        assert await why(graph, them, known) == (told if told[0] else None)
        for hidden in (VICTIM["id"], to_global("Indicator", keys[VICTIM["id"]])) if form else ():
            assert await why(graph, them, hidden) is None
        assert await why(graph, them, FOE["id"], (await another(world, f"Third {form}")).organization_id) is None
    assert await why(graph, own, FOE["id"], reader) == (True, "HIGH", [])
    assert await why(graph, own, to_global("StixObject", keys[IDENTITY["id"]]), reader) == (True, "HIGH", [])
    await grant(world, reader, Form.NONE, level=50)
    assert await why(graph, own, FOE["id"], reader) == (False, None, ["LEVEL"])
    async with world.house.database.transaction() as session:
        where = col(rows.Access.reader_id) == reader
        await session.execute(update(rows.Access).where(where).values(level=90, tlp=0, kinds=0, max_age=-1))
    assert await why(graph, own, FOE["id"], reader) == (False, None, ["TLP", "KIND", "AGE"])
    for nothing in ("x", "INV-1", VICTIM["id"].replace("1", "9"), to_global("Indicator", keys[FOE["id"]])[:-2]):
        assert await why(graph, own, nothing, reader) is None
    assert (await graph.tell(None, WHY, id=FOE["id"])).codes == {"explainAccess": "UNAUTHENTICATED"}


async def test_the_own_collection_and_that_of_all_are_seen(world: World, graph: Graph) -> None:
    await share(world, *OBJECTS)
    await grant(world, world.stranger.organization_id, Form.NONE)
    shared = {"alias": "shared", "requiredLevel": "TRUSTED", "organization": None}
    told = await graph.ask(world.viewer, LIES, id=FOE["id"])
    found = [
        {name: value for name, value in edge["node"].items() if name != "id"} for edge in told["collections"]["edges"]
    ]
    assert sorted(found, key=lambda one: one["alias"]) == [
        {"alias": "operator", "requiredLevel": "TRUSTED", "organization": {"name": "Operator"}}, shared
    ]  # fmt: skip
    assert {edge["node"]["alias"] for edge in told["indicator"]["collections"]["edges"]} == {"operator", "shared"}
    told = await graph.ask(world.stranger, LIES, id=FOE["id"])
    assert [edge["node"]["alias"] for edge in told["collections"]["edges"]] == ["shared"]
    assert told["indicator"]["collections"]["edges"] == [{"node": {"alias": "shared"}}]
    key = told["collections"]["edges"][0]["node"]["id"]
    assert (await graph.ask(world.viewer, "query ($id: ID!) { node(id: $id) { __typename } }", id=key))["node"]
