"""How a finding is written down: its texts, the records it cites, and what was measured. Shared by the analysers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from foundation.times import to_text
from rules.investigation.catalogue import OWN_TELEMETRY_RELIABILITY, SIGNALS
from rules.investigation.explanation import severity_of
from rules.investigation.findings import MAX_CITED_RECORDS, ActivityFact, Facts, Finding, IndicatorFact


def draft_finding(
    code: str,
    facts: Facts,
    *,
    value: float,
    records: Sequence[ActivityFact],
    sentence: str,
    raw: Mapping[str, Any],
    indicators: Sequence[IndicatorFact] = (),
    reliability: float = OWN_TELEMETRY_RELIABILITY,
) -> Finding:
    """A finding of a signal of the catalogue, weighed by its curve.

    `records` are in order of time; there is one at least, unless it rests on `indicators`, which make it a finding of
    others' telemetry.
    """
    signal = SIGNALS[code]
    weight = signal.weight(value)
    ids = tuple(record.id for record in records)
    window = f"{to_text(facts.start)} to {to_text(facts.end)}"
    return Finding(
        code=code,
        version=signal.version,
        domain=signal.domain,
        value=float(value),
        threshold=float(signal.threshold),
        weight=weight,
        group=signal.group,
        record_ids=ids[:MAX_CITED_RECORDS],
        record_total=len(ids),
        sentence=sentence,
        title=signal.title,
        description=(
            f"{sentence} Threshold {signal.threshold:g}. Looked at {len(facts.records)} of {facts.records_in_window} "
            f"records of {facts.entity_type} {shown(facts.entity_value)} from {window}; this rests on "
            f"{_cited(ids, indicators)}."
        ),
        evidence_type=signal.evidence_type,
        severity=severity_of(weight),
        technique=signal.technique,
        raw_data={
            **raw,
            "window_start": to_text(facts.start),
            "window_end": to_text(facts.end),
            **({"first_at": to_text(records[0].time), "last_at": to_text(records[-1].time)} if records else {}),
            "record_count": len(ids),
            "records_examined": len(facts.records),
        },
        indicator_ids=tuple(dict.fromkeys(indicator.id for indicator in indicators)),
        reliability=reliability,
        own_telemetry=not indicators,
    )


def span(first: datetime, last: datetime) -> str:
    """A stretch of time for a sentence, to the second."""
    start, end = _second(first), _second(last)
    return f"{start} UTC" if start == end else f"{start} to {end} UTC"


def listed(counts: Mapping[str, int]) -> str:
    """The five most frequent words, then how many more; equal ones by alphabet, so that the text is always the same."""
    order = sorted(counts, key=lambda word: (-counts[word], word))
    first = ", ".join(shown(word) for word in order[:5])
    return first if len(order) <= 5 else f"{first} and {len(order) - 5} more"


def shown(text: str | None) -> str:
    """A value of a record within a sentence. It may be the attacker's own text: short, and nothing that a terminal
    would obey."""
    if not text:
        return "(none)"
    return "".join(letter if letter.isprintable() else "?" for letter in text[:64])


def _second(time: datetime) -> str:
    return to_text(time)[:19].replace("T", " ")


def _cited(ids: Sequence[int], indicators: Sequence[IndicatorFact]) -> str:
    named = named_indicators(indicators)
    if not ids:
        return named
    first = ", ".join(str(found) for found in ids[:5])
    records = f"record {ids[0]}" if len(ids) == 1 else f"{len(ids)} records ({first}{', ...' if len(ids) > 5 else ''})"
    return f"{records} and {named}" if indicators else records


def named_indicators(indicators: Sequence[IndicatorFact]) -> str:
    """How many indicators, and the identifiers of the first three."""
    names = list(dict.fromkeys(indicator.stix_id for indicator in indicators))
    first = ", ".join(shown(name) for name in names[:3])
    noun = "indicator" if len(names) == 1 else "indicators"
    return f"{len(names)} {noun} ({first}{', ...' if len(names) > 3 else ''})"
