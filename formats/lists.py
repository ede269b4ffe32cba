"""Lists of indicators as people have them: a value a line, tables, pasted reports with defanged values.

Each line is read by itself and told of by its number, so that one that cannot be read costs nothing but itself.
"""

import csv
import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Final

from formats.stix.new_indicator import Looked, look_for
from foundation.errors import InvalidInput
from foundation.observables import refanged
from foundation.times import from_text
from foundation.words import IndicatorType

MOST_LINE: Final = 8_192
"""Characters. What is longer is no line of a list."""

SAMPLE: Final = 50
"""Lines that are looked at to find out how the list is written."""

_VALUE_WORDS: Final = (
    "value", "indicator", "ioc", "ioc_value", "observable", "indicator_value", "dst_ip", "ip", "ip_address", "address",
    "domain", "host", "hostname", "url", "sha256", "sha1", "md5", "hash", "email",
)  # fmt: skip
"""Headings of the column that holds the value, the surest first."""
_TYPE_WORDS: Final = ("type", "indicator_type", "ioc_type", "kind")
_NAME_WORDS: Final = ("name", "description", "comment", "note", "threat", "malware", "malware_printable")
_CONFIDENCE_WORDS: Final = ("confidence", "confidence_level", "score")
_UNTIL_WORDS: Final = ("valid_until", "expires", "expiration", "expiry", "expires_at")
_TYPES: Final = {
    **{str(one): one for one in IndicatorType},
    "ipv4": IndicatorType.IP, "ipv6": IndicatorType.IP, "ip-dst": IndicatorType.IP, "ip-src": IndicatorType.IP,
    "ipv4-addr": IndicatorType.IP, "ipv6-addr": IndicatorType.IP, "cidr": IndicatorType.IP, "ip:port": IndicatorType.IP,
    "hostname": IndicatorType.DOMAIN, "domain-name": IndicatorType.DOMAIN, "fqdn": IndicatorType.DOMAIN,
    "uri": IndicatorType.URL, "link": IndicatorType.URL,
    "hash": IndicatorType.FILE_HASH, "md5": IndicatorType.FILE_HASH, "sha1": IndicatorType.FILE_HASH,
    "sha256": IndicatorType.FILE_HASH, "sha512": IndicatorType.FILE_HASH, "md5_hash": IndicatorType.FILE_HASH,
    "sha1_hash": IndicatorType.FILE_HASH, "sha256_hash": IndicatorType.FILE_HASH, "file": IndicatorType.FILE_HASH,
    "email-addr": IndicatorType.EMAIL, "email-src": IndicatorType.EMAIL, "mail": IndicatorType.EMAIL,
    "user-agent": IndicatorType.USER_AGENT, "regkey": IndicatorType.REGISTRY,
}  # fmt: skip
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://")
_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")
_TOP = re.compile(r"[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{1,59}", re.ASCII)
_HOSTS_FILE = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(\S+)")
_COMMENT = re.compile(r"\s+(?:#|//).*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line, as it was read. `looked`: what is looked for; none where `refused` says why not. `text`: the value as it
    stood there, at most 200 characters."""

    number: int
    text: str
    looked: Looked | None = None
    refused: str | None = None
    name: str | None = None
    confidence: int | None = None
    valid_until: datetime | None = None


@dataclass
class _Columns:
    """Which column holds what. `value` None: the first that can be read as one."""

    value: int | None = None
    type: int | None = None
    name: int | None = None
    confidence: int | None = None
    until: int | None = None
    headings: frozenset[str] = field(default_factory=frozenset)


def read_list(lines: Iterable[str], *, kind: IndicatorType | None = None) -> Iterator[Line]:
    """What each line holds, but for empty ones and comments (after `#`, `//` or `;`). `kind`: what all values are;
    None: each is recognised, or named by the table's own column."""
    numbered = enumerate(lines, 1)
    sample = list(islice(numbered, SAMPLE))
    delimiter = _delimiter([text for _, text in sample])
    columns = _columns([_cells(text, delimiter) for _, text in sample if _is_told(text)]) if delimiter else None
    for number, text in chain(sample, numbered):
        if len(text) > MOST_LINE:
            yield Line(number, text[:200], refused=f"A line has at most {MOST_LINE} characters.")
            continue
        if not text.strip() or _is_comment(text):
            continue
        if delimiter and columns is not None:
            cells = _cells(text, delimiter)
            if columns.headings and frozenset(map(_word, cells)) == columns.headings:
                continue
            yield _row(number, cells, columns, kind)
        else:
            yield _plain(number, text.strip(), kind)


def recognise(text: str) -> IndicatorType | None:
    """What kind of thing a value is, by its looks; None for what could be anything."""
    text = refanged(text)
    if _PORT.fullmatch(text) or _is_network(text):
        return IndicatorType.IP
    if len(text) in (32, 40, 64, 128) and _HEXADECIMAL.fullmatch(text):
        return IndicatorType.FILE_HASH
    if _SCHEME.match(text):
        return IndicatorType.URL
    if text.upper().startswith(("HKEY_", "HKLM\\", "HKCU\\", "HKU\\", "HKCR\\")):
        return IndicatorType.REGISTRY
    local, at, host = text.rpartition("@")
    if _TOP.fullmatch(host.rstrip(".").rpartition(".")[2]) and "." in host.rstrip("."):
        return IndicatorType.EMAIL if at and local else None if at else IndicatorType.DOMAIN
    return None


def _plain(number: int, text: str, kind: IndicatorType | None) -> Line:
    text = _COMMENT.sub("", text)
    if (found := _HOSTS_FILE.fullmatch(text)) is not None and kind in (None, IndicatorType.DOMAIN):
        text = found[1]
    return _read(number, text, kind)


def _row(number: int, cells: Sequence[str], columns: _Columns, kind: IndicatorType | None) -> Line:
    def at(place: int | None) -> str:
        return cells[place].strip() if place is not None and place < len(cells) else ""

    value = at(columns.value) if columns.value is not None else next((c for c in cells if recognise(_bare(c))), "")
    said = kind or _TYPES.get(at(columns.type).lower())
    read = _read(number, value or " ".join(cells).strip(), said)
    if read.looked is None:
        return read
    try:
        until = from_text(at(columns.until)) if at(columns.until) else None
    except InvalidInput:
        until = None
    confidence = at(columns.confidence)
    stated = int(confidence) if confidence.isascii() and confidence.isdigit() and int(confidence) <= 100 else None
    name = "".join(letter for letter in at(columns.name)[:200] if letter.isprintable()) or None
    return Line(number, read.text, read.looked, None, name, stated, until)


def _read(number: int, text: str, kind: IndicatorType | None) -> Line:
    shown, bare = text[:200], _bare(text)
    found = kind or recognise(bare)
    if found is None:
        return Line(number, shown, refused="This is no address, name, URL, digest or mail address; say its type.")
    if found is IndicatorType.IP and (with_port := _PORT.fullmatch(refanged(bare))) is not None:
        bare = with_port[1]
    if found is IndicatorType.DOMAIN:
        bare = bare.removeprefix("*.").removeprefix("||").removesuffix("^")
    try:
        return Line(number, shown, look_for(found, bare))
    except InvalidInput as refusal:
        return Line(number, shown, refused=refusal.text)


def _bare(text: str) -> str:
    """Without what stands around a value: quotes, brackets, a comma at the end."""
    text = text.strip().rstrip(",;").strip("\"'`<>").strip()
    if text.startswith("||"):
        text = text[2:].removesuffix("^")
    return text.removeprefix("*.") if _TOP.fullmatch(text.rpartition(".")[2]) else text


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "." in text or ":" in text  # or every number would be an address


def _is_comment(text: str) -> bool:
    return text.lstrip().startswith(("#", "//", ";"))


def _is_told(text: str) -> bool:
    """Whether it is a line of the table, or a comment that may be its heading."""
    return bool(text.strip()) and len(text) <= MOST_LINE


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([text.lstrip("#").strip()], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return [text.strip()]
    return [cell.strip() for cell in cells]


def _delimiter(sample: Sequence[str]) -> str | None:
    """What parts the cells, where the list is a table: what most lines have equally often, and values do not hold."""
    lines = [text for text in sample if text.strip() and not _is_comment(text)]
    for delimiter in ("\t", ";", ",", "|"):
        counts = [len(_cells(text, delimiter)) for text in lines]
        usual = max(set(counts), key=counts.count, default=1)
        trailing = all(text.strip().endswith(delimiter) for text in lines)
        if usual > 1 and counts.count(usual) * 2 > len(counts) and not (usual == 2 and trailing):
            return delimiter
    return None


def _columns(rows: Sequence[Sequence[str]]) -> _Columns:
    """By its headings, where a line of words is there; else by what the cells look like."""
    every = {*_VALUE_WORDS, *_TYPE_WORDS, *_NAME_WORDS, *_CONFIDENCE_WORDS, *_UNTIL_WORDS}
    for row in rows:
        words = [_word(cell) for cell in row]
        if len(every & set(words)) >= 1 and not any(recognise(_bare(cell)) for cell in row):
            return _Columns(
                _place(words, _VALUE_WORDS),
                _place(words, _TYPE_WORDS),
                _place(words, _NAME_WORDS),
                _place(words, _CONFIDENCE_WORDS),
                _place(words, _UNTIL_WORDS),
                frozenset(words),
            )
    fitting = [sum(recognise(_bare(row[n])) is not None for row in rows if n < len(row)) for n in range(64)]
    best = max(fitting, default=0)
    return _Columns(value=fitting.index(best) if best else None)


def _place(words: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((words.index(word) for word in wanted if word in words), None)


def _word(cell: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_")
