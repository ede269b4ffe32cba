"""Intelligence: what shared indicators say about an entity and about whom it dealt with.

The indicators are handed in, already matched (`observed.look_up` says what to look for); what an indicator is worth is
its source's stated confidence x the trust in that source x its freshness. One that was revoked or has expired says
nothing. Each source is one voice, however many indicators it files of the same thing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from foundation.times import to_text
from rules.investigation.analysers.drafting import draft_finding, named_indicators, shown
from rules.investigation.catalogue import UNSTATED_CONFIDENCE, UNSTATED_TRUST
from rules.investigation.decay import ended_because, remaining, seen_at
from rules.investigation.findings import ActivityFact, Facts, Finding, IndicatorFact
from rules.investigation.observed import Match, Value, contacts, entity_of, in_network, readings
from rules.investigation.words import DomainName, EntityType

# STIX's word (indicator-type-ov) for what is known and harmless. Beside any other label it does not acquit.
BENIGN = frozenset({"benign"})
# Named in the raw data; the sentence counts them all.
MOST_NAMED = 100
MOST_SHOWN = 1_000  # characters of a value there; patterns have up to ten times as many

_WORDS = {
    Match.EXACT: "listed",
    Match.FILED_AS_NAME: "filed_as_name",
    Match.NETWORK: "network_listed",
    Match.PARENT: "parent_listed",
}

_ADDRESSES = frozenset({"ipv4-addr", "ipv6-addr"})
_NETWORKS = ("network", "")  # where the index keeps the networks; no STIX type is called so

# Of a contact, a name above it or a network around it say less than its own value.
_AROUND = frozenset({Match.NETWORK, Match.PARENT})

# Who says so: the organisation that shared it, and whoever that organisation says created it. The same value in the
# reports of two publishers is corroboration, also when one organisation brought both.
Voice = tuple[str, str]


class Intelligence:
    """The analyser of the intelligence domain."""

    domain = DomainName.INTELLIGENCE
    entity_types = frozenset({EntityType.IP, EntityType.USER, EntityType.EMAIL, EntityType.DOMAIN})

    def had_data(self, facts: Facts) -> bool:
        """Whether indicators were there to be looked through; that none matched is an answer."""
        return facts.indicators is not None

    def analyse(self, facts: Facts) -> list[Finding]:
        """The findings: about the entity first, then about its contacts, then of whole patterns, voice by voice."""
        index = _index(facts.indicators or (), facts.as_of)
        found = [*_about_entity(facts, index), *_about_contacts(facts, index)] if index else []
        return [*found, *_about_patterns(facts)]


@dataclass(slots=True)
class _Said:
    """What one voice says in one way: the indicators, the observed values they name, and those values' records."""

    indicators: list[IndicatorFact] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    records: dict[int, ActivityFact] = field(default_factory=dict)

    def add(self, value: Value, indicators: Iterable[IndicatorFact], records: Iterable[ActivityFact]) -> None:
        self.values.append(value)
        self.indicators.extend(indicators)
        self.records |= {record.id: record for record in records}


def reliability(indicator: IndicatorFact, as_of: datetime) -> float:
    """Stated confidence x trust in the source x what is left of it, 0 to 1."""
    confidence, trust, left = parts(indicator, as_of)
    return confidence * trust * left


def parts(indicator: IndicatorFact, as_of: datetime) -> tuple[float, float, float]:
    """Stated confidence, trust in the source, and what is left of it: each 0 to 1."""
    confidence = UNSTATED_CONFIDENCE if indicator.confidence is None else indicator.confidence / 100
    trust = UNSTATED_TRUST if indicator.trust is None else indicator.trust / 100
    return confidence, trust, left_of(indicator, as_of)


def left_of(indicator: IndicatorFact, as_of: datetime) -> float:
    """The share of its confidence that is left; nothing of one that was revoked or has expired."""
    return remaining(
        indicator.type,
        valid_from=indicator.valid_from,
        valid_until=indicator.valid_until,
        revoked=indicator.revoked,
        standing=indicator.standing,
        as_of=as_of,
    )


def says_anything(indicator: IndicatorFact, as_of: datetime) -> bool:
    """Not one that was revoked, has expired or was declared over. What has only grown old is told, and weighs nothing:
    reports of years ago still name what they name."""
    return ended_because(indicator.valid_until, indicator.revoked, indicator.standing, as_of) is None


def _index(indicators: Iterable[IndicatorFact], as_of: datetime) -> dict[tuple[str, str], list[IndicatorFact]]:
    found: dict[tuple[str, str], list[IndicatorFact]] = {}
    for indicator in indicators:
        if says_anything(indicator, as_of):
            is_network = indicator.type in _ADDRESSES and "/" in indicator.value
            key = _NETWORKS if is_network else (indicator.type, indicator.value)
            found.setdefault(key, []).append(indicator)
    return found


def _about_entity(facts: Facts, index: Mapping[tuple[str, str], list[IndicatorFact]]) -> Iterable[Finding]:
    own = entity_of(facts)
    said: dict[tuple[str, Voice], _Said] = {}
    for match, voices in _matches(own, index).items():
        for voice, indicators in voices.items():
            accusing = [indicator for indicator in indicators if not _is_benign(indicator)]
            if accusing:
                said.setdefault((_WORDS[match], voice), _Said()).add(own, accusing, ())
            elif match is Match.EXACT:
                said.setdefault(("known_benign", voice), _Said()).add(own, indicators, ())
    for word in (*_WORDS.values(), "known_benign"):
        for (found, voice), told in sorted(said.items(), key=lambda pair: pair[0]):
            if found == word:
                yield _draft(word, facts, voice, told, value=len({one.stix_id for one in told.indicators}))


