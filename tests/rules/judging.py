"""Facts in, the verdict out: what the engine does with them, without the engine."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from formats.activity.records import ActivityDraft
from rules.investigation.analysers import ANALYSERS
from rules.investigation.catalogue import DEFAULT_PRIOR
from rules.investigation.findings import ActivityFact, Analyser, Facts, Finding, IndicatorFact
from rules.investigation.risk import Assessment, Coverage, Weighed, assess
from rules.investigation.words import EntityType

START = datetime(2026, 1, 1, tzinfo=UTC)
END = START + timedelta(days=30)


def facts_of(
    records: Iterable[ActivityFact],
    entity_type: EntityType,
    value: str,
    *,
    indicators: Sequence[IndicatorFact] | None = None,
    start: datetime = START,
    end: datetime = END,
) -> Facts:
    return Facts.gather(
        entity_type=entity_type,
        entity_value=value,
        start=start,
        end=end,
        as_of=end,
        records=list(records),
        indicators=indicators,
    )


def fact(number: int, draft: ActivityDraft) -> ActivityFact:
    """A stored draft, as an analyser sees it."""
    return ActivityFact(
        id=number,
        time=draft.time,
        kind=draft.kind,
        source=draft.source,
        outcome=draft.outcome,
        user=draft.user,
        ip=draft.ip,
        domain=draft.domain,
        country=draft.country,
        bytes_in=draft.bytes_in,
        bytes_out=draft.bytes_out,
        duration_ms=draft.duration_ms,
        count=draft.count,
        details=draft.details,
    )


def judged(facts: Facts, analysers: Sequence[Analyser] = ANALYSERS) -> tuple[Assessment, list[Finding]]:
    """The assessment of all analysers that fit the entity, and their findings."""
    fitting = [analyser for analyser in analysers if facts.entity_type in analyser.entity_types]
    findings = [finding for analyser in fitting for finding in analyser.analyse(facts)]
    evidence = [
        Weighed(
            number,
            finding.domain,
            finding.code,
            finding.weight,
            finding.reliability,
            finding.group,
            own_telemetry=finding.own_telemetry,
        )
        for number, finding in enumerate(findings)
    ]
    asked = frozenset(analyser.domain for analyser in fitting)
    with_data = frozenset(analyser.domain for analyser in fitting if analyser.had_data(facts))
    return assess(DEFAULT_PRIOR, evidence, Coverage(asked, asked, with_data)), findings


def codes(findings: Iterable[Finding]) -> list[str]:
    """The findings by their signals, without the domain."""
    return [finding.code.partition(".")[2] for finding in findings]
