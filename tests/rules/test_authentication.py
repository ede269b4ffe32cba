"""The authentication analyser on made-up records: each signal, its limits, and what the score makes of it."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.investigation.analysers import ANALYSERS, analysed_domains, analyser_for
from rules.investigation.catalogue import DEFAULT_PRIOR, OWN_TELEMETRY_RELIABILITY
from rules.investigation.findings import MAX_CITED_RECORDS, ActivityFact, Facts, Finding
from rules.investigation.risk import Coverage, Weighed, assess
from rules.investigation.words import ActivityKind, ActivityOutcome, DomainName, EntityType

START = datetime(2026, 1, 1, tzinfo=UTC)
END = START + timedelta(days=30)
FAILURE, SUCCESS = ActivityOutcome.FAILURE, ActivityOutcome.SUCCESS
ADDRESS = "192.0.2.7"


def login(
    second: float,
    outcome: ActivityOutcome = FAILURE,
    *,
    user: str = "root",
    count: int = 1,
    known: bool = True,
    ip: str = ADDRESS,
) -> ActivityFact:
    return ActivityFact(
        id=int(second * 10),
        time=START + timedelta(seconds=second),
        kind=ActivityKind.LOGIN,
        source="sshd",
        outcome=outcome,
        user=user,
        ip=ip,
        count=count,
        details={} if known else {"reason": "invalid_user"},
    )


def ended(second: float) -> ActivityFact:
    return ActivityFact(
        id=int(second * 10) + 1,
        time=START + timedelta(seconds=second),
        kind=ActivityKind.CONNECTION,
        source="sshd",
        outcome=FAILURE,
        ip=ADDRESS,
        details={"reason": "preauth"},
    )


def findings(
    records: Iterable[ActivityFact], entity_type: EntityType = EntityType.IP, value: str = ADDRESS
) -> list[Finding]:
    facts = Facts.gather(
        entity_type=entity_type, entity_value=value, start=START, end=END, as_of=END, records=list(records)
    )
    analyser = analyser_for(DomainName.AUTHENTICATION, entity_type)
    assert analyser is not None
    return analyser.analyse(facts)


def risk(found: list[Finding]) -> float:
    evidence = [
        Weighed(n, finding.domain, finding.code, finding.weight, OWN_TELEMETRY_RELIABILITY, finding.group)
        for n, finding in enumerate(found)
    ]
    coverage = Coverage(analysed=frozenset({DomainName.AUTHENTICATION}))
    return assess(DEFAULT_PRIOR, evidence, coverage).risk


def codes(found: list[Finding]) -> list[str]:
    return [finding.code.removeprefix("authentication.") for finding in found]


MINUTE, HOUR, DAY = 60, 3_600, 86_400

CASES = [
    ("nothing", [], "", 0.0, 0.05),
    ("two failures", [login(n) for n in range(2)], "", 0.0, 0.05),
    ("three failures", [login(n) for n in range(3)], "failures", 0.05, 0.15),
    ("nine failures", [login(n) for n in range(9)], "failures", 0.2, 0.4),
    ("ten in a minute", [login(n) for n in range(10)], "failures burst", 0.7, 0.9),
    ("ten over five hours", [login(n * HOUR / 2) for n in range(10)], "failures", 0.7, 0.9),
    ("ten over ten days", [login(n * DAY) for n in range(10)], "slow_guessing", 0.7, 0.9),
    ("one record that counts ten", [login(0, count=10)], "failures burst", 0.7, 0.9),
    (
        "a list of names",
        [login(n * 7, user=f"name{n}", known=False) for n in range(30)],
        "failures burst many_names password_spraying unknown_names",
        0.8,
        0.9,
    ),
    (
        "got in",
        [*(login(n) for n in range(60)), login(61, SUCCESS)],
        "failures burst success_after_burst",
        0.85,
        0.9,
    ),
    ("mistyped and got in", [*(login(n * 5) for n in range(4)), login(30, SUCCESS)], "", 0.0, 0.05),
    (
        "somebody else's success",
        [*(login(n * 5) for n in range(4)), login(30, SUCCESS, user="ada")],
        "failures",
        0,
        0.2,
    ),
    ("too late to be mistyping", [*(login(n) for n in range(4)), login(11 * MINUTE, SUCCESS)], "failures", 0.0, 0.2),
    (
        "a busy host whose people mistype every day",
        [
            record
            for day in range(14)
            for person in range(20)
            for record in (
                login(day * DAY + person * 100, user=f"u{person}"),
                login(day * DAY + person * 100 + 5, SUCCESS, user=f"u{person}"),
            )
        ],
        "steady_success",
        0.0,
        0.02,
    ),
    ("a scanner", [ended(n * HOUR) for n in range(5)], "unfinished_connections", 0.05, 0.1),
    ("a hammer on a key-only server", [ended(n * 9) for n in range(1_200)], "unfinished_connections", 0.3, 0.4),
]


@pytest.mark.parametrize(
    ("records", "expected", "low", "high"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_what_is_found_and_what_it_amounts_to(
    records: list[ActivityFact], expected: str, low: float, high: float
) -> None:
    found = findings(records)
    assert codes(found) == expected.split()
    assert low <= risk(found) <= high


def test_evidence_names_counts_window_and_records() -> None:
    found = findings([login(n, user="root" if n % 2 else "ad\x1bmin") for n in range(12)])[0]
    assert found.sentence == (
        "12 failed sign-ins within 24 hours (2026-01-01 00:00:00 to 2026-01-01 00:00:11 UTC) as ad?min, root, "
        "0 accepted in the whole window."
    )
    assert found.description == (
        f"{found.sentence} Threshold 3. Looked at 12 of 12 records of ip 192.0.2.7 from 2026-01-01T00:00:00.000000Z to "
        "2026-01-31T00:00:00.000000Z; this rests on 12 records (0, 10, 20, 30, 40, ...)."
    )
    assert found.record_ids == tuple(range(0, 120, 10))
    assert found.record_total == 12
    assert found.raw_data == {
        "failed_within_24_hours": 12,
        "failed_in_window": 12,
        "most_within_10_minutes": 12,
        "accepted_in_window": 0,
        "excused_as_mistyping": 0,
        "distinct_names": 2,
        "window_start": "2026-01-01T00:00:00.000000Z",
        "window_end": "2026-01-31T00:00:00.000000Z",
        "first_at": "2026-01-01T00:00:00.000000Z",
        "last_at": "2026-01-01T00:00:11.000000Z",
        "record_count": 12,
        "records_examined": 12,
    }


def test_the_break_in_names_the_success_last() -> None:
    found = findings([*(login(n) for n in range(60)), login(61, SUCCESS)])[-1]
    assert found.value == 55.0
    assert found.record_ids[-1] == 610
    assert found.record_total == 56
    assert found.technique == "T1078"


def test_a_flood_is_counted_in_full_and_cited_in_part() -> None:
    found = findings([login(n / 10) for n in range(2_500)])[0]
    assert (found.value, found.record_total, len(found.record_ids)) == (2_500.0, 2_500, MAX_CITED_RECORDS)


def test_an_account_is_not_blamed_for_being_guessed_at() -> None:
    guessing = [login(n, ip="198.51.100.9") for n in range(60)]
    assert findings(guessing, EntityType.USER, "root") == []
    broken_into = findings([*guessing, login(61, SUCCESS, ip="198.51.100.9")], EntityType.USER, "root")
    assert codes(broken_into) == ["success_after_burst"]


def test_had_data_is_about_records_of_this_domain() -> None:
    analyser = ANALYSERS[0]
    transfer = ActivityFact(id=1, time=START, kind=ActivityKind.TRANSACTION, source="shop")
    for records, expected in (([], False), ([transfer], False), ([login(0)], True), ([ended(0)], True)):
        facts = Facts.gather(
            entity_type=EntityType.IP, entity_value=ADDRESS, start=START, end=END, as_of=END, records=records
        )
        assert analyser.had_data(facts) is expected


def test_the_analysers_are_listed_by_domain_and_entity() -> None:
    authentication, network, intelligence = DomainName.AUTHENTICATION, DomainName.NETWORK, DomainName.INTELLIGENCE
    assert analysed_domains(EntityType.IP) == (authentication, network, intelligence)
    assert analysed_domains(EntityType.USER) == (authentication, intelligence)
    assert analysed_domains(EntityType.DOMAIN) == (intelligence,)
    assert analysed_domains(EntityType.TRANSACTION) == ()
    assert analyser_for(DomainName.FINANCIAL, EntityType.IP) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40_000), st.sampled_from("abcdefghijkl")), max_size=40), st.randoms())
def test_order_of_records_does_not_matter_and_one_more_failure_never_helps(
    tries: list[tuple[int, str]], chance: random.Random
) -> None:
    records = [
        ActivityFact(n, START + timedelta(seconds=second), ActivityKind.LOGIN, "sshd", FAILURE, user=user, ip=ADDRESS)
        for n, (second, user) in enumerate(tries)
    ]
    found = findings(records)
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert findings(shuffled) == found
    fewer = findings(records[:-1])
    assert max((f.weight for f in found), default=0) >= max((f.weight for f in fewer), default=0)
