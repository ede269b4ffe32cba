"""The sample: the same for everybody, made of nothing real, and it tells its story."""

import hashlib
import ipaddress
import random
import re
from datetime import date

import orjson

from cli.sample import ATTACKER, MISTYPER, OFFICE, Sample, make_sample
from formats.activity.lines import Tally
from formats.activity.records import ActivityDraft, from_mapping
from formats.activity.sshd import read
from rules.investigation.analysers import analyser_for
from rules.investigation.catalogue import DEFAULT_PRIOR, OWN_TELEMETRY_RELIABILITY
from rules.investigation.findings import ActivityFact, Facts, Finding
from rules.investigation.risk import Coverage, Weighed, assess
from rules.investigation.words import DomainName, EntityType

DAY = date(2026, 3, 4)
DOCUMENTATION = [ipaddress.ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]


def drafts(sample: Sample) -> tuple[list[ActivityDraft], Tally]:
    tally = Tally()
    found = read(sample.sshd_lines, year=sample.start.year, zone=sample.start.tzinfo, now=sample.end, tally=tally)  # type: ignore[arg-type]
    return [draft for draft in found if isinstance(draft, ActivityDraft)], tally


def judged(sample: Sample, address: str) -> tuple[float, list[Finding]]:
    own = [draft for draft in drafts(sample)[0] if draft.ip == address]
    records = [
        ActivityFact(
            number, d.time, d.kind, d.source, d.outcome, user=d.user, ip=d.ip, count=d.count, details=d.details
        )
        for number, d in enumerate(own)
    ]
    facts = Facts.gather(
        entity_type=EntityType.IP,
        entity_value=address,
        start=sample.start,
        end=sample.end,
        as_of=sample.end,
        records=records,
    )
    analyser = analyser_for(DomainName.AUTHENTICATION, EntityType.IP)
    assert analyser is not None
    assert analyser.had_data(facts)
    found = analyser.analyse(facts)
    evidence = [
        Weighed(number, finding.domain, finding.code, finding.weight, OWN_TELEMETRY_RELIABILITY, finding.group)
        for number, finding in enumerate(found)
    ]
    analysed = frozenset({DomainName.AUTHENTICATION})
    return assess(DEFAULT_PRIOR, evidence, Coverage(analysed, analysed, analysed)).risk, found


def test_the_same_for_everybody_and_no_chance_is_left_behind() -> None:
    random.seed(1)
    expected = random.random()
    random.seed(1)
    one, other = make_sample(DAY), make_sample(DAY)
    assert random.random() == expected
    assert one == other
    assert make_sample(DAY, seed=8).sshd_lines != one.sshd_lines
    assert hashlib.sha256(b"".join(one.sshd_lines)).digest() == hashlib.sha256(b"".join(other.sshd_lines)).digest()


def test_it_is_made_of_reserved_addresses_and_names() -> None:
    sample = make_sample(DAY)
    text = b"".join(sample.sshd_lines).decode() + orjson.dumps(sample.activity).decode()
    for address in set(re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", text)):
        assert any(ipaddress.ip_address(address) in network for network in DOCUMENTATION)
    for record in sample.activity:
        if "domain" in record:
            assert record["domain"].rpartition("example")[1]


def test_every_line_is_read_and_every_record_is_sound() -> None:
    sample = make_sample(DAY)
    found, tally = drafts(sample)
    assert tally.malformed == 0
    assert len(found) == tally.records > 300
    assert list(sample.sshd_lines) == sorted(sample.sshd_lines, key=lambda line: line[:15])
    records = [from_mapping(record) for record in sample.activity]
    identities = {(draft.source, draft.identity) for draft in (*found, *records)}
    assert len(identities) == len(found) + len(records)
    assert {draft.kind for draft in (*found, *records)} == {"login", "connection", "dns"}


def test_the_story() -> None:
    sample = make_sample(DAY)
    assert [case.entity_value for case in sample.cases] == [ATTACKER, OFFICE, MISTYPER]
    risk, found = judged(sample, ATTACKER)
    assert risk > 0.85
    assert "authentication.success_after_burst" in [finding.code for finding in found]
    for quiet in (OFFICE, MISTYPER):
        risk, found = judged(sample, quiet)
        assert (found, risk < 0.05) == ([], True)
