"""Sign-ins seen from the account's side: pressure, break-ins, new places."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from rules.investigation.findings import ActivityFact, Finding
from rules.investigation.words import ActivityKind, ActivityOutcome, EntityType
from tests.rules.judging import START, codes, facts_of, judged

FAILURE, SUCCESS = ActivityOutcome.FAILURE, ActivityOutcome.SUCCESS
HOME, STRANGER = "192.0.2.7", "198.51.100.9"
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def login(
    second: float,
    outcome: ActivityOutcome = FAILURE,
    *,
    ip: str | None = STRANGER,
    country: str | None = None,
    sign_in: str | None = None,
    number: int | None = None,
) -> ActivityFact:
    return ActivityFact(
        id=int(second) if number is None else number,
        time=START + timedelta(seconds=second),
        kind=ActivityKind.LOGIN,
        source="azure_ad",
        outcome=outcome,
        user="ada",
        ip=ip,
        country=country,
        details={} if sign_in is None else {"sign_in": sign_in},
    )


def habit(country: str | None = None) -> list[ActivityFact]:
    """Three a day for four days."""
    return [
        login(day * DAY + hour * HOUR, SUCCESS, ip=HOME, country=country) for day in range(4) for hour in (8, 12, 16)
    ]


def found_in(records: Iterable[ActivityFact]) -> tuple[float, list[Finding]]:
    assessment, findings = judged(facts_of(records, EntityType.USER, "ada"))
    return assessment.risk, findings


CASES: list[tuple[str, list[ActivityFact], str, float, float]] = [
    ("a habit", habit(), "steady_success", 0.01, 0.03),
    ("ninety-nine failures in a day", [login(n * 9) for n in range(99)], "", 0.0, 0.05),
    ("a flood", [login(n * 9) for n in range(300)], "account_flood", 0.05, 0.1),
    ("sprayed on four days", [login(n * DAY) for n in range(4)], "", 0.0, 0.05),
    ("sprayed on five days", [login(n * DAY) for n in range(5)], "account_sprayed", 0.05, 0.1),
    (
        "sprayed from many",
        [login(n * 77, ip=f"198.51.100.{n}") for n in range(50)],
        "account_sprayed",
        0.08,
        0.12,
    ),
    ("three a day are guessing, not spraying", [login(n * DAY + t) for n in range(6) for t in (1, 2, 3)], "", 0, 0.05),
    (
        "mistyping at home on many days",
        [login(n * DAY, ip=HOME) for n in range(8)] + [login(n * DAY + 7 * HOUR, SUCCESS, ip=HOME) for n in range(8)],
        "steady_success",
        0.01,
        0.03,
    ),
    (
        "a burst that worked",
        [*habit(), *(login(5 * DAY + n) for n in range(60)), login(5 * DAY + 61, SUCCESS)],
        "success_after_burst",
        0.4,
        0.7,
    ),
    (
        "patient guessing that worked",
        [*habit(), *(login(5 * DAY + n * 2 * HOUR) for n in range(12)), login(6 * DAY + 8 * HOUR, SUCCESS)],
        "guessed_in",
        0.3,
        0.45,
    ),
    (
        "the first address has no home to differ from",
        [*(login(n * 2 * HOUR) for n in range(12)), login(DAY + 8 * HOUR, SUCCESS)],
        "",
        0.0,
        0.05,
    ),
    (
        "a journey",
        [*habit("DE"), login(6 * DAY, SUCCESS, country="FR")],
        "new_country steady_success",
        0.02,
        0.06,
    ),
    ("a second country from the start", [login(0, SUCCESS, country="FR"), *habit("DE")], "steady_success", 0.01, 0.03),
    ("a journey says nothing without a habit", [login(n, SUCCESS, country=c) for n, c in enumerate("AB")], "", 0, 0.05),
    (
        "refused from abroad",
        [*habit("DE"), login(6 * DAY, country="FR")],
        "steady_success",
        0.01,
        0.03,
    ),
]


@pytest.mark.parametrize(
    ("records", "expected", "low", "high"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_what_is_found_and_what_it_amounts_to(
    records: list[ActivityFact], expected: str, low: float, high: float
) -> None:
    risk, findings = found_in(records)
    assert codes(findings) == expected.split()
    assert low <= risk <= high


def test_rows_of_one_sign_in_count_once() -> None:
    rows = [login(n * 9, sign_in=f"s{n}", number=2 * n + k) for n in range(60) for k in (0, 1)]
    assert found_in(rows)[1] == []
    apart = [login(n * 9, sign_in=f"s{n}-{k}", number=2 * n + k) for n in range(60) for k in (0, 1)]
    assert [finding.value for finding in found_in(apart)[1]] == [120.0]


def test_evidence_names_addresses_counts_and_records() -> None:
    guessing = [*habit(), *(login(5 * DAY + n * 2 * HOUR) for n in range(12)), login(6 * DAY + 8 * HOUR, SUCCESS)]
    (found,) = found_in(guessing)[1]
    assert found.sentence == (
        "Accepted from 198.51.100.9 after 12 failed sign-ins and none accepted from there "
        "(2026-01-06 00:00:00 to 2026-01-07 08:00:00 UTC); other addresses accepted before: 1."
    )
    assert found.record_ids == (*(5 * DAY + n * 2 * HOUR for n in range(12)), 6 * DAY + 8 * HOUR)