def _about_contacts(facts: Facts, index: Mapping[tuple[str, str], list[IndicatorFact]]) -> Iterable[Finding]:
    said: dict[tuple[str, Voice], _Said] = {}
    for value, records in sorted(contacts(facts).items()):
        by_match = _matches(value, index)
        heard: set[Voice] = set()
        # Whoever names the contact itself need not be heard on the names above it.
        for match in Match:
            word = "contact_around_listed" if match in _AROUND else "contact_listed"
            for voice, indicators in by_match.get(match, {}).items():
                accusing = [indicator for indicator in indicators if not _is_benign(indicator)]
                if accusing and voice not in heard:
                    heard.add(voice)
                    said.setdefault((word, voice), _Said()).add(value, accusing, records)
    for word in ("contact_listed", "contact_around_listed"):
        for (found, voice), told in sorted(said.items(), key=lambda pair: pair[0]):
            if found == word:
                yield _draft(word, facts, voice, told, value=len(told.values))


def _about_patterns(facts: Facts) -> Iterable[Finding]:
    records = {record.id: record for record in facts.records}
    said: dict[Voice, _Said] = {}
    for match in facts.patterns:
        indicator = match.indicator
        if says_anything(indicator, facts.as_of) and not _is_benign(indicator):
            told = said.setdefault((indicator.source or "", indicator.producer or ""), _Said())
            told.indicators.append(indicator)
            told.records |= {number: records[number] for number in match.record_ids}
    for voice, told in sorted(said.items(), key=lambda pair: pair[0]):
        yield _draft("pattern_met", facts, voice, told, value=len({one.stix_id for one in told.indicators}))


def _matches(
    value: Value, index: Mapping[tuple[str, str], list[IndicatorFact]]
) -> dict[Match, dict[Voice, list[IndicatorFact]]]:
    said = [(match, indicator) for kind, text, match in readings(*value) for indicator in index.get((kind, text), ())]
    said += [(Match.NETWORK, one) for one in index.get(_NETWORKS, ()) if in_network(value, one.value)]
    found: dict[Match, dict[Voice, list[IndicatorFact]]] = {}
    told: set[tuple[Match, Voice, str]] = set()
    for match, indicator in said:
        voice = (indicator.source or "", indicator.producer or "")
        # Several comparisons of one pattern may meet one value.
        if (match, voice, indicator.stix_id) not in told:
            told.add((match, voice, indicator.stix_id))
            found.setdefault(match, {}).setdefault(voice, []).append(indicator)
    return found


def _is_benign(indicator: IndicatorFact) -> bool:
    return bool(indicator.labels) and BENIGN.issuperset(indicator.labels)


def _draft(word: str, facts: Facts, voice: Voice, told: _Said, *, value: int) -> Finding:
    indicators = sorted(told.indicators, key=lambda one: (-reliability(one, facts.as_of), one.stix_id, one.value))
    best = indicators[0]
    records = sorted(told.records.values(), key=lambda record: (record.time, record.id))
    confidence, trust, left = parts(best, facts.as_of)
    worth = confidence * trust * left
    seen = seen_at(best.valid_from, best.standing)
    names = [shown(text) for _, text in told.values]
    return draft_finding(
        f"{DomainName.INTELLIGENCE}.{word}",
        facts,
        value=value,
        records=records,
        sentence=f"{_sentence(word, facts, voice, indicators, names)}; reliability {worth:.2f}: "
        f"confidence {confidence:.2f}, trust {trust:.2f}, decay {left:.2f}.",
        raw={
            "source": voice[0] or None,
            "producer": voice[1] or None,
            "indicators": list(dict.fromkeys(one.stix_id for one in indicators))[:MOST_NAMED],
            "indicator_total": len({one.stix_id for one in indicators}),
            "matched_values": sorted({one.value[:MOST_SHOWN] for one in indicators})[:MOST_NAMED],
            "observed_values": [text for _, text in told.values][:MOST_NAMED],
            "confidence": best.confidence,
            "trust": best.trust,
            "freshness": left,
            "anonymized": sum(one.is_masked for one in indicators),
            "seen_at": None if seen is None else to_text(seen),
        },
        indicators=indicators,
        reliability=worth,
    )


def _sentence(
    word: str,
    facts: Facts,
    voice: Voice,
    indicators: Sequence[IndicatorFact],
    names: Sequence[str],
) -> str:
    source = f"of {shown(voice[0])}" if voice[0] else "of an unnamed source"
    masked = ", shown anonymised," if any(one.is_masked for one in indicators) else ""
    what = f"{named_indicators(indicators)}{masked} {source}"
    shown_names = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    above = ", ".join(sorted({shown(one.value) for one in indicators})[:3])
    entity = shown(facts.entity_value)
    telling = {
        "listed": f"{shown_names} itself is named by {what}",
        "filed_as_name": f"{shown_names} is named, as if it were a domain name, by {what}",
        "network_listed": f"{shown_names} lies in {above}, named by {what}",
        "parent_listed": f"{shown_names} is under {above}, named by {what}",
        "known_benign": f"{shown_names} is called benign by {what}",
        "contact_listed": f"{entity} dealt with {shown_names}, named by {what}",
        "contact_around_listed": f"{entity} dealt with {shown_names}, within {above}, named by {what}",
        "pattern_met": f"what the records of {entity} show is described by {what}",
    }
    return telling[word]
