"""A server that is changed in the midst of a run: the case goes on, and says which signals judged each domain."""

from dataclasses import replace

import pytest
from dbos import DBOS
from sqlalchemy import text

from foundation.version import VERSION as RELEASE
from gateways.jobs import VERSION
from models import tables as rows
from models.walls import EVERYTHING
from resolvers.operation import House
from rules.investigation import catalogue
from rules.investigation.words import DomainName
from tests.engine.conftest import Gate, case_of, guess_passwords, kinds, open_case, status_is, until
from tests.engine.test_jobs import table
from tests.graph.asking import Graph
from tests.world import World
from workers import runtime

BOTH = [DomainName.AUTHENTICATION, DomainName.NETWORK]
SHOWN = """
query ($id: ID!) {
  investigation(id: $id) {
    status catalogueHash
    domains { name status catalogueHash }
    timeline(last: 20) { edges { node { action summary outputData } } }
  }
}"""


def change_the_code(monkeypatch: pytest.MonkeyPatch) -> str:
    """Every signal in another version, and one workflow more: what a new release brings. The new catalogue's hash."""
    changed = {code: replace(signal, version=signal.version + 1) for code, signal in catalogue.SIGNALS.items()}
    monkeypatch.setattr(catalogue, "SIGNALS", changed)

    @DBOS.workflow(name="brought-by-a-later-release")
    async def later() -> None:
        """Left to itself, DBOS takes its version from the source of all workflows, and strands what runs."""

    return catalogue.catalogue_hash()


async def test_a_run_begun_by_other_code_completes_and_says_which_signals_judged_what(
    world: World, house: House, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = catalogue.catalogue_hash()
    await guess_passwords(world)
    await runtime.start(house)
    gate.hold_at = 2  # one analysis has begun and is held; the other one ends
    number = await open_case(world, BOTH)
    await until(lambda: one_is_done(world))
    await gate.reached.wait()
    await runtime.stop(drain_s=0)
    before = await kinds(world, f"inv:{number}")

    new = change_the_code(monkeypatch)
    gate.opened.set()
    await runtime.start(house)
    await until(lambda: status_is(world, number, "complete"))
    await runtime.stop(drain_s=0)

    shown = await Graph(house, "planned").ask(world.publisher, SHOWN, id=f"INV-{number}")
    case, domains = shown["investigation"], shown["investigation"]["domains"]
    assert (case["status"], case["catalogueHash"], old != new) == ("COMPLETE", old, True)
    assert sorted(domain["catalogueHash"] for domain in domains) == sorted([old, new])
    entries = [edge["node"] for edge in case["timeline"]["edges"]]
    judged = [entry["outputData"] for entry in entries if entry["action"] == "ANALYSIS_COMPLETED"]
    assert [(data["catalogue"], data["version"]) for data in judged] == [(old, RELEASE), (new, RELEASE)]
    assert entries[-1]["summary"].endswith(" The signals were changed in its midst: 2 catalogues judged its domains.")
    after = await kinds(world, f"inv:{number}")
    assert after[: len(before)] == before
    assert after.count("evidence_found") == 2 and after.count("investigation_status_changed") == 2

    async with house.database.reading(EVERYTHING) as session:
        statuses = table(house.database, "workflow_status")
        versions = await session.scalars(text(f"SELECT DISTINCT application_version FROM {statuses}"))
        assert versions.all() == [VERSION]


async def one_is_done(world: World) -> bool:
    return [domain.status for domain in await world.all(rows.DomainAnalysis)].count("complete") == 1


async def test_one_catalogue_is_not_worth_a_word(world: World, engine: runtime.Engine) -> None:
    await guess_passwords(world)
    number = await open_case(world, BOTH)
    case = await until(lambda: status_is(world, number, "complete"))
    domains = await world.all(rows.DomainAnalysis)
    assert {domain.catalogue_hash for domain in domains} == {case.catalogue_hash} == {catalogue.catalogue_hash()}
    last = (await world.all(rows.TimelineEvent))[-1]
    assert "catalogue" not in last.summary and last.action == "investigation_completed"
    assert (await case_of(world, number)).run == 1
