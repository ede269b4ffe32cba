"""The sshd reader: each form of line, what counts once, years, identities, and broken lines."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.activity.lines import Malformed, Tally
from formats.activity.records import ActivityDraft
from formats.activity.sshd import read
from formats.activity.stamps import starting_year

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FORM = "{kind} {outcome} {count} {user} {ip}"


def lines_of(*messages: str, stamp: str = "Jan  2 03:04:05", process: int = 7) -> list[bytes]:
    """Each message on a line of its own; one that begins with a number and a colon is another process's."""
    lines = []
    for message in messages:
        head, colon, rest = message.partition("|")
        number, text = (int(head), rest) if colon and head.isdecimal() else (process, message)
        lines.append(f"{stamp} bastion sshd[{number}]: {text}\n".encode())
    return lines


def records(lines: list[bytes], year: int | None = 2026) -> list[ActivityDraft]:
    found = list(read(lines, year=year, zone=UTC, now=NOW))
    assert not [broken for broken in found if isinstance(broken, Malformed)]
    return [draft for draft in found if isinstance(draft, ActivityDraft)]


def told(*messages: str) -> list[str]:
    return [
        FORM.format(kind=draft.kind, outcome=draft.outcome, count=draft.count, user=draft.user, ip=draft.ip)
        for draft in records(lines_of(*messages))
    ]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (["Accepted password for ada from 192.0.2.7 port 5 ssh2"], ["login success 1 ada 192.0.2.7"]),
        (
            ["Accepted publickey for ada from 2001:DB8::7 port 5 ssh2: RSA SHA256:abc"],
            ["login success 1 ada 2001:db8::7"],
        ),
        (["Failed password for root from 192.0.2.7 port 5 ssh2"], ["login failure 1 root 192.0.2.7"]),
        (
            [
                "Failed password for root from 192.0.2.7 port 5 ssh2",
                "message repeated 5 times: [ Failed password for root from 192.0.2.7 port 5 ssh2]",
            ],
            ["login failure 1 root 192.0.2.7", "login failure 5 root 192.0.2.7"],
        ),
        # A try for nobody is told twice and counted once; a server that takes keys only tells it once.
        (
            [
                "Invalid user admin from 192.0.2.7",
                "input_userauth_request: invalid user admin [preauth]",
                "pam_unix(sshd:auth): check pass; user unknown",
                "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7 ",
                "Failed password for invalid user admin from 192.0.2.7 port 5 ssh2",
                "Connection closed by 192.0.2.7 [preauth]",
            ],
            ["login failure 1 admin 192.0.2.7"],
        ),
        (
            ["Invalid user admin from 192.0.2.7 port 9", "Received disconnect from 192.0.2.7: 11: Bye Bye [preauth]"],
            ["login failure 1 admin 192.0.2.7"],
        ),
        (
            [
                "Invalid user admin from 192.0.2.7",
                "Failed none for invalid user admin from 192.0.2.7 port 5 ssh2",
                "Failed password for invalid user admin from 192.0.2.7 port 5 ssh2",
                "message repeated 2 times: [ Failed password for invalid user admin from 192.0.2.7 port 5 ssh2]",
            ],
            ["login failure 1 admin 192.0.2.7"] * 2 + ["login failure 2 admin 192.0.2.7"],
        ),
        # Names with spaces, without letters, and names that imitate sshd.
        (["Invalid user  0101 from 192.0.2.7"], ["login failure 1 0101 192.0.2.7"]),
        (["Invalid user  from 192.0.2.7"], ["login failure 1 None 192.0.2.7"]),
        (["Invalid user two words from 192.0.2.7"], ["login failure 1 two words 192.0.2.7"]),
        (
            ["Failed password for invalid user x from 198.51.100.1 port 1 ssh2 from 192.0.2.7 port 5 ssh2"],
            ["login failure 1 x from 198.51.100.1 port 1 ssh2 192.0.2.7"],
        ),
        # Users who exist and may not sign in, and PAM's own words.
        (
            [
                "User root from 192.0.2.7 not allowed because not listed in AllowUsers",
                "Failed password for invalid user root from 192.0.2.7 port 5 ssh2",
            ],
            ["login failure 1 root 192.0.2.7"],
        ),
        (
            [
                "error: PAM: Authentication failure for root from 192.0.2.7",
                "Failed keyboard-interactive/pam for root from 192.0.2.7 port 5 ssh2",
                "error: PAM: Authentication failure for root from 192.0.2.7",
            ],
            ["login failure 1 root 192.0.2.7"] * 2,
        ),
        (
            [
                "Invalid user eve from 192.0.2.7",
                "error: PAM: User not known to the underlying module for illegal user eve from 192.0.2.7",
                "Failed keyboard-interactive/pam for invalid user eve from 192.0.2.7 port 5 ssh2",
            ],
            ["login failure 1 eve 192.0.2.7"],
        ),
        # Connections that ended before anybody tried, once each.
        (["Did not receive identification string from 192.0.2.7"], ["connection failure 1 None 192.0.2.7"]),
        (
            ["Received disconnect from 192.0.2.7: 11: Bye Bye [preauth]"],
            ["connection failure 1 None 192.0.2.7"],
        ),
        (
            [
                "Received disconnect from 192.0.2.7 port 5:11: Bye Bye [preauth]",
                "Disconnected from 192.0.2.7 port 5 [preauth]",
            ],
            ["connection failure 1 None 192.0.2.7"],
        ),
        (
            ["Connection closed by authenticating user root 192.0.2.7 port 5 [preauth]"],
            ["connection failure 1 root 192.0.2.7"],
        ),
        (
            ["error: Received disconnect from 192.0.2.7: 14: No more user authentication methods available. [preauth]"],
            ["connection failure 1 None 192.0.2.7"],
        ),
        (
            ["Bad protocol version identification 'GET / HTTP/1.0' from 192.0.2.7 port 5"],
            ["connection failure 1 None 192.0.2.7"],
        ),
        (
            ["Unable to negotiate with 192.0.2.7 port 5: no matching cipher found. Their offer: x [preauth]"],
            ["connection failure 1 None 192.0.2.7"],
        ),
        (["fatal: Timeout before authentication for 192.0.2.7"], ["connection failure 1 None 192.0.2.7"]),
        # The end of a session that was let in is no news, nor is anything of PAM or of others.
        (
            [
                "Accepted password for ada from 192.0.2.7 port 5 ssh2",
                "pam_unix(sshd:session): session opened for user ada by (uid=0)",
                "Received disconnect from 192.0.2.7: 11: disconnected by user",
                "Disconnected from user ada 192.0.2.7 port 5",
            ],
            ["login success 1 ada 192.0.2.7"],
        ),
        (["Server listening on 0.0.0.0 port 22.", "error: maximum authentication attempts exceeded for root"], []),
        # A process number that came round again is another connection.
        (
            [
                "Invalid user a from 192.0.2.7",
                "Connection closed by 192.0.2.7 [preauth]",
                "Failed password for invalid user b from 192.0.2.8 port 5 ssh2",
            ],
            ["login failure 1 a 192.0.2.7", "login failure 1 b 192.0.2.8"],
        ),
        (
            ["7|Invalid user a from 192.0.2.7", "8|Failed password for invalid user a from 192.0.2.7 port 5 ssh2"],
            ["login failure 1 a 192.0.2.7", "login failure 1 a 192.0.2.7"],
        ),
    ],
)
def test_what_becomes_a_record(messages: list[str], expected: list[str]) -> None:
    assert told(*messages) == expected


