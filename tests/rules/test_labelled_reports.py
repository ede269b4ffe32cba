"""The intelligence analyser against real reports and values labelled by what they match (CASEGRAPH_TEST_DATA)."""

import json
import os
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from foundation.entities import canonical
from foundation.times import from_text
from rules.investigation.findings import Finding, IndicatorFact
from rules.investigation.observed import look_up
from rules.investigation.words import EntityType
from tests.rules.judging import codes, facts_of, judged

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("CASEGRAPH_TEST_DATA", REPOSITORY / ".." / "shared" / "data")) / "stix" / "reports"
pytestmark = pytest.mark.skipif(
    not (FOLDER / "truth.json").exists(),
    reason="the reports are not at hand: set CASEGRAPH_TEST_DATA to the folder that holds stix/reports",
)
TYPES = {"domain-name": EntityType.DOMAIN, "email-addr": EntityType.EMAIL, "ipv4-addr": EntityType.IP}
# Good enough for reports whose patterns are single comparisons; it stands in for the index.
COMPARISON = re.compile(r"([a-z0-9-]+):([\w.']+) *= *'([^']*)'")


@cache
def index() -> dict[tuple[str, str], list[IndicatorFact]]:
    found: dict[tuple[str, str], list[IndicatorFact]] = defaultdict(list)
    for path in sorted(FOLDER.glob("*.json")):
        for row in json.loads(path.read_text()).get("objects", ()):
            if row["type"] == "indicator":
                for kind, where, value in COMPARISON.findall(row["pattern"]):
                    plain = value.lower().removesuffix(".") if kind in TYPES else value
                    found[kind, plain].append(
                        IndicatorFact(
                            id=row["id"],
                            stix_id=row["id"],
                            type=kind,
                            value=plain,
                            path=where,
                            valid_from=from_text(row["valid_from"]),
                            source=path.stem,
                            trust=100,
                        )
                    )
    return found


def labelled(word: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((FOLDER / "truth.json").read_text())[word]
    return [row for row in rows if row["type"] in TYPES]


def found_for(row: dict[str, Any]) -> tuple[float, list[Finding]]:
    entity_type = TYPES[row["type"]]
    value = canonical(entity_type, row["value"], field="value")
    wanted = look_up(facts_of([], entity_type, value))
    matched = [indicator for key in wanted for indicator in index().get(key, ())]
    assessment, findings = judged(facts_of([], entity_type, value, indicators=matched))
    return assessment.risk, findings


def test_every_positive_names_exactly_its_indicators() -> None:
    rows = labelled("positives")
    assert len(rows) == 120
    for row in rows:
        exact = [finding for finding in found_for(row)[1] if finding.code == "intelligence.listed"]
        assert {name for finding in exact for name in finding.indicator_ids} == set(row["indicators"])


def test_a_near_miss_is_related_and_weaker_and_the_benign_are_left_alone() -> None:
    listed = [found_for(row) for row in labelled("normalised")]
    near = [found_for(row) for row in labelled("near_misses")]
    benign = [found_for(row) for row in labelled("benign")]
    assert {tuple(codes(findings)) for _, findings in listed} == {("listed",)}
    assert {tuple(codes(findings)) for _, findings in near} == {("parent_listed",)}
    assert {(round(risk, 4), tuple(findings)) for risk, findings in benign} == {(0.0474, ())}
    assert max(risk for risk, _ in near) < min(risk for risk, _ in listed) / 2
