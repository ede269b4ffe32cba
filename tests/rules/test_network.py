"""The network analyser on made-up connections: each signal, its limits, and what the score makes of it."""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.investigation.catalogue import DEFAULT_PRIOR, OWN_TELEMETRY_RELIABILITY
from rules.investigation.findings import ActivityFact, Finding
from rules.investigation.risk import sigmoid
from rules.investigation.signals.network import NETWORK
from rules.investigation.words import ActivityKind, ActivityOutcome, EntityType
from tests.rules.judging import START, codes, facts_of, judged

ADDRESS, PEER = "192.0.2.7", "198.51.100.9"
FAILURE, SUCCESS = ActivityOutcome.FAILURE, ActivityOutcome.SUCCESS
HOUR = 3_600


def flow(
    second: float,
    outcome: ActivityOutcome = SUCCESS,
    *,
    peer: str = PEER,
    port: int | None = 443,
    size: tuple[int, int] | None = None,
    hours: float = 0.0,
    count: int = 1,
    **details: Any,
) -> ActivityFact:
    # Unless said otherwise no two sizes are alike.
    received, sent = size if size is not None else (1_000 + int(second * 7), 500 + int(second * 3))
    return ActivityFact(
        id=int(second * 10),
        time=START + timedelta(seconds=second),
        kind=ActivityKind.CONNECTION,
        source="flows",
        outcome=outcome,
        ip=ADDRESS,
        bytes_in=received,
        bytes_out=sent,
        duration_ms=int(hours * HOUR * 1_000),
        count=count,
        details={"peer": peer, "port": port, **details},
    )


def look_up(second: float, name: str, outcome: ActivityOutcome = FAILURE) -> ActivityFact:
    return ActivityFact(
        id=int(second),
        time=START + timedelta(seconds=second),
        kind=ActivityKind.DNS,
        source="dns",
        outcome=outcome,
        ip=ADDRESS,
        domain=name,
    )


def found_in(records: Iterable[ActivityFact]) -> tuple[float, list[Finding]]:
    assessment, findings = judged(facts_of(records, EntityType.IP, ADDRESS))
    return assessment.risk, findings


def uneven(n: int) -> float:
    """Moments without a beat: the distances grow all the time."""
    return n * (n + 3) * 7.0