def test_a_host_name_is_kept_and_its_address_found_when_the_log_tells_it() -> None:
    by_name = "Failed password for root from scan.example.net port 5 ssh2"
    (draft,) = records(lines_of(by_name))
    assert (draft.ip, draft.domain) == (None, "scan.example.net")
    reverse = (
        "reverse mapping checking getaddrinfo for scan.example.net [192.0.2.7] failed - POSSIBLE BREAK-IN ATTEMPT!"
    )
    (draft,) = records(lines_of(reverse, by_name))
    assert (draft.ip, draft.domain) == ("192.0.2.7", "scan.example.net")
    (draft,) = records(lines_of("Failed password for root from UNKNOWN port 65535 ssh2"))
    assert (draft.ip, draft.domain) == (None, None)


def test_a_record_says_what_the_line_said() -> None:
    (draft,) = records(lines_of("Failed password for invalid user eve from 192.0.2.7 port 50 ssh2"))
    assert draft.source == "sshd"
    assert draft.time == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert draft.details == {
        "host": "bastion",
        "service": "ssh",
        "process": 7,
        "port": 50,
        "method": "password",
        "reason": "invalid_user",
    }


def test_newer_forms_of_the_head() -> None:
    text = "Failed password for root from 192.0.2.7 port 5 ssh2"
    lines = [
        f"2026-01-02T03:04:05.678901+02:00 bastion sshd-session[7]: {text}".encode(),
        f"<38>Jan  2 03:04:05 bastion sshd[8]: {text}\r\n".encode(),
        f"Jan  2 03:04:05 bastion sshd: {text}".encode(),
    ]
    assert [draft.time.isoformat() for draft in records(lines)] == [
        "2026-01-02T01:04:05.678901+00:00",
        "2026-01-02T03:04:05+00:00",
        "2026-01-02T03:04:05+00:00",
    ]


