"""Lists as people have them: what each line is taken for."""

from typing import Any

from formats.lists import MOST_LINE, read_list
from foundation.words import IndicatorType


def read(text: str, **more: Any) -> list[tuple[Any, ...]]:
    return [
        (one.number, str(one.looked.type), one.looked.value) if one.looked else (one.number, one.refused)
        for one in read_list(text.splitlines(), **more)
    ]


UNKNOWN = "This is no address, name, URL, digest or mail address; say its type."


def test_a_value_a_line_however_it_was_pasted() -> None:
    md5 = "d41d8cd98f00b204e9800998ecf8427e"
    told = read(
        "# a list\n\n198[.]51[.]100[.]7\nevil[.]example # why\nhxxps://evil[.]example/a,b\n0.0.0.0 ads.example\n"
        f'10.0.0.0/4\n198.51.100.7:8080\n"a[at]evil.example",\n||tracker.example^\n*.wild.example\n{md5.upper()}\n'
        f"evil.example/path\n12345\nHKLM\\Software\\x\n{'x' * (MOST_LINE + 1)}\n// end\n"
    )
    assert told == [
        (3, "ip", "198.51.100.7"), (4, "domain", "evil.example"), (5, "url", "https://evil.example/a,b"),
        (6, "domain", "ads.example"),
        (7, "Networks are looked for from /8 to /31: a larger one says nothing about an address."),
        (8, "ip", "198.51.100.7"), (9, "email", "a@evil.example"), (10, "domain", "tracker.example"),
        (11, "domain", "wild.example"), (12, "file_hash", md5), (13, UNKNOWN), (14, UNKNOWN),
        (15, "registry", "HKLM\\Software\\x"), (16, f"A line has at most {MOST_LINE} characters."),
    ]  # fmt: skip


def test_tables_by_their_headings_or_by_their_looks() -> None:
    commented = '# first_seen,dst_ip,dst_port,malware\n"2021-01-17","198.51.100.7","443","Dridex"\n'
    (one,) = read_list(commented.splitlines())
    assert (one.looked and one.looked.value, one.name) == ("198.51.100.7", "Dridex")
    named = (
        "type;value;confidence;expires;comment\nip;198.51.100.7;80;2026-12-01T00:00:00Z;=cmd\n"
        'hostname;"evil.example";900;never;\nsha256;zzz;;;\n'
    )
    first, second, third = read_list(named.splitlines())
    assert (first.name, first.confidence, first.valid_until and first.valid_until.day) == ("=cmd", 80, 1)
    assert (second.looked and second.looked.type, second.confidence, second.valid_until) == ("domain", None, None)
    assert third.refused == "This is no MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal."
    assert read("a,198.51.100.7,x\nb,evil.example,x\nc,nothing,x\n") == [
        (1, "ip", "198.51.100.7"), (2, "domain", "evil.example"), (3, UNKNOWN),
    ]  # fmt: skip
    assert read("Local\\x\n", kind=IndicatorType.MUTEX) == [(1, "mutex", "Local\\x")]
