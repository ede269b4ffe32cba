"""JSON lines: a record a line, under exactly the names of `records.NAMES`; it covers every kind of record.

    {"kind": "connection", "time": "2026-01-02T03:04:05Z", "source": "flows", "ip": "192.0.2.7", "outcome": "success",
     "bytesIn": 420, "bytesOut": 380, "durationMs": 950, "details": {"peer": "198.51.100.9", "port": 443}}

Each line names its own source. A record that brings `externalId` is that record whenever it comes again; one that does
not is known by its line and by how many equal lines stood before it. A field nobody knows makes a line malformed rather
than being dropped: what was misspelt would otherwise be lost in silence.

`details` is free. Connections are understood from these members of it: `peer` (the other end's address or name), `port`
(the server's), `protocol`, `role` (`client`, unless it says `server`: which end `ip` was) and `self_signed` (whether
the server's certificate was). Whoever wants to investigate both ends of a connection writes a record for each.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from formats.activity.lines import MAX_LINE_BYTES, Malformed, Ordinals, Tally, head_of
from formats.activity.records import ActivityDraft, digest_of, from_mapping
from foundation.errors import InvalidInput, Refusal
from foundation.strict_json import read_json

_MARK = b"\xef\xbb\xbf"  # the byte order mark some systems begin a file with


def read(lines: Iterable[bytes], *, tally: Tally | None = None) -> Iterator[ActivityDraft | Malformed]:
    """The records of a file and its broken lines, in the order of the lines; `tally` counts along."""
    ordinals = Ordinals()

    def draft_of(row: dict[str, Any], line: bytes) -> ActivityDraft:
        digest = digest_of(line)
        return from_mapping(row, digest=digest, ordinal=ordinals.next(digest))

    return read_rows(lines, draft_of, tally=tally)


def read_rows(
    lines: Iterable[bytes], draft_of: Callable[[dict[str, Any], bytes], ActivityDraft], *, tally: Tally | None = None
) -> Iterator[ActivityDraft | Malformed]:
    """What `draft_of` makes of each line's object. What it refuses, and what is no JSON object, is told with its line.

    Empty lines are skipped and counted.
    """
    counted = tally if tally is not None else Tally()
    for raw in lines:
        counted.lines += 1
        line = raw.strip()
        if counted.lines == 1:
            line = line.removeprefix(_MARK)
        if not line:
            counted.skipped += 1
            continue
        try:
            if len(line) > MAX_LINE_BYTES:
                raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")
            draft = draft_of(read_json(line, max_bytes=MAX_LINE_BYTES), line)
        except (Refusal, ValueError) as error:
            counted.malformed += 1
            yield Malformed(counted.lines, head_of(line), _reason(error))
            continue
        counted.records += 1
        yield draft


def _reason(error: Exception) -> str:
    named = isinstance(error, InvalidInput) and error.field
    return f"{named}: {error}" if named else str(error)
