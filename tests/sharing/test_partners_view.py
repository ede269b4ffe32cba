"""What a partner is shown of shared intelligence, at each form, by every way into the graph."""

from typing import Any

import pytest

from foundation.ids import to_global
from models import tables as rows
from rules.pseudonyms import pseudonyms_of
from rules.trust import Form
from tests.graph.asking import Graph
from tests.sharing.partners import BY, CLEAR, FAMILY, FOE, IDENTITY, MEANS, OBJECTS, VICTIM, another, grant, share
from tests.world import World

FIELDS = """ id stixId name value pattern labels anonymization createdByRef stix
  producer { name } organization { name } trust { level score source } """
LIST = f"""query ($filter: IndicatorFilter, $orderBy: IndicatorOrder, $first: Int, $after: Cursor) {{
  indicators(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {{
    totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {FIELDS} }} }} }} }}"""
ONE = f"""query ($id: ID!) {{ indicator(id: $id) {{ {FIELDS} }} node(id: $id) {{ id }}
  stixObject(id: $id) {{ stixId name versions anonymization producer {{ name }} stix }} }}"""


@pytest.fixture(params=["planned", "plain", "reference"])
def graph(world: World, request: pytest.FixtureRequest) -> Graph:
    return Graph(world.house, request.param)


async def listed(graph: Graph, viewer: Any, **given: Any) -> list[Any]:
    told = (await graph.ask(viewer, LIST, **given))["indicators"]
    nodes = [edge["node"] for edge in told["edges"]]
    if "first" not in given:
        assert told["totalCount"] == len(nodes)
    return nodes


PATTERNS = {  # of the victim's address and of the adversary's, by form; absent: withheld
    Form.NONE: ("= '10.1.2.3'", "= '198.51.100.7'"),
    Form.LOW_NAMED: ("ISSUBSET '10.1.2.0/24'", "= '198.51.100.7'"),
    Form.LOW: ("ISSUBSET '10.1.2.0/24'", "= '198.51.100.7'"),
    Form.MEDIUM: ("ISSUBSET '10.1.0.0/16'", "= '198.51.100.7'"),
    Form.HIGH: (None, "ISSUBSET '198.51.100.0/24'"),
    Form.FULL: (None, "ISSUBSET '198.51.0.0/16'"),
}
WORDS = {Form.NONE: "NONE", Form.LOW_NAMED: "LOW", Form.LOW: "LOW"}