def test_last_message_repeated_means_the_line_before() -> None:
    failed = lines_of("Failed password for root from 192.0.2.7 port 5 ssh2")[0]
    again = b"Jan  2 03:04:35 bastion last message repeated 3 times\n"
    cron = b"Jan  2 03:04:20 bastion CRON[9]: session opened\n"
    assert [draft.count for draft in records([failed, again])] == [1, 3]
    assert [draft.count for draft in records([failed, cron, again])] == [1]
    assert [draft.count for draft in records([failed, again.replace(b"bastion", b"other")])] == [1]


def test_broken_lines_are_told_with_their_number_and_the_rest_is_read() -> None:
    good = lines_of("Failed password for root from 192.0.2.7 port 5 ssh2")[0]
    lines = [
        good,
        b"",
        b"Jan  2 03:04",
        b"Foo 32 03:04:05 bastion sshd[7]: Failed password for root from 192.0.2.7 port 5 ssh2",
        b"Feb 30 03:04:05 bastion sshd[7]: Failed password for root from 192.0.2.7 port 5 ssh2",
        b"Feb 29 03:04:05 bastion sshd[7]: Failed password for root from 192.0.2.7 port 5 ssh2",
        lines_of("Failed password for root from 192.0.2.7")[0],
        lines_of("message repeated 0 times: [ Failed password for root from 192.0.2.7 port 5 ssh2]")[0],
        lines_of("Failed password for root from a..b port 5 ssh2")[0],
        b"Jan  2 03:04:05 bastion sshd[",
        b"Jan  2 03:04:05 bastion -- MARK --",
        b"x" * 70_000,
        b"\xff\xfe",
        good,
    ]
    tally = Tally()
    found = list(read(lines, year=2026, zone=UTC, now=NOW, tally=tally))
    broken = [(one.line, one.reason) for one in found if isinstance(one, Malformed)]
    assert broken == [
        (3, "no syslog line"),
        (4, "no such month"),
        (5, "no such day or time"),
        (6, "no such day in 2026"),
        (7, "a cut or unknown form of 'Failed ...'"),
        (8, "repeated 0 times"),
        (9, "neither an address nor a name where the peer stands"),
        (10, "a cut line"),
        (12, "longer than 65536 bytes"),
        (13, "no syslog line"),
    ]
    drafts = [draft for draft in found if isinstance(draft, ActivityDraft)]
    assert [draft.ordinal for draft in drafts] == [0, 1]
    assert tally == Tally(lines=14, records=2, skipped=2, malformed=10)


