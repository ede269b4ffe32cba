"""Patterns beyond the index, asked of the records of a case: evidence as of any indicator, and words for the rest."""

from datetime import timedelta
from typing import Any

import pytest

from models import tables as rows
from resolvers.running import patterns
from rules.investigation.words import DomainName
from tests.engine.conftest import ATTACKER, guess_passwords, open_case, status_is, until
from tests.engine.test_intelligence import STIX_ID, bundle, take_in
from tests.graph.asking import Graph
from tests.world import World
from workers import runtime

SHOWN = """
query ($id: ID!) {
  investigation(id: $id) {
    status
    domains { name summary }
    evidence(filter: {domain: [INTELLIGENCE]}) { edges { node {
      title ownTelemetry reliability activity(first: 10) { edges { node { ip } } }
      indicators(first: 5) { edges { node { stixId isIndexed notMatchedBecause } } } } } }
    timeline(last: 20) { edges { node { action summary success } } }
  }
}"""
INDICATORS = "{ indicators(first: 20) { edges { node { stixId isIndexed notIndexedBecause notMatchedBecause } } } }"
MET = "[ipv4-addr:value LIKE '203.0.113.%'] REPEATS 3 TIMES WITHIN 600 SECONDS"
UNMET = "[ipv4-addr:value LIKE '198.51.100.%']"
ENDLESS = "[user-account:account_login MATCHES '^(a+)+$']"


async def hold(world: World, *patterns: str, **more: Any) -> None:
    """Indicators whose ids end in 1, 2, 3 ... in this order."""
    for n, pattern in enumerate(patterns, 1):
        await take_in(world, bundle(world, id=f"{STIX_ID[:-1]}{n}", pattern=pattern, **more))


async def judged(world: World) -> dict[str, Any]:
    world.house.clock.forward(seconds=1)  # type: ignore[attr-defined]  # another window, so another case
    number = await open_case(world, domains=[DomainName.INTELLIGENCE])
    await until(lambda: status_is(world, number, "complete", "review_needed", "failed"))
    shown: dict[str, Any] = await Graph(world.house, "planned").ask(world.publisher, SHOWN, id=f"INV-{number}")
    case: dict[str, Any] = shown["investigation"]
    assert case["status"] == "COMPLETE"
    return case


def nodes(connection: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in connection["edges"]]


async def test_evidence_names_the_indicator_and_the_records(world: World, engine: runtime.Engine) -> None:
    await guess_passwords(world, 3)
    await hold(world, MET, UNMET)
    case = await judged(world)
    (piece,) = nodes(case["evidence"])
    assert piece["title"] == "Did what a pattern of shared intelligence describes"
    assert nodes(piece["indicators"]) == [{"stixId": f"{STIX_ID[:-1]}1", "isIndexed": False, "notMatchedBecause": None}]
    assert [one["ip"] for one in nodes(piece["activity"])] == [ATTACKER] * 3
    assert piece["ownTelemetry"] is False and 0.8 < piece["reliability"] < 0.95
    assert case["domains"][0]["summary"].endswith(" 2 patterns beyond the index asked of 3 records.")
    # The same records and the same patterns: the same evidence.
    (again,) = nodes((await judged(world))["evidence"])
    assert again == {**piece, "reliability": pytest.approx(piece["reliability"], abs=1e-6)}


@pytest.mark.parametrize(
    "more", [{"revoked": True}, {"valid_until": "2026-11-20T00:00:00Z"}, {"indicator_types": ["benign"]}]
)
async def test_what_is_out_of_force_is_no_evidence(world: World, engine: runtime.Engine, more: dict[str, Any]) -> None:
    await guess_passwords(world, 3)
    await hold(world, MET, **more)
    assert nodes((await judged(world))["evidence"]) == []


async def test_one_that_takes_too_long_is_asked_no_more_until_it_changes(world: World, engine: runtime.Engine) -> None:
    await guess_passwords(world, 3)
    (record, *_) = await world.all(rows.ActivityRecord)
    record.user = "a" * 40 + "b"
    await world.put(record)
    await hold(world, ENDLESS, MET, confidence=80)
    case = await judged(world)
    assert len(nodes(case["evidence"])) == 1
    assert case["domains"][0]["summary"].endswith(
        " 2 patterns beyond the index asked of 3 records. 1 pattern took too long and will not be asked again."
    )
    because = "It took more than 1 s to match with 3 records."
    (told,) = [one for one in nodes(case["timeline"]) if not one["success"]]
    assert told["summary"] == f"The pattern of {STIX_ID[:-1]}1 is matched no longer. {because}"
    found = await Graph(world.house, "planned").ask(world.publisher, INDICATORS)
    held = {one["stixId"][-1]: one for one in nodes(found["indicators"])}
    assert [held[n]["notMatchedBecause"] for n in "12"] == [because, None]
    again = await judged(world)
    assert again["domains"][0]["summary"].endswith(" 1 pattern beyond the index asked of 3 records.")
    later = (world.house.clock.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    changed = bundle(world, id=f"{STIX_ID[:-1]}1", pattern=UNMET, modified=later)
    told = await Graph(world.house, "planned").ask(world.publisher, IMPORT_AGAIN, input={"bundle": changed})
    assert told["importStix"]["results"] == [{"status": "UPDATED"}]
    found = await Graph(world.house, "planned").ask(world.publisher, INDICATORS)
    assert {one["notMatchedBecause"] for one in nodes(found["indicators"])} == {None}


IMPORT_AGAIN = "mutation ($input: ImportStixInput!) { importStix(input: $input) { results { status } } }"


async def test_the_surest_are_asked_and_the_others_are_counted(
    world: World, engine: runtime.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "MOST_PATTERNS", 2)
    await guess_passwords(world, 3)
    for n, confidence in ((1, 40), (2, 90), (3, 60)):
        await take_in(world, bundle(world, id=f"{STIX_ID[:-1]}{n}", pattern=MET, confidence=confidence))
    await take_in(world, bundle(world, id=f"{STIX_ID[:-1]}4", pattern="title: rule", pattern_type="sigma"))
    case = await judged(world)
    (piece,) = nodes(case["evidence"])
    assert sorted(one["stixId"][-1] for one in nodes(piece["indicators"])) == ["2", "3"]
    assert case["domains"][0]["summary"].endswith(
        " 2 patterns beyond the index asked of 3 records. 1 pattern not asked."
    )
    found = await Graph(world.house, "planned").ask(world.publisher, INDICATORS)
    (sigma,) = [one for one in nodes(found["indicators"]) if one["stixId"][-1] == "4"]
    assert sigma["notMatchedBecause"] == sigma["notIndexedBecause"] == "It is no STIX pattern."