CASES: list[tuple[str, list[ActivityFact], str, float, float]] = [
    ("an ordinary day", [flow(uneven(n)) for n in range(60)], "", 0.0, 0.05),
    ("nine services fail", [flow(uneven(n), FAILURE, port=n) for n in range(1_000, 1_009)], "", 0.0, 0.05),
    ("ten services fail", [flow(uneven(n), FAILURE, port=n) for n in range(1_000, 1_010)], "scanning", 0.05, 0.15),
    (
        "a walk through addresses",
        [flow(n / 5, FAILURE, peer=f"10.0.{n // 250}.{n % 250}", port=22) for n in range(1_000)],
        "scanning",
        0.4,
        0.5,
    ),
    (
        "a client of much that works and little that does not",
        [
            *(flow(uneven(n), FAILURE, port=n) for n in range(1_000, 1_012)),
            *(flow(uneven(n) + 1, SUCCESS, port=n) for n in range(1_000, 1_012)),
        ],
        "",
        0.0,
        0.05,
    ),
    ("one service is down", [flow(uneven(n), FAILURE) for n in range(40)], "failing", 0.05, 0.1),
    ("one record that counts forty", [flow(0, FAILURE, count=40)], "failing", 0.05, 0.1),
    ("a broadcast nobody answers", [flow(uneven(n), FAILURE, port=138) for n in range(40)], "", 0.0, 0.05),
    ("a beat", [flow(300 * n + n % 7) for n in range(30)], "regular_interval", 0.1, 0.15),
    ("a beat for days", [flow(300 * n) for n in range(1_000)], "regular_interval", 0.2, 0.3),
    ("a beat with a fifth of jitter", [flow(100 * n + (n % 3) * 6) for n in range(30)], "regular_interval", 0.1, 0.15),
    ("a clock is set", [flow(64 * n, port=123) for n in range(500)], "", 0.0, 0.05),
    (
        "a monitor polls many",
        [flow(60 * n + p, peer=f"10.0.0.{p}") for p in range(11) for n in range(50)],
        "",
        0.0,
        0.05,
    ),
    ("one size", [flow(uneven(n), size=(420, 380)) for n in range(40)], "uniform_sessions", 0.08, 0.12),
    ("nothing is moved", [flow(uneven(n), size=(0, 0)) for n in range(40)], "", 0.0, 0.05),
    (
        "sizes all differ but for some",
        [flow(uneven(n), size=(420, 380) if n % 2 else None) for n in range(100)],
        "",
        0.0,
        0.05,
    ),
    ("a hundred in ten minutes", [flow(n * n / 20) for n in range(100)], "rapid_sessions", 0.05, 0.1),
    ("twenty minutes", [flow(0, hours=0.4)], "", 0.0, 0.05),
    ("a working day", [flow(0, hours=8)], "long_connection", 0.1, 0.15),
    ("somebody stays logged in", [flow(0, hours=8, port=22)], "", 0.0, 0.05),
    (
        "a hundred self-signed",
        [flow(uneven(n), self_signed=True) for n in range(100)],
        "self_signed",
        0.2,
        0.3,
    ),
    (
        "a channel to a command server",
        [flow(60 * n, size=(420, 380), self_signed=True) for n in range(400)],
        "regular_interval uniform_sessions self_signed",
        0.7,
        0.9,
    ),
    (
        "a busy server",
        [flow(uneven(n), peer=f"10.0.0.{n % 200}", role="server") for n in range(600)],
        "busy_server",
        0.01,
        0.02,
    ),
    (
        "a server that refuses most",
        [flow(uneven(n), SUCCESS if n < 30 else FAILURE, peer=f"10.0.0.{n}", role="server") for n in range(100)],
        "",
        0.0,
        0.05,
    ),
    (
        "names that were made up",
        [look_up(n, f"x{n}.example") for n in range(30)],
        "failing_names",
        0.1,
        0.15,
    ),
    (
        "misspelt names among many",
        [look_up(n, f"x{n}.example", FAILURE if n < 30 else SUCCESS) for n in range(60)],
        "",
        0.0,
        0.05,
    ),
    ("no peer is named", [flow(300 * n, peer="") for n in range(30)], "", 0.0, 0.05),
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
    assert all(finding.record_ids and finding.own_telemetry for finding in findings)


def test_evidence_names_counts_the_other_end_the_window_and_records() -> None:
    (found,) = found_in([flow(300 * n) for n in range(13)])[1]
    assert found.sentence == (
        "13 connections to 198.51.100.9 port 443 every 300 s or so (2026-01-01 00:00:00 to 2026-01-01 01:00:00 UTC)."
    )
    assert found.record_ids == tuple(3_000 * n for n in range(13))
    assert {name: found.raw_data[name] for name in ("connections", "interval_s", "peer", "port", "role")} == {
        "connections": 13,
        "interval_s": 300.0,
        "peer": PEER,
        "port": 443,
        "role": "client",
    }
    assert (found.technique, found.group, found.value, found.threshold) == ("T1071", "channel", 13.0, 12.0)


def test_what_a_sign_in_service_saw_end_is_not_judged_twice() -> None:
    ended = [flow(300 * n, FAILURE, reason="preauth") for n in range(30)]
    assert codes(found_in(ended)[1]) == ["unfinished_connections"]


def test_a_peers_name_cannot_forge_a_sentence() -> None:
    (found,) = found_in([flow(300 * n, peer="evil.example") for n in range(13)])[1]
    assert "to evil.example port 443" in found.sentence
    assert found_in([flow(300 * n, peer="evil\x1b[2J.example") for n in range(13)])[1] == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5_000), st.sampled_from(["10.0.0.1", "10.0.0.2"]), st.sampled_from([22, 443])),
        max_size=60,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_records_changes_nothing(flows: list[tuple[int, str, int]], chance: random.Random) -> None:
    records = [
        ActivityFact(
            n,
            START + timedelta(seconds=second),
            ActivityKind.CONNECTION,
            "flows",
            SUCCESS,
            ip=ADDRESS,
            details={"peer": peer, "port": port, "self_signed": True},
        )
        for n, (second, peer, port) in enumerate(flows)
    ]
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert repr(found_in(shuffled)) == repr(found_in(records))


def test_no_mark_that_harmless_software_shows_too_makes_a_verdict_by_itself() -> None:
    marks = [signal for signal in NETWORK if signal.group in ("channel", "duration", "certificate", "names")]
    assert len(marks) == 6
    for signal in marks:
        assert sigmoid(DEFAULT_PRIOR + OWN_TELEMETRY_RELIABILITY * signal.cap) < 0.3
