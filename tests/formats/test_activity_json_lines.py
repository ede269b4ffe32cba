"""The JSON-lines reader: every kind of record, identities, broken lines, and files that are not quite clean."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from cli.ingest import Lines
from formats.activity.json_lines import read
from formats.activity.lines import MAX_LINE_BYTES, Malformed, Tally
from formats.activity.records import ActivityDraft, to_mapping
from foundation.words import ActivityKind

LEAST: dict[str, Any] = {"kind": "login", "time": "2026-01-02T03:04:05.000000Z", "source": "sshd"}


def line(**members: Any) -> bytes:
    return orjson.dumps({**LEAST, **members}) + b"\n"


def sorted_out(lines: Sequence[bytes]) -> tuple[list[ActivityDraft], list[tuple[int, str]], Tally]:
    tally = Tally()
    found = list(read(lines, tally=tally))
    broken = [(one.line, one.reason) for one in found if isinstance(one, Malformed)]
    return [one for one in found if isinstance(one, ActivityDraft)], broken, tally


@pytest.mark.parametrize("kind", ActivityKind)
def test_every_kind_is_read_and_written_back(kind: ActivityKind) -> None:
    row = {
        **LEAST,
        "kind": str(kind),
        "externalId": "n-1",
        "outcome": "failure",
        "ip": "192.0.2.7",
        "count": 2,
        "details": {"peer": "198.51.100.9", "port": 443},
    }
    drafts, broken, tally = sorted_out([orjson.dumps(row)])
    assert ([to_mapping(draft) for draft in drafts], broken) == ([row], [])
    assert tally == Tally(lines=1, records=1)
    assert drafts[0].identity == "id:n-1"


def test_equal_lines_are_told_apart_and_a_grown_file_adds_only_what_is_new() -> None:
    before = [line(user="ada"), line(user="bob"), line(user="ada")]
    identities = [draft.identity for draft in sorted_out(before)[0]]
    assert len(set(identities)) == 3
    assert identities[0].endswith(":0") and identities[2] == identities[0].replace(":0", ":1")
    windows = [one.replace(b"\n", b"\r\n") for one in before]
    assert [draft.identity for draft in sorted_out([*windows, line(user="eve")])[0]][:3] == identities


def test_what_cannot_be_read_is_told_with_its_line_and_stops_nothing() -> None:
    drafts, broken, tally = sorted_out(
        [
            b"\xef\xbb\xbf" + line(),
            b"\n",
            b"{",
            b"[]\n",
            line(usr="ada"),
            line(ip="1.2.3"),
            line(time="yesterday"),
            b'{"kind":"login","kind":"dns"}\n',
            b'{"a":"\xff"}\n',
            b"x" * (MAX_LINE_BYTES + 1),
            line(user="last"),
        ]
    )
    assert [draft.user for draft in drafts] == [None, "last"]
    assert broken == [
        (3, "This is not JSON: Expecting property name enclosed in double quotes, line 1, column 2."),
        (4, "The JSON must be an object."),
        (5, "usr: An activity record has no such field."),
        (6, "ip: This is no IP address."),
        (7, "time: Write a time as 2026-01-02T03:04:05Z, with an offset."),
        (8, "The JSON holds an object with the same key twice."),
        (9, "The JSON is not UTF-8."),
        (10, "longer than 65536 bytes"),
    ]
    assert tally == Tally(lines=11, records=2, skipped=1, malformed=8)


def test_the_rest_of_a_line_that_is_too_long_is_no_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"x" * (MAX_LINE_BYTES + 1) + line(user="smuggled") + line(user="ada") + b"{")
    advanced: list[int] = []
    drafts, broken, tally = sorted_out([*Lines(path, advanced.append)])
    assert [draft.user for draft in drafts] == ["ada"]
    assert [number for number, _ in broken] == [1, 3]
    assert tally.lines == 3
    assert sum(advanced) == path.stat().st_size
