"""The intelligence analyser on made-up indicators: what matches, whose voice it is, what it is worth."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rules.investigation.analysers.intelligence import reliability
from rules.investigation.catalogue import catalogue_hash
from rules.investigation.decay import Standing
from rules.investigation.findings import ActivityFact, Facts, Finding, IndicatorFact
from rules.investigation.freshness import LIFETIMES, Lifetime, freshness
from rules.investigation.observed import look_up
from rules.investigation.risk import Assessment
from rules.investigation.signals.network import NETWORK
from rules.investigation.words import ActivityKind, ActivityOutcome, EntityType
from tests.rules.judging import END, START, codes, facts_of, judged

ADDRESS, PEER, NAME = "192.0.2.7", "198.51.100.9", "evil.example"
OURS: dict[str, Any] = {"source": "Operator", "trust": 100, "valid_from": END}


def indicator(value: str = ADDRESS, *, kind: str = "ipv4-addr", n: int = 1, **said: Any) -> IndicatorFact:
    return IndicatorFact(id=f"row-{n}", stix_id=f"indicator--{n}", type=kind, value=value, **{**OURS, **said})


def record(number: int, **members: Any) -> ActivityFact:
    values = {"kind": ActivityKind.DNS, "source": "dns", "ip": ADDRESS, **members}
    return ActivityFact(id=number, time=START + timedelta(hours=number), **values)


def verdict(
    indicators: Sequence[IndicatorFact] | None,
    records: Sequence[ActivityFact] = (),
    entity_type: EntityType = EntityType.IP,
    value: str = ADDRESS,
) -> tuple[Assessment, list[Finding]]:
    return judged(facts_of(records, entity_type, value, indicators=indicators))


def test_what_is_looked_up() -> None:
    records = [
        record(1, domain="a.b.evil.example"),
        record(2, kind=ActivityKind.CONNECTION, details={"peer": "2001:DB8::1"}),
        record(3, kind=ActivityKind.CONNECTION, details={"peer": "Host.Example."}),
        record(4, kind=ActivityKind.MAIL, email="eve@mail.example"),
        record(5, kind=ActivityKind.CONNECTION, details={"peer": "no peer"}),
    ]
    assert look_up(facts_of(records, EntityType.IP, ADDRESS)) == (
        ("domain-name", "a.b.evil.example"),
        ("domain-name", "b.evil.example"),
        ("domain-name", "evil.example"),
        ("domain-name", "host.example"),
        ("domain-name", "mail.example"),
        ("email-addr", "eve@mail.example"),
        ("ipv4-addr", ADDRESS),
        ("ipv6-addr", "2001:db8::1"),
    )
    assert look_up(facts_of([], EntityType.USER, "Ada@Example.com")) == (
        ("email-addr", "ada@example.com"),
        ("user-account", "Ada@Example.com"),
    )
    assert look_up(facts_of([], EntityType.DEVICE, "d-1")) == ()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([indicator()], "listed"),
        ([indicator(kind="domain-name")], "filed_as_name"),
        ([indicator("192.0.2.8")], ""),
        ([indicator(kind="network-traffic", path="dst_ref.value")], "listed"),
        ([indicator("192.0.2.0/24")], "network_listed"),
        ([indicator("192.0.2.8/29"), indicator("2001:db8::/32", kind="ipv6-addr", n=2)], ""),
        ([indicator(), indicator(kind="network-traffic", path="src_ref.value")], "listed"),
        ([indicator("198.51.100.0/24")], "contact_around_listed"),
        ([indicator(PEER), indicator("198.51.100.0/24", n=2)], "contact_listed"),
        ([indicator(), indicator(n=2, source="Partner", trust=50)], "listed listed"),
        ([indicator(), indicator(n=2)], "listed"),
        ([indicator(), indicator(n=2, producer="identity--b")], "listed listed"),
        ([indicator(labels=("benign",))], "known_benign"),
        ([indicator(labels=("benign", "malicious-activity"))], "listed"),
        ([indicator(NAME, kind="domain-name")], "contact_listed"),
        ([indicator("example", kind="domain-name")], ""),
        ([indicator(PEER)], "contact_listed"),
        ([indicator(PEER, kind="domain-name")], "contact_listed"),
        ([indicator("parent.example", kind="domain-name")], "contact_around_listed"),
        ([indicator(NAME, kind="domain-name", labels=("benign",))], ""),
        ([indicator(revoked=True)], ""),
        ([indicator(valid_until=END)], ""),
        ([indicator(valid_until=END + timedelta(seconds=1))], "listed"),
        ([indicator(valid_until=END - timedelta(days=400)), indicator(PEER, n=2, revoked=True)], ""),
        ([], ""),
    ],
)
def test_what_matches(said: list[IndicatorFact], expected: str) -> None:
    records = [
        record(1, domain=NAME),
        record(2, domain="www.parent.example"),
        record(3, kind=ActivityKind.CONNECTION, details={"peer": PEER, "port": 443}),
    ]
    assessment, findings = verdict(said, records)
    assert codes(findings) == expected.split()
    for finding in findings:
        assert finding.indicator_ids
        assert not finding.own_telemetry
        assert all(found.stix_id in finding.sentence for found in said if found.id in finding.indicator_ids)
    if not findings:
        assert (round(assessment.risk, 4), assessment.confidence) == (0.0474, 0.0)


def test_a_subdomain_of_a_listed_name_is_related_and_weaker() -> None:
    said = [indicator(NAME, kind="domain-name")]
    exact = verdict(said, (), EntityType.DOMAIN, NAME)
    below = verdict(said, (), EntityType.DOMAIN, "www2.evil.example")
    beside = verdict(said, (), EntityType.DOMAIN, "notevil.example")
    assert [codes(found) for _, found in (exact, below, beside)] == [["listed"], ["parent_listed"], []]
    assert exact[0].risk > 2 * below[0].risk > 2 * beside[0].risk


@pytest.mark.parametrize(
    ("named", "observed", "expected"),
    [
        ("co.uk", "a.evil.co.uk", []),
        ("co.uk", "evil.co.uk", []),
        ("evil.co.uk", "a.evil.co.uk", ["parent_listed"]),
        ("b.evil.co.uk", "a.b.evil.co.uk", ["parent_listed"]),
        ("a.evil.co.uk", "b.evil.co.uk", []),
        ("github.io", "evil.github.io", []),
        ("evil.github.io", "www.evil.github.io", ["parent_listed"]),
        ("xn--p1ai", "evil.xn--p1ai", []),
        ("xn--55qx5d.cn", "evil.xn--55qx5d.cn", []),
        ("co.uk", "co.uk", ["listed"]),
    ],
)
def test_a_name_is_under_its_registered_one_and_never_under_a_public_suffix(
    named: str, observed: str, expected: list[str]
) -> None:
    said = [indicator(named, kind="domain-name")]
    assert codes(verdict(said, (), EntityType.DOMAIN, observed)[1]) == expected
    assert codes(verdict(said, (), EntityType.EMAIL, f"eve@{observed}")[1]) == (expected if named != observed else [])
    contact = [record(1, domain=observed)]
    around = {"parent_listed": "contact_around_listed", "listed": "contact_listed"}
    assert codes(verdict(said, contact)[1]) == [around[word] for word in expected]


def test_an_account_is_answerable_for_where_it_got_in_from_only() -> None:
    said = [indicator(PEER)]
    for outcome, expected in ((ActivityOutcome.FAILURE, []), (ActivityOutcome.SUCCESS, ["contact_listed"])):
        records = [record(1, kind=ActivityKind.LOGIN, ip=PEER, user="ada", outcome=outcome)]
        _, findings = verdict(said, records, EntityType.USER, "ada")
        assert codes(findings) == expected
        assert [finding.record_ids for finding in findings] == [(1,) for _ in expected]


SEEN = Standing(last_seen=END - timedelta(days=6))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"confidence": 80}, 0.8),
        ({}, 0.5),
        ({"confidence": 0}, 0.0),
        ({"confidence": 80, "trust": 50}, 0.4),
        ({"confidence": 80, "trust": None}, 0.4),
        ({"confidence": 100, "valid_from": END - timedelta(days=15)}, 0.5),
        ({"confidence": 100, "valid_from": END + timedelta(days=15)}, 0.5),
        ({"confidence": 100, "valid_from": END - timedelta(days=60)}, 0.0),
        ({"confidence": 100, "valid_from": END - timedelta(days=60), "standing": SEEN}, 0.8),
        ({"confidence": 100, "valid_from": None}, 0.5),
    ],
)
def test_reliability_is_confidence_times_trust_times_freshness(said: dict[str, Any], expected: float) -> None:
    one = indicator(**said)
    assert reliability(one, END) == pytest.approx(expected)
    # One that has decayed to nothing is told, and weighs nothing.
    assert [found.reliability for found in verdict([one])[1]] == [pytest.approx(expected)]


def test_freshness_is_misps_polynomial() -> None:
    assert LIFETIMES["ipv4-addr"] == Lifetime(30.0, 1.0)
    at = [freshness("domain-name", seen=START, as_of=START + timedelta(days=days)) for days in (0, 365, 1_460, 1_825)]
    assert at == pytest.approx([1.0, 1 - 0.2**2, 1 - 0.8**2, 0.0])
    assert freshness("mutex", seen=START, as_of=START + timedelta(days=73)) == pytest.approx(0.8)


def test_voices_add_up_but_copy_one_another() -> None:
    """One list that states no confidence is weak, three are high risk, and the tenth hardly matters."""
    lists = [indicator(n=n, source=f"list {n}") for n in range(10)]
    risks = [verdict(lists[:count])[0].risk for count in (1, 2, 3, 6, 10)]
    assert risks == pytest.approx([0.2689, 0.5498, 0.7151, 0.8540, 0.8776], abs=1e-4)
    assert verdict([replace(one, trust=None) for one in lists[:6]])[0].risk < 0.4


def test_evidence_names_the_indicators_their_source_and_the_records() -> None:
    said = [
        indicator(NAME, kind="domain-name", n=1, source="Part\x1bner", trust=50, confidence=80),
        indicator(PEER, n=2, source="Part\x1bner", trust=50, confidence=60),
    ]
    records = [
        record(1, domain=NAME),
        record(2, domain="www.evil.example"),
        record(3, kind=ActivityKind.CONNECTION, details={"peer": PEER}),
    ]
    contact, parent = verdict(said, records)[1]
    assert (contact.code, parent.code) == ("intelligence.contact_listed", "intelligence.contact_around_listed")
    assert contact.sentence == (
        "192.0.2.7 dealt with evil.example, 198.51.100.9, named by 2 indicators (indicator--1, indicator--2) of "
        "Part?ner; reliability 0.40: confidence 0.80, trust 0.50, decay 1.00."
    )
    assert parent.sentence == (
        "192.0.2.7 dealt with www.evil.example, within evil.example, named by 1 indicator (indicator--1) of Part?ner; "
        "reliability 0.40: confidence 0.80, trust 0.50, decay 1.00."
    )
    assert contact.description.endswith("this rests on 2 records (1, 3) and 2 indicators (indicator--1, indicator--2).")
    assert (contact.indicator_ids, contact.record_ids, contact.value) == (("row-1", "row-2"), (1, 3), 2.0)
    assert {name: contact.raw_data[name] for name in ("source", "indicators", "confidence", "trust", "freshness")} == {
        "source": "Part\x1bner",
        "indicators": ["indicator--1", "indicator--2"],
        "confidence": 80,
        "trust": 50,
        "freshness": 1.0,
    }


def test_a_finding_without_records_says_what_it_rests_on() -> None:
    (found,) = verdict([indicator(source=None, is_masked=True)])[1]
    assert found.sentence == (
        "192.0.2.7 itself is named by 1 indicator (indicator--1), shown anonymised, of an unnamed source; "
        "reliability 0.50: confidence 0.50, trust 1.00, decay 1.00."
    )
    assert found.raw_data["anonymized"] == 1
    assert found.description.endswith("this rests on 1 indicator (indicator--1).")
    assert (found.record_ids, found.record_total, found.raw_data["record_count"]) == ((), 0, 0)
    assert "last_at" not in found.raw_data


def test_the_order_of_indicators_changes_nothing() -> None:
    said = [
        indicator(value, kind=kind, n=n, source=source)
        for n, (value, kind, source) in enumerate(
            (value, kind, source)
            for value in (ADDRESS, PEER, NAME)
            for kind in ("ipv4-addr", "domain-name")
            for source in ("a", "b", None)
        )
    ]
    records = [record(1, domain=f"www.{NAME}"), record(2, details={"peer": PEER})]
    expected = repr(verdict(said, records))
    for seed in range(5):
        random.Random(seed).shuffle(said)
        assert repr(verdict(said, records)) == expected


def test_facts_without_indicators_are_as_before() -> None:
    facts = Facts(EntityType.IP, ADDRESS, START, END, END, (), 0)
    assert (facts.indicators, facts.depth) == (None, "standard")


def test_the_catalogues_hash_knows_lifetimes_and_every_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    before = catalogue_hash()
    changed = {**LIFETIMES, "ipv4-addr": Lifetime(31.0, 1.0)}
    monkeypatch.setattr("rules.investigation.catalogue.LIFETIMES", changed)
    lifetimes = catalogue_hash()
    fewer = {signal.code: signal for signal in NETWORK}
    monkeypatch.setattr("rules.investigation.catalogue.SIGNALS", fewer)
    assert len({before, lifetimes, catalogue_hash()}) == 3
