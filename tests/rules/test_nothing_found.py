"""Without data there is the prior, no confidence, and words that never call anything safe."""

import re
from datetime import timedelta

import pytest

from rules.investigation.analysers import ANALYSERS, analysed_domains
from rules.investigation.catalogue import SIGNALS
from rules.investigation.explained import explained
from rules.investigation.findings import ActivityFact
from rules.investigation.words import ActivityKind, EntityType
from tests.rules.judging import START, facts_of, judged

VALUES = {
    EntityType.IP: "192.0.2.7",
    EntityType.USER: "ada",
    EntityType.TRANSACTION: "t-1",
    EntityType.DEVICE: "d-1",
    EntityType.EMAIL: "ada@example.com",
    EntityType.DOMAIN: "example.com",
}
ACQUITTAL = re.compile(r"\b(safe|clean|harmless|trustworthy|innocent)\b", re.IGNORECASE)


@pytest.mark.parametrize("entity_type", EntityType)
@pytest.mark.parametrize("count", [0, 3])
def test_no_data_gives_the_prior_and_no_confidence(entity_type: EntityType, count: int) -> None:
    """Three records of a kind no analyser reads are as little as none."""
    records = [
        ActivityFact(id=n, time=START + timedelta(hours=n), kind=ActivityKind.DEVICE, source="inventory")
        for n in range(count)
    ]
    facts = facts_of(records, entity_type, VALUES[entity_type])
    assessment, findings = judged(facts)
    assert findings == []
    assert not any(analyser.had_data(facts) for analyser in ANALYSERS)
    expected = 0.0474 if analysed_domains(entity_type) else 0.0
    assert (round(assessment.risk, 4), assessment.confidence, assessment.quality) == (expected, 0.0, 0.0)
    told = explained(entity_type, analysed_domains(entity_type), [], [], records_seen=count)
    assert (told.notes, told.terms) == ((f"Nothing found in {count} records.",), ())
    assert not ACQUITTAL.search(told.notes[0])


def test_looking_through_indicators_and_finding_none_is_still_no_confidence() -> None:
    facts = facts_of([], EntityType.IP, VALUES[EntityType.IP], indicators=[])
    assessment, findings = judged(facts)
    assert [analyser.domain for analyser in ANALYSERS if analyser.had_data(facts)] == ["intelligence"]
    assert (findings, round(assessment.risk, 4), assessment.confidence) == ([], 0.0474, 0.0)


def test_no_signal_is_titled_an_acquittal() -> None:
    assert [signal.title for signal in SIGNALS.values() if ACQUITTAL.search(signal.title)] == []
