"""A case whose address an imported indicator names: evidence that names the indicator, through the graph."""

import json
from datetime import timedelta
from functools import partial
from typing import Any

from rules.investigation.words import DomainName
from tests.engine.conftest import ATTACKER, case_of, guess_passwords, open_case, status_is, until
from tests.graph.asking import Graph
from tests.world import World
from workers import runtime

IMPORT = """
mutation ($input: ImportStixInput!) {
  importStix(input: $input) { userErrors { field message } results { status } }
}"""
SHOWN = """
query ($id: ID!) {
  investigation(id: $id) {
    status
    domains { name summary }
    evidence(filter: {domain: [INTELLIGENCE]}) { edges { node {
      title ownTelemetry reliability indicators(first: 5) { edges { node { stixId } } } } } }
  }
}"""
STIX_ID = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"


def bundle(world: World, **more: Any) -> dict[str, Any]:
    told = (world.house.clock.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "type": "bundle",
        "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d",
        "objects": [
            {
                "type": "indicator",
                "spec_version": "2.1",
                "id": STIX_ID,
                "created": told,
                "modified": told,
                "pattern": f"[ipv4-addr:value = '{ATTACKER}']",
                "pattern_type": "stix",
                "valid_from": told,
                "confidence": 90,
                **more,
            }
        ],
    }


async def judged(world: World) -> dict[str, Any]:
    await guess_passwords(world, 3)
    number = await open_case(world, domains=[DomainName.AUTHENTICATION, DomainName.INTELLIGENCE])
    await until(lambda: status_is(world, number, "complete", "review_needed", "failed"))
    assert (await case_of(world, number)).status == "complete"
    shown: dict[str, Any] = await Graph(world.house, "planned").ask(world.publisher, SHOWN, id=f"INV-{number}")
    found: dict[str, Any] = shown["investigation"]
    return found


async def take_in(world: World, sent: dict[str, Any]) -> None:
    told = await Graph(world.house, "planned").ask(world.publisher, IMPORT, input={"bundle": sent})
    assert told["importStix"]["userErrors"] == []
    assert [result["status"] for result in told["importStix"]["results"]] == ["CREATED"], json.dumps(told)


async def test_evidence_names_the_indicator_it_rests_on(world: World, engine: runtime.Engine) -> None:
    await take_in(world, bundle(world))
    case = await judged(world)
    (piece,) = [edge["node"] for edge in case["evidence"]["edges"]]
    assert [edge["node"]["stixId"] for edge in piece["indicators"]["edges"]] == [STIX_ID]
    assert piece["ownTelemetry"] is False
    assert 0 < piece["reliability"] < 0.95


async def test_a_revoked_indicator_does_not_score(world: World, engine: runtime.Engine) -> None:
    await take_in(world, bundle(world, revoked=True))
    assert (await judged(world))["evidence"]["edges"] == []


async def test_nothing_to_look_through_is_no_data(world: World, engine: runtime.Engine) -> None:
    case = await judged(world)
    assert case["evidence"]["edges"] == []
    summary = next(domain["summary"] for domain in case["domains"] if domain["name"] == "INTELLIGENCE")
    assert summary.startswith("Nothing found in ")


async def test_a_network_is_met_by_the_addresses_in_it_and_by_no_others(world: World, engine: runtime.Engine) -> None:
    networks = ["203.0.113.0/29", "203.0.113.8/29", "2001:db8::/48", "2001:db8:1::/48"]
    for n, network in enumerate(networks):
        kind = "ipv6-addr" if ":" in network else "ipv4-addr"
        pattern = f"[{kind}:value ISSUBSET '{network}']" if n % 2 else f"[{kind}:value = '{network}']"
        await take_in(world, bundle(world, id=f"{STIX_ID[:-1]}{n}", pattern=pattern))
    found = []
    for address in ("203.0.113.7", "203.0.113.8", "203.0.113.16", "2001:db8::7", "2001:db8:1::7", "2001:db8:2::7"):
        number = await open_case(world, domains=[DomainName.INTELLIGENCE], ip=address)
        await until(partial(status_is, world, number, "complete"))
        shown = await Graph(world.house, "planned").ask(world.publisher, SHOWN, id=f"INV-{number}")
        pieces = [edge["node"] for edge in shown["investigation"]["evidence"]["edges"]]
        assert all(piece["title"] == "In a network of shared intelligence" for piece in pieces)
        named = [edge["node"]["stixId"] for piece in pieces for edge in piece["indicators"]["edges"]]
        found.append([networks[int(stix_id[-1])] for stix_id in named])
    assert found == [[networks[0]], [networks[1]], [], [networks[2]], [networks[3]], []]
