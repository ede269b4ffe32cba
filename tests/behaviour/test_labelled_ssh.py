"""The labelled SSH logs, from `casegraph ingest` to the verdicts in the graph: the product's first real job.

`CASEGRAPH_TEST_DATA` names the folder with the developers' data; by default `../shared/data` beside the repository.
Of the addresses that did little, every fourth has its case; with CASEGRAPH_TEST_KILLS at 20 or more, what to demand of
a release, each of the eighty has one.
"""

import argparse
import asyncio
import gzip
import json
import os
from collections import Counter
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from cli import import_stix
from cli.ingest import Lines, Outcome, ingest, read
from models import tables as rows
from resolvers.operation import House
from tests.engine.conftest import engine  # noqa: F401 - a fixture
from tests.graph.asking import Graph
from tests.world import World
from workers import runtime

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("CASEGRAPH_TEST_DATA", ROOT / ".." / "shared" / "data"))
LABELS, REPORTS = DATA / "auth" / "ssh" / "truth.json", DATA / "stix" / "reports"
pytestmark = pytest.mark.skipif(
    not (LABELS.exists() and REPORTS.exists()),
    reason="the labelled logs are not at hand: set CASEGRAPH_TEST_DATA to the folder that holds auth/ssh and stix",
)
WINDOWS = {  # of each log, whole days; the year is the one that `ingest` takes for it
    "openssh_2k.log": ("2025-12-10T00:00:00Z", "2025-12-11T00:00:00Z"),
    "ec2_auth.log": ("2025-11-30T00:00:00Z", "2026-01-01T00:00:00Z"),
}

EACH = 1 if int(os.environ.get("CASEGRAPH_TEST_KILLS", "3")) >= 20 else 4

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
      title description supports strength domain window { start end }
      activity(first: 1) { totalCount edges { node { ip kind } } }
    } } }
  }
}"""


def labelled() -> dict[str, dict[str, dict[str, Any]]]:
    """The labels of the addresses that get a case, by log."""
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(LABELS.read_text())
    return {
        log: {
            address: label
            for n, (address, label) in enumerate(found[log].items())
            if label["label"] in ("brute_force", "legitimate") or n % EACH == 0
        }
        for log in WINDOWS
    }


async def take_in(world: World, log: str, folder: Path) -> Outcome:
    """`casegraph ingest sshd LOG`, with its own idea of the year."""
    path, packed = LABELS.with_name(log), LABELS.with_name(f"{log}.gz")
    if packed.exists():
        path = folder / log
        path.write_bytes(gzip.decompress(packed.read_bytes()))
    asked = argparse.Namespace(format="sshd", year=None, zone=UTC)
    outcome, house = Outcome(), world.house
    drafts = read(asked, Lines(path), now=house.clock.now(), tally=outcome.tally)
    return await ingest(house, world.operator.id, drafts, outcome)


async def take_in_reports(world: World) -> None:
    outcome = import_stix.Outcome()
    for path in sorted(REPORTS.glob("*.json")):
        if path.name != "truth.json":
            await import_stix.import_file(world.house, world.operator.id, path, outcome)
    assert (outcome.refusals, outcome.broken) == ([], 0)


async def verdicts(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    """Opens a case on each labelled address of each log and waits for its end; what the graph shows of it."""
    graph, made = Graph(world.house, "planned"), {}
    for log, addresses in labelled().items():
        start, end = WINDOWS[log]
        for address in addresses:
            given = {
                "entity": {"type": "IP", "value": address},
                "timeWindow": {"start": start, "end": end},
                "configuration": {"domainsToAnalyze": ["AUTHENTICATION", "NETWORK", "INTELLIGENCE"]},
            }
            told = (await graph.ask(world.publisher, CREATE, input=given))["createInvestigation"]
            assert told["userErrors"] == []
            made[log, address] = told["investigation"]["id"]
    async with asyncio.timeout(300):
        while (await graph.ask(world.publisher, STILL_RUNNING))["investigations"]["totalCount"]:
            await asyncio.sleep(0.25)
    return {of: (await graph.ask(world.publisher, VERDICT, id=case))["investigation"] for of, case in made.items()}


async def test_every_brute_forcer_is_found_and_the_evidence_says_why(
    house: House,
    world: World,
    tmp_path: Path,
    engine: runtime.Engine,  # noqa: F811
) -> None:
    taken = {log: await take_in(world, log, tmp_path) for log in WINDOWS}
    counted = {log: (found.tally.lines, found.tally.malformed, found.known) for log, found in taken.items()}
    assert counted == {"openssh_2k.log": (2_000, 0, 0), "ec2_auth.log": (10_567, 1, 0)}
    await take_in_reports(world)

    truth, held = labelled(), Counter[str]()
    for (log, address), verdict in (await verdicts(world)).items():
        label = truth[log][address]
        assert verdict["status"] == "COMPLETE", address
        total = verdict["riskExplanation"]["prior"] + sum(t["impact"] for t in verdict["riskExplanation"]["terms"])
        assert total == pytest.approx(verdict["riskScore"], abs=1e-9)
        pieces = [edge["node"] for edge in verdict["evidence"]["edges"] if edge["node"]["supports"]]
        assert {piece["domain"] for piece in pieces} <= {"AUTHENTICATION"}, (address, pieces)  # nobody else accuses
        if label["label"] in ("probe", "legitimate"):
            assert verdict["riskScore"] < 0.3, (address, verdict)
        elif label["label"] == "brute_force":
            assert verdict["riskScore"] >= 0.7, (address, verdict)
            counts = [piece for piece in pieces if str(label["attempts"]) in piece["title"] + piece["description"]]
            assert counts, (address, label, pieces)
            for piece in counts:
                assert piece["window"]["start"] < piece["window"]["end"]
                assert piece["activity"]["totalCount"] > 0
                assert {edge["node"]["ip"] for edge in piece["activity"]["edges"]} == {address}
        held[label["label"]] += 1
    assert (held["brute_force"], held["legitimate"]) == (16, 1)
    assert (held["guessing"], held["probe"]) == ((16, 47) if EACH == 1 else (4, 11))

    before = len(await world.all(rows.ActivityRecord))
    for log in WINDOWS:
        again = await take_in(world, log, tmp_path)
        assert (again.created, again.known) == (0, taken[log].created)
    assert len(await world.all(rows.ActivityRecord)) == before
