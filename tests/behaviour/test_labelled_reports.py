"""The labelled reports, from `casegraph import-stix` to the evidence of whole cases: what is named is named exactly.

Other indicators stand beside them: two thousand, and with CASEGRAPH_TEST_KILLS at 20 or more, what to demand of a
release, two hundred thousand as well, with a case on every labelled value instead of a few.
"""

import asyncio
import os
from typing import Any

import pytest
from sqlalchemy import event

from cli.import_stix import Outcome, import_file
from resolvers.operation import House
from tests.engine.conftest import engine  # noqa: F401 - a fixture
from tests.graph.asking import Graph
from tests.intelligence.test_matching import REPORTS, fill, labelled, truth
from tests.world import World
from workers import runtime

pytestmark = labelled
RELEASE = int(os.environ.get("CASEGRAPH_TEST_KILLS", "3")) >= 20
VISITOR = "192.0.2.7"

CREATE = """
mutation Open($input: CreateInvestigationInput!) {
  createInvestigation(input: $input) { investigation { id } userErrors { field message code } }
}"""
STILL_RUNNING = "{ investigations(filter: {status: [RUNNING]}) { totalCount } }"
INGEST = """
mutation Ingest($input: IngestActivityInput!) {
  ingestActivity(input: $input) { results { status } userErrors { message } }
}"""
SHOWN = """
query Shown($id: ID!) {
  investigation(id: $id) {
    status riskScore
    evidence(first: 20) { edges { node {
      title supports
      indicators(first: 100) { totalCount edges { node { stixId } } }
      others: indicators(last: 100) { edges { node { stixId } } }
    } } }
  }
}"""
NAMED, UNDER = "Named by shared intelligence", "Under a name of shared intelligence"
DEALT, AROUND = "Dealt with what shared intelligence names", "Dealt with what lies within what is named"
ENTITY = {"domain-name": "DOMAIN", "email-addr": "EMAIL", "ipv4-addr": "IP"}
LABELS = ("positives", "normalised", "near_misses", "benign")

Labelled = dict[str, Any]
Case = dict[str, Any]


def record(n: int, label: Labelled) -> dict[str, Any]:
    """The visitor's dealing with a labelled value."""
    kind, where = {
        "domain-name": ("DNS", {"domain": label["value"]}),
        "email-addr": ("MAIL", {"email": label["value"]}),
        "ipv4-addr": ("CONNECTION", {"details": {"peer": label["value"]}}),
    }[label["type"]]
    return {
        "kind": kind,
        "time": f"2026-11-20T{n // 60:02}:{n % 60:02}:00Z",
        "source": "test",
        "ip": VISITOR,
        **where,
    }


async def judged(world: World, entities: list[tuple[str, str]]) -> list[Case]:
    """A case on each, run to its end."""
    graph, made = Graph(world.house, "planned"), []
    for n, (kind, value) in enumerate(entities):
        given = {
            "entity": {"type": kind, "value": value},
            # Each begins at another minute: two spellings of one name over one window would be one case.
            "timeWindow": {"start": f"2026-11-19T{n // 60:02}:{n % 60:02}:00Z", "end": "2026-11-21T00:00:00Z"},
            "configuration": {"domainsToAnalyze": ["INTELLIGENCE"]},
        }
        told = (await graph.ask(world.publisher, CREATE, input=given))["createInvestigation"]
        assert told["userErrors"] == []
        made.append(told["investigation"]["id"])
    async with asyncio.timeout(300):
        while (await graph.ask(world.publisher, STILL_RUNNING))["investigations"]["totalCount"]:
            await asyncio.sleep(0.25)
    cases = [(await graph.ask(world.publisher, SHOWN, id=case))["investigation"] for case in made]
    assert {case["status"] for case in cases} == {"COMPLETE"}
    return cases


def named(case: Case, title: str) -> set[str]:
    """The indicators that the evidence of one kind rests on."""
    found = set()
    for edge in case["evidence"]["edges"]:
        piece = edge["node"]
        if piece["title"] == title:
            shown = [*piece["indicators"]["edges"], *piece["others"]["edges"]]
            found |= {one["node"]["stixId"] for one in shown}
            assert piece["supports"] and piece["indicators"]["totalCount"] <= 200
    return found


def titles(case: Case) -> set[str]:
    return {edge["node"]["title"] for edge in case["evidence"]["edges"]}


@pytest.mark.parametrize("others", [2_000, 200_000] if RELEASE else [2_000])
async def test_cases_name_the_indicators_of_every_labelled_value_and_of_no_near_miss(
    world: World,
    house: House,
    engine: runtime.Engine,  # noqa: F811
    others: int,
) -> None:
    await fill(world, others)
    outcome = Outcome()
    for path in sorted(REPORTS.glob("*.json")):
        if path.name != "truth.json":
            await import_file(house, world.operator.id, path, outcome)
    assert (outcome.refusals, outcome.broken) == ([], 0)
    labels: dict[str, list[Labelled]] = {word: truth()[word] for word in LABELS}
    indicators = {one["value"]: set(one["indicators"]) for one in labels["positives"]}

    every = [label for word in ("positives", "near_misses", "benign") for label in labels[word]]
    told = await Graph(house, "planned").ask(
        world.publisher, INGEST, input={"records": [record(n, label) for n, label in enumerate(every)]}
    )
    assert [result["status"] for result in told["ingestActivity"]["results"]] == ["CREATED"] * 175

    asked = [(word, label) for word in LABELS for label in labels[word][:: 1 if RELEASE else 15]]
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(house.database.reader.sync_engine, "before_cursor_execute", note)
    entities = [("IP", VISITOR), *((ENTITY[label["type"]], label["value"]) for _, label in asked)]
    visitor, *cases = await judged(world, entities)
    # One look-up a case, however many values it has and however many indicators there are.
    assert len([text for text in statements if "indicator_index." in text]) == len(entities)

    # All at once: whoever dealt with all of these values is told of exactly what names them.
    assert titles(visitor) == {DEALT, AROUND}
    assert named(visitor, DEALT) == set.union(*indicators.values())
    near = {label["value"].partition(".")[2] for label in labels["near_misses"]}
    assert named(visitor, AROUND) == set.union(*(indicators[name] for name in near))

    risks: dict[str, list[float]] = {}
    for (word, label), case in zip(asked, cases, strict=True):
        risks.setdefault(word, []).append(case["riskScore"])
        plain = label["value"].lower().removesuffix(".")
        if word == "near_misses":
            assert titles(case) == {UNDER}
            assert named(case, UNDER) == indicators[plain.partition(".")[2]]
        elif word == "benign":
            assert titles(case) == set()
        else:
            assert titles(case) == {NAMED}
            assert plain not in indicators or named(case, NAMED) == indicators[plain]
    assert {round(risk, 4) for risk in risks["benign"]} == {0.0474}
    # What was listed too long ago, the oldest report's names and any address, is named and moves nothing any more.
    weighty = [risk for risk in (*risks["positives"], *risks["normalised"]) if round(risk, 4) != 0.0474]
    assert len(weighty) > len(asked) // 3
    assert max(risks["near_misses"]) < min(weighty) / 2
