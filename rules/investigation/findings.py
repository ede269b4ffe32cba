"""What an analyser is given and what it gives back: facts in, findings out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from rules.investigation.catalogue import OWN_TELEMETRY_RELIABILITY
from rules.investigation.decay import UNSEEN, Standing
from rules.investigation.words import (
    ActivityKind,
    ActivityOutcome,
    AnalysisDepth,
    DomainName,
    EntityType,
    EvidenceType,
    Severity,
)

# A finding on a flood would otherwise tie itself to every record of it. A thousand are more than anybody opens, and
# the sentence and the raw data still say how many there were.
MAX_CITED_RECORDS = 1_000


@dataclass(frozen=True, slots=True)
class ActivityFact:
    """An activity record as an analyser sees it. Times are aware UTC; `count` is how often it happened, 1 or more."""

    id: int
    time: datetime
    kind: ActivityKind
    source: str
    outcome: ActivityOutcome = ActivityOutcome.UNKNOWN
    user: str | None = None
    ip: str | None = None
    device: str | None = None
    email: str | None = None
    domain: str | None = None
    transaction: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    user_agent: str | None = None
    amount: float | None = None
    currency: str | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    duration_ms: int | None = None
    count: int = 1
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndicatorFact:
    """An indicator that matches a value of the facts, as the analyser of intelligence sees it.

    `id` is ours, of the original; `stix_id` its source's; `type`, `path` and `value` are those of the one comparison
    that matched (`domain-name`, `value`, `evil.example`), the value in the spelling of the index. `confidence` is
    STIX's 0 to 100, None when the source states none. `source` is the name of the organisation that shared it, None
    when the viewer may not know it; `producer` whoever it says created it (`created_by_ref`). `trust` is the level, 0
    to 100, the viewer's organisation grants the source, 100 its own, None when it has said nothing. `standing` is what
    was seen of it. `is_masked`: the viewer is shown it in part, under a pseudonym.
    """

    id: str
    stix_id: str
    type: str
    value: str
    path: str = "value"
    confidence: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    revoked: bool = False
    labels: tuple[str, ...] = ()
    source: str | None = None
    trust: int | None = None
    standing: Standing = UNSEEN
    producer: str | None = None
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class PatternMatch:
    """An indicator whose whole pattern was met by records of the facts. Its `value` is the pattern, of no one type;
    `record_ids` are the records that met it, or some of many, in order of time and id."""

    indicator: IndicatorFact
    record_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one analysis may look at.

    `records` are the organisation's records that touch the entity within [start, end), in order of time and id;
    `as_of` is the moment the analysis stands at, so that an analyser needs no clock. When there were more records than
    could be read, `records_in_window` is larger than their number and findings speak of those read. `indicators` are
    those that match the values `observed.look_up` names; None says that nobody looked or that there were none to look
    through, which is no data, while an empty sequence says that none matched. `patterns` are the indicators beyond the
    index that the records meet.
    """

    entity_type: EntityType
    entity_value: str
    start: datetime
    end: datetime
    as_of: datetime
    records: Sequence[ActivityFact]
    records_in_window: int
    depth: AnalysisDepth = AnalysisDepth.STANDARD
    indicators: Sequence[IndicatorFact] | None = None
    patterns: Sequence[PatternMatch] = ()

    @classmethod
    def gather(
        cls,
        *,
        entity_type: EntityType,
        entity_value: str,
        start: datetime,
        end: datetime,
        as_of: datetime,
        records: Sequence[ActivityFact],
        records_in_window: int | None = None,
        depth: AnalysisDepth = AnalysisDepth.STANDARD,
        indicators: Sequence[IndicatorFact] | None = None,
    ) -> "Facts":
        """Facts with their records put in order, so that no analyser depends on how they were read."""
        ordered = tuple(sorted(records, key=lambda record: (record.time, record.id)))
        total = len(ordered) if records_in_window is None else records_in_window
        matched = None if indicators is None else tuple(sorted(indicators, key=_place))
        return cls(entity_type, entity_value, start, end, as_of, ordered, total, depth, matched)

    def with_indicators(self, indicators: Sequence[IndicatorFact]) -> "Facts":
        """The same facts, and the indicators that match them, put in order."""
        return replace(self, indicators=tuple(sorted(indicators, key=_place)))

    def about_entity(self) -> "Facts":
        """The same without records: what is known of the entity alone."""
        return replace(self, records=())

    def with_patterns(self, patterns: Sequence[PatternMatch]) -> "Facts":
        """The same facts, and the patterns that their records meet, put in order."""
        return replace(self, patterns=tuple(sorted(patterns, key=lambda match: _place(match.indicator))))


def _place(indicator: IndicatorFact) -> tuple[str, str, str, str, str]:
    # The same indicator may match by several of its comparisons.
    return indicator.stix_id, indicator.id, indicator.type, indicator.value, indicator.path


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an analyser noticed.

    `weight` is in log-odds, signed: negative speaks for the entity. `group` names correlated signals of a domain, which
    damp each other. `sentence` is one sentence for people; `raw_data` holds what was measured, as JSON values.
    `record_ids` are at most MAX_CITED_RECORDS of the `record_total` records it rests on, in order of time;
    `indicator_ids` the indicators it rests on. `reliability`, 0 to 1, is source x trust x freshness; `own_telemetry`
    says that our own records show it, which a person can verify as a fact.
    """

    code: str
    version: int
    domain: DomainName
    value: float
    threshold: float
    weight: float
    group: str | None
    record_ids: tuple[int, ...]
    record_total: int
    sentence: str
    title: str
    description: str
    evidence_type: EvidenceType
    severity: Severity
    technique: str | None = None
    raw_data: Mapping[str, Any] = field(default_factory=dict)
    indicator_ids: tuple[str, ...] = ()
    reliability: float = OWN_TELEMETRY_RELIABILITY
    own_telemetry: bool = True


class Analyser(Protocol):
    """One domain's judgement: pure, so that the same facts give the same findings, byte for byte."""

    @property
    def domain(self) -> DomainName: ...

    @property
    def entity_types(self) -> frozenset[EntityType]: ...

    def had_data(self, facts: Facts) -> bool:
        """Whether the facts hold anything this domain can judge: what coverage counts."""
        ...

    def analyse(self, facts: Facts) -> list[Finding]:
        """Findings in a fixed order, none when nothing was noticed."""
        ...
