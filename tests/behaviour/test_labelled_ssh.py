"""The labelled SSH log, from `casegraph ingest` to the verdict in the graph: the product's first real job.

`CASEGRAPH_TEST_DATA` names the folder with the developers' data; by default `../shared/data` beside the repository.
"""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.ingest import Lines, Outcome, ingest
from formats.activity import sshd
from resolvers.operation import House
from tests.engine.conftest import engine  # noqa: F401 - a fixture
from tests.graph.asking import Graph
from tests.world import World
from workers import runtime

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("CASEGRAPH_TEST_DATA", ROOT / ".." / "shared" / "data")) / "auth" / "ssh"
LOG = "openssh_2k.log"
pytestmark = pytest.mark.skipif(
    not (FOLDER / LOG).exists(),
    reason="the labelled logs are not at hand: set CASEGRAPH_TEST_DATA to the folder that holds auth/ssh",
)

CREATE = """
mutation Open($input: CreateInvestigationInput!) {
  createInvestigation(input: $input) { investigation { id } userErrors { field message code } }
}"""
STILL_RUNNING = "{ investigations(filter: {status: [RUNNING]}) { totalCount } }"
VERDICT = """
query Verdict($id: ID!) {
  investigation(id: $id) {
    status riskScore confidence
    riskExplanation { prior terms { impact } }
    evidence(first: 50) { edges { node {
      title description supports strength window { start end }
      activity(first: 1) { totalCount edges { node { ip kind } } }
    } } }
  }
}"""


def labelled() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / "truth.json").read_text())[LOG]
    return found


async def verdicts(world: World, addresses: list[str]) -> dict[str, dict[str, Any]]:
    """Opens a case on each address and waits for its end; what the graph shows of it."""
    graph, made = Graph(world.house, "planned"), {}
    for address in addresses:
        data = await graph.ask(
            world.publisher,
            CREATE,
            input={
                "entity": {"type": "IP", "value": address},
                "timeWindow": {"start": "2025-12-10T00:00:00Z", "end": "2025-12-11T00:00:00Z"},
                "configuration": {"domainsToAnalyze": ["AUTHENTICATION"]},
            },
        )
        assert data["createInvestigation"]["userErrors"] == []
        made[address] = data["createInvestigation"]["investigation"]["id"]

    async with asyncio.timeout(300):
        while (await graph.ask(world.publisher, STILL_RUNNING))["investigations"]["totalCount"]:
            await asyncio.sleep(0.25)
    return {
        address: (await graph.ask(world.publisher, VERDICT, id=case))["investigation"] for address, case in made.items()
    }


async def test_every_brute_forcer_is_found_and_the_evidence_says_why(
    house: House,
    world: World,
    engine: runtime.Engine,  # noqa: F811
) -> None:
    outcome = Outcome()
    lines = Lines(FOLDER / LOG)
    await ingest(
        house,
        world.operator.id,
        sshd.read(lines, year=2025, zone=UTC, now=datetime(2026, 1, 1, tzinfo=UTC), tally=outcome.tally),
        outcome,
    )
    assert (outcome.tally.lines, outcome.tally.malformed, outcome.known) == (2000, 0, 0)

    truth = labelled()
    found = await verdicts(world, list(truth))
    for address, verdict in found.items():
        label = truth[address]["label"]
        assert verdict["status"] == "COMPLETE", address
        total = verdict["riskExplanation"]["prior"] + sum(t["impact"] for t in verdict["riskExplanation"]["terms"])
        assert total == pytest.approx(verdict["riskScore"], abs=1e-9)
        if label in ("probe", "legitimate"):
            assert verdict["riskScore"] < 0.3, (address, verdict)
        if label != "brute_force":
            continue
        assert verdict["riskScore"] >= 0.7, (address, verdict)
        pieces = [edge["node"] for edge in verdict["evidence"]["edges"] if edge["node"]["supports"]]
        failures = [
            piece for piece in pieces if str(truth[address]["attempts"]) in piece["title"] + piece["description"]
        ]
        assert failures, (address, truth[address], pieces)
        for piece in failures:
            assert piece["window"]["start"] < piece["window"]["end"]
            assert piece["activity"]["totalCount"] > 0
            assert {edge["node"]["ip"] for edge in piece["activity"]["edges"]} == {address}

    again = Outcome()
    drafts = sshd.read(lines, year=2025, zone=UTC, now=datetime(2026, 1, 1, tzinfo=UTC), tally=again.tally)
    await ingest(house, world.operator.id, drafts, again)
    assert (again.created, again.known) == (0, outcome.created)