def test_the_zone_is_the_logs_own() -> None:
    line = lines_of("Failed password for root from 192.0.2.7 port 5 ssh2", stamp="Jul  2 03:04:05")
    (draft,) = read(line, year=2026, zone=ZoneInfo("Europe/Berlin"), now=NOW)
    assert isinstance(draft, ActivityDraft)
    assert draft.time == datetime(2026, 7, 2, 1, 4, 5, tzinfo=UTC)


FAILED = "bastion sshd[7]: Failed password for root from 192.0.2.7 port 5 ssh2"


def at(*stamps: str) -> list[bytes]:
    return [f"{stamp} {FAILED}".encode() for stamp in stamps]


@pytest.mark.parametrize(
    ("stamps", "years"),
    [
        (["Oct 31 00:00:00"], [2026]),
        (["Nov  1 20:00:00"], [2026]),  # within a day of now: clocks and zones differ
        (["Nov  3 00:00:00"], [2025]),
        (["Dec 31 23:59:59", "Jan  1 00:00:00"], [2025, 2026]),
        (["Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:59:58", "Jan  1 00:00:01"], [2025, 2026, 2025, 2026]),
        (["Nov 10 00:00:00", "Jan  1 00:00:00", "Dec 10 00:00:00"], [2024, 2025, 2025]),
        (["Jan  5 00:00:00", "Sep  5 00:00:00", "May  5 00:00:00"], [2025, 2025, 2026]),
        (["Feb 29 12:00:00"], [2024]),
        (["Dec 31 00:00:00", "Feb 29 12:00:00"], [2023, 2024]),
        (["Jan 14 00:00:00", "Jan  7 00:00:00"], [2026, 2026]),  # weekly files in the wrong order
    ],
)
def test_the_latest_year_that_puts_no_line_in_the_future(stamps: list[str], years: list[int]) -> None:
    lines = at(*stamps)
    assert starting_year(lines, zone=UTC, now=NOW) == years[0]
    assert [draft.time.year for draft in records(lines, year=None)] == years


def test_the_year_turns_on_lines_that_are_skipped_too() -> None:
    lines = [*at("Dec 31 23:00:00"), b"Jan  1 00:00:00 bastion CRON[1]: x", *at("Mar  1 00:00:00")]
    assert [draft.time.year for draft in records(lines, year=2020)] == [2020, 2021]


def test_lines_that_can_be_read_once_need_a_year() -> None:
    with pytest.raises(ValueError, match="need a year"):
        list(read(iter(at("Jan  1 00:00:00")), zone=UTC, now=NOW))


message = st.sampled_from(
    [
        "Invalid user a from 192.0.2.7",
        "Failed password for invalid user a from 192.0.2.7 port 5 ssh2",
        "Failed password for root from 192.0.2.7 port 5 ssh2",
        "message repeated 2 times: [ Failed password for root from 192.0.2.7 port 5 ssh2]",
        "Accepted password for root from 192.0.2.7 port 5 ssh2",
        "Received disconnect from 192.0.2.7: 11: Bye Bye [preauth]",
        "Connection closed by 192.0.2.7 [preauth]",
        "Failed password for",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), message), max_size=25), st.integers(0, 25))
def test_a_log_that_has_grown_gives_its_old_part_again(said: list[tuple[int, str]], cut: int) -> None:
    lines = [line for process, text in said for line in lines_of(text, process=process)]
    whole = list(read(lines, year=2026, zone=UTC, now=NOW))
    part = list(read(lines[:cut], year=2026, zone=UTC, now=NOW))
    assert whole[: len(part)] == part
    identities = [draft.identity for draft in whole if isinstance(draft, ActivityDraft)]
    assert len(set(identities)) == len(identities)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: lines_of(text)[0])))
def test_no_line_stops_the_reader(lines: list[bytes]) -> None:
    tally = Tally()
    found = list(read(lines, year=2026, zone=UTC, now=NOW, tally=tally))
    assert tally.lines == len(lines) == tally.records + tally.skipped + tally.malformed
    assert len(found) == tally.records + tally.malformed