async def test_a_partner_sees_what_its_form_shows_and_no_way_leads_around_it(world: World, graph: Graph) -> None:
    keys = await share(world, *OBJECTS)
    viewer, house = world.stranger, world.house
    mine = pseudonyms_of(house.sharing_secret, viewer.organization_id)
    third = await another(world)
    theirs = pseudonyms_of(house.sharing_secret, third.organization_id)
    assert await listed(graph, viewer) == []
    for form, (victim, foe) in PATTERNS.items():
        await grant(world, viewer.organization_id, form)
        await grant(world, third.organization_id, form)
        seen = await listed(graph, viewer)
        patterns = {node["pattern"] for node in seen}
        told = {f"[ipv4-addr:value {one}]" for one in (victim, foe) if one} | {CLEAR["pattern"]}
        assert patterns == told, form
        by = {node["pattern"]: node for node in seen}
        is_named = form <= Form.LOW_NAMED
        named = {"name": "Operator"} if is_named else None
        for sent, shown in ((VICTIM, victim), (FOE, foe)):
            if shown is None:
                continue
            node = by[f"[ipv4-addr:value {shown}]"]
            is_exact = shown.startswith("=") and (form == Form.NONE or sent is FOE)
            known = sent["id"] if is_exact else mine.of("indicator", keys[sent["id"]])
            assert (node["stixId"], node["stix"]["id"]) == (known, known)
            assert node["anonymization"] == ("NONE" if is_exact else WORDS.get(form, form.name))
            assert (node["producer"], node["organization"]) == (named, named)
            assert (node["trust"]["source"] == "Operator", node["trust"]["level"]) == (is_named, "RESTRICTED")
            assert node["trust"]["score"] == 0.5
            if is_exact:
                assert node["stix"] == sent and node["name"] == sent["name"]
            else:
                assert node["stix"]["pattern"] == node["pattern"] and "10.1.2.3" not in str(node)
            if sent is VICTIM:
                hidden = mine.of("identity", keys[IDENTITY["id"]])
                assert node["createdByRef"] == (BY["created_by_ref"] if is_named else hidden)
            # By the id it is known by, and by no other.
            for name in (known, node["id"]):
                found = await graph.ask(viewer, ONE, id=name)
                assert found["indicator"] == node and found["node"] == {"id": node["id"]}
            if not is_exact:
                for name in (
                    sent["id"],
                    to_global("Indicator", keys[sent["id"]]),
                    theirs.of("indicator", keys[sent["id"]]),
                ):
                    assert await graph.ask(viewer, ONE, id=name) == {
                        "indicator": None,
                        "node": None,
                        "stixObject": None,
                    }
        assert by[CLEAR["pattern"]]["stixId"] == CLEAR["id"]
        assert by[CLEAR["pattern"]]["producer"] == {"name": "Operator"}

        # No filter, no order and no page tells what is not shown.
        is_clear = form == Form.NONE
        for given in ({"value": "10.1.2.3"}, {"search": "10.1.2.3"}, {"search": "Inside"}):
            assert bool(await listed(graph, viewer, filter=given)) == is_clear, (form, given)
        assert bool(await listed(graph, viewer, filter={"value": "198.51.100.7"})) == (foe == "= '198.51.100.7'")
        assert len(await listed(graph, viewer, filter={"labels": ["inside"]})) == int(victim is not None)
        walked: list[str] = []
        after = None
        while after is not None or not walked:
            page = (await graph.ask(viewer, LIST, orderBy="OLDEST", first=1, after=after))["indicators"]
            walked += [edge["node"]["id"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
        assert sorted(walked) == sorted(node["id"] for node in seen)

        # One object is one pseudonym wherever it is named; two readers who compare find nothing in common.
        ids = {sent["id"]: mine.of(sent["type"], keys[sent["id"]]) for sent in (FAMILY, MEANS, IDENTITY, VICTIM)}
        name = MEANS["id"] if form == Form.NONE else ids[MEANS["id"]]
        link = (await graph.ask(viewer, ONE, id=name))["stixObject"]
        assert link["stix"]["id"] == link["stixId"] == name and len(link["versions"]) == 1
        family = (await graph.ask(viewer, ONE, id=link["stix"]["target_ref"]))["stixObject"]
        assert family["stixId"] == link["stix"]["target_ref"] and family["producer"] == named
        assert family["stix"].get("created_by_ref") == (IDENTITY["id"] if is_named else ids[IDENTITY["id"]])
        if form > Form.NONE:
            assert link["stix"]["source_ref"] == ids[VICTIM["id"]]
        other = await listed(graph, third)
        changed = {node["stixId"] for node in seen if node["anonymization"] != "NONE"}
        assert not changed & {node["stixId"] for node in other} and len(other) == len(seen)

        # The producer is shown the same.
        document = f"""query ($id: ID!, $to: ID!) {{ indicator(id: $id) {{ id matchingEvidence {{ totalCount }}
          viewAs(organizationId: $to) {{ {FIELDS} matchingEvidence {{ totalCount }}
            viewAs(organizationId: $to) {{ id }} }} }} }}"""
        to = to_global("Organization", viewer.organization_id)
        for sent, shown in ((VICTIM, victim), (FOE, foe)):
            preview = (await graph.ask(world.viewer, document, id=sent["id"], to=to))["indicator"]["viewAs"]
            if shown is None:
                assert preview is None
                continue
            node = by[f"[ipv4-addr:value {shown}]"]
            again = (await graph.ask(world.viewer, ONE, id=node["id"]))["indicator"]
            assert {name: preview[name] for name in node} == node and (again is None) == (
                preview["stixId"] != sent["id"]
            )
            foreign = (await graph.ask(viewer, document, id=node["stixId"], to=to))["indicator"]
            assert foreign["viewAs"] is None
    await grant(world, viewer.organization_id, None)
    assert await listed(graph, viewer) == []
    assert len(await listed(graph, world.viewer)) == 3


async def test_a_level_too_low_hides_all_and_the_own_list_is_as_it_was_sent(world: World, graph: Graph) -> None:
    await share(world, *OBJECTS)
    await grant(world, world.stranger.organization_id, Form.NONE, level=50)
    assert await listed(graph, world.stranger) == []
    own = await listed(graph, world.viewer)
    assert {node["stixId"] for node in own} == {VICTIM["id"], FOE["id"], CLEAR["id"]}
    for node in own:
        assert node["producer"] == node["organization"] == {"name": "Operator"} and node["anonymization"] == "NONE"
        assert node["trust"] == {"level": "RESTRICTED", "score": 1.0, "source": "Operator"}
        assert (await graph.ask(world.viewer, ONE, id=node["stixId"]))["indicator"] == node
    assert len(await world.all(rows.Indicator)) > 3
