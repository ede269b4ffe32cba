"""What is left of a verdict when its data goes: what was assumed before, and words that never call anything safe."""

import json
import re
from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from models import tables as rows
from models.walls import EVERYTHING
from resolvers.indicators import import_stix
from tests.engine.conftest import ATTACKER, engine, guess_passwords, until  # noqa: F401 - a fixture
from tests.graph.asking import Graph
from tests.intelligence.objects import bundle, indicator
from tests.world import World
from workers import runtime

CREATE = """
mutation ($input: CreateInvestigationInput!) {
  createInvestigation(input: $input) { investigation { id } userErrors { message } }
}"""
RERUN = """
mutation ($input: RerunInvestigationInput!) {
  rerunInvestigation(input: $input) { investigation { run } userErrors { message } }
}"""
SHOWN = """
query ($id: ID!) {
  investigation(id: $id) {
    status run riskScore confidence qualityScore recordsSeen
    riskExplanation { prior riskScore confidence terms { impact } notes recordsSeen }
    domains { status summary riskScore confidence }
    timeline(last: 10) { edges { node { summary } } }
  }
}"""
ACQUITTAL = re.compile(r"\b(safe|clean|harmless|trustworthy|innocent|benign)\b", re.IGNORECASE)


async def judged(world: World, case: str, run: int) -> dict[str, Any]:
    async def complete() -> dict[str, Any] | None:
        shown = await Graph(world.house, "planned").ask(world.publisher, SHOWN, id=case)
        found: dict[str, Any] = shown["investigation"]
        return found if (found["status"], found["run"]) == ("COMPLETE", run) else None

    found: dict[str, Any] = await until(complete)
    return found


async def test_without_its_data_a_case_falls_back_to_the_prior_and_is_never_called_safe(
    world: World,
    engine: runtime.Engine,  # noqa: F811
) -> None:
    graph = Graph(world.house, "planned")
    await guess_passwords(world)
    await import_stix(world.op(), bundle=bundle(indicator(1, f"[ipv4-addr:value = '{ATTACKER}']", confidence=90)))
    made = await graph.ask(
        world.publisher,
        CREATE,
        input={
            "entity": {"type": "IP", "value": ATTACKER},
            "timeWindow": {"start": "2026-11-20T12:00:00Z", "end": "2026-11-21T12:00:00Z"},
            "configuration": {"domainsToAnalyze": ["AUTHENTICATION", "NETWORK", "INTELLIGENCE"]},
        },
    )
    case = made["createInvestigation"]["investigation"]["id"]
    before = await judged(world, case, 1)
    assert (before["riskScore"] >= 0.7, before["confidence"] > 0.3, before["recordsSeen"]) == (True, True, 12)
    assert not any("Nothing found" in note for note in before["riskExplanation"]["notes"])

    async with world.house.database.transaction(EVERYTHING) as session:
        for table in (rows.EvidenceActivity, rows.ActivityEntity, rows.ActivityRecord, rows.EvidenceIndicator):
            await session.execute(delete(table))
        await session.execute(delete(rows.IndicatorKey))
        await session.execute(delete(rows.Indicator).where(col(rows.Indicator.organization_id) == world.operator.id))
    told = await graph.ask(world.publisher, RERUN, input={"investigationId": case})
    assert told["rerunInvestigation"]["userErrors"] == []

    after = await judged(world, case, 2)
    scores = after["riskScore"], after["riskExplanation"]["riskScore"], after["riskExplanation"]["prior"]
    assert {round(score, 4) for score in scores} == {0.0474}
    assert (after["confidence"], after["riskExplanation"]["confidence"], after["qualityScore"]) == (0.0, 0.0, 0.0)
    assert (after["riskExplanation"]["terms"], after["recordsSeen"]) == ([], 0)
    assert after["riskExplanation"]["notes"] == ["Nothing found in 0 records."]
    assert [domain["summary"] for domain in after["domains"]] == ["Nothing found in 0 records."] * 3
    assert {domain["confidence"] for domain in after["domains"]} == {0.0}
    assert not ACQUITTAL.search(json.dumps(after))
