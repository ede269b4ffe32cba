"""Logs of OpenSSH's server, as syslog writes them: lines in, activity records out, one pass, bounded memory.

What becomes a record:

- an accepted sign-in (`login`, success);
- each refused try (`login`, failure). A try for a user who does not exist is told twice, by `Invalid user` and by
  `Failed password for invalid user`, but on servers that take keys only by the first alone: so the first is the record,
  and the one `Failed` line that tells it again is not counted. The same holds for PAM's own messages;
- a connection that ended before anybody tried to sign in (`connection`, failure, reason `preauth`), once a connection.

Everything else is skipped and counted. Which lines count depends only on lines before them, so a log that has grown
gives the same records for its old part, with the same identities.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from formats.activity.lines import MAX_LINE_BYTES, Malformed, Ordinals, Tally, head_of
from formats.activity.records import ActivityDraft, digest_of
from formats.activity.sshd_messages import Message, Said, read_message, repeated
from formats.activity.stamps import Stamps, starting_year
from foundation.entities import canonical
from foundation.errors import InvalidInput
from foundation.times import from_text
from foundation.words import ActivityKind, ActivityOutcome, EntityType

SOURCE = "sshd"

_HEAD = re.compile(
    r"(?:<\d{1,3}>)?(?:([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)|(\d{4}-\d\d-\d\d[T ]\S+)) (\S+) "
    r"(?:last message repeated (\d{1,9}) times?|([^\s\[:]+)(?:\[(\d+)\])?: ?(.*)|(.*))",
    re.DOTALL,
)
_PROGRAMS = frozenset({"sshd", "sshd-session", "sshd-auth"})
# Process numbers come round again. Two ends of one connection stand within the same moments; later ones are another's.
_SAME_END = timedelta(minutes=1)
_MOST_CONNECTIONS = 65_536
# No system has longer account names; a longer one is cut, since what matters is that somebody tried.
MAX_USER_LENGTH = 256


@dataclass(slots=True)
class _Connection:
    """What is known of one connection. `named` and `denied` count tries told by `Invalid user` and by PAM, which later
    lines will tell again."""

    address: str | None = None
    tried: bool = False
    named: int = 0
    denied: int = 0
    ended: datetime | None = None

    def new_tries(self, message: Message) -> int:
        """How many tries of a message were not told before; remembers those that will be told again."""
        count = message.count
        match message.said:
            case Said.REFUSED:
                self.named += count
            case Said.DENIED:
                told = min(self.named, count)
                self.named -= told
                self.denied += count
                count -= told
            case Said.FAILED:
                if (message.method or "").startswith("keyboard-interactive"):
                    told = min(self.denied, count)
                    self.denied -= told
                    count -= told
                told = min(self.named, count)
                self.named -= told
                count -= told
            case _:
                self.named = self.denied = 0
        return count


def read(
    lines: Iterable[bytes],
    *,
    year: int | None = None,
    zone: tzinfo,
    now: datetime,
    source: str = SOURCE,
    tally: Tally | None = None,
) -> Iterator[ActivityDraft | Malformed]:
    """The records of a log and its broken lines, in the order of the lines; `tally` counts along.

    `year` is that of the first line. Without it the latest is taken that puts no line in the future, for which the
    lines are walked twice: hand in something that can be, or ask `starting_year` first. ValueError for an iterator.
    """
    if year is None:
        if isinstance(lines, Iterator):
            raise ValueError("Lines that can be read only once need a year.")
        year = starting_year(lines, zone=zone, now=now)
    return _Reader(Stamps(year=year, zone=zone), source, tally if tally is not None else Tally()).read(lines)


class _Reader:
    def __init__(self, stamps: Stamps, source: str, tally: Tally) -> None:
        self._stamps = stamps
        self._source = source
        self._tally = tally
        self._ordinals = Ordinals()
        self._connections: dict[tuple[str, str], _Connection] = {}
        self._last: tuple[str, Message, str | None] | None = None  # host, message and process of the line before

    def read(self, lines: Iterable[bytes]) -> Iterator[ActivityDraft | Malformed]:
        tally = self._tally
        for raw in lines:
            tally.lines += 1
            line = raw.rstrip(b"\r\n")
            try:
                draft = self._line(line)
            except (ValueError, InvalidInput) as error:
                tally.malformed += 1
                self._last = None
                yield Malformed(tally.lines, head_of(line), str(error))
                continue
            if draft is None:
                tally.skipped += 1
            else:
                tally.records += 1
                yield draft

    def _line(self, line: bytes) -> ActivityDraft | None:
        if not line.strip():
            return None
        if len(line) > MAX_LINE_BYTES:
            raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")
        match = _HEAD.fullmatch(line.decode("utf-8", "replace"))
        if match is None:
            raise ValueError("no syslog line")
        stamp, full, host, times, program, process, text, rest = match.groups()
        # Every stamp is read, also of lines that are skipped: the turn of the year may stand on one of them.
        time = self._stamps.read(stamp) if stamp else from_text(full)
        if times:
            return self._again(line, time, host, int(times))
        if rest is not None and rest.startswith("sshd"):
            raise ValueError("a cut line")
        if program not in _PROGRAMS:
            self._last = None
            return None
        message = read_message(text)
        self._last = (host, message, process)
        if message.said is Said.NOTHING:
            return None
        return self._message(line, time, host, process, message)

    def _again(self, line: bytes, time: datetime, host: str, times: int) -> ActivityDraft | None:
        """`last message repeated N times`, which old daemons write for whatever stood before."""
        if self._last is None or self._last[0] != host or self._last[1].said is Said.NOTHING:
            return None
        _, message, process = self._last
        return self._message(line, time, host, process, repeated(message, times))

    def _message(
        self, line: bytes, time: datetime, host: str, process: str | None, message: Message
    ) -> ActivityDraft | None:
        connection = self._connection(host, process or message.peer, time, message.said)
        address, name = _peer(message.peer)
        connection.address = address = address or connection.address
        count = message.count
        if message.said is Said.BEGAN:
            return None
        if message.said is Said.ENDED:
            if connection.tried or connection.ended is not None:
                connection.ended = time
                return None
            connection.ended = time
            outcome, kind = ActivityOutcome.FAILURE, ActivityKind.CONNECTION
            reason: str | None = "preauth"
        else:
            connection.tried = True
            kind, reason = ActivityKind.LOGIN, message.reason
            outcome = ActivityOutcome.SUCCESS if message.said is Said.ACCEPTED else ActivityOutcome.FAILURE
            count = connection.new_tries(message)
            if not count:
                return None
        details: dict[str, str | int] = {"host": host, "service": "ssh"}
        if process is not None:
            details["process"] = int(process)
        if message.port is not None:
            details["port"] = message.port
        if message.method is not None:
            details["method"] = message.method
        if reason is not None:
            details["reason"] = reason
        digest = digest_of(line)
        return ActivityDraft(
            kind=kind,
            time=time,
            source=self._source,
            digest=digest,
            ordinal=self._ordinals.next(digest),
            outcome=outcome,
            user=_user(message.user),
            ip=address,
            domain=name,
            count=count,
            details=details,
        )

    def _connection(self, host: str, process: str, time: datetime, said: Said) -> _Connection:
        key = (host, process)
        found = self._connections.get(key)
        if found is not None and found.ended is not None:
            goes_on = said is Said.ENDED and time - found.ended <= _SAME_END
            if not goes_on:
                found = None
        if found is None:
            if len(self._connections) >= _MOST_CONNECTIONS:
                for old in list(self._connections)[: _MOST_CONNECTIONS // 2]:
                    del self._connections[old]
            self._connections.pop(key, None)
            found = self._connections[key] = _Connection()
        return found


@lru_cache(maxsize=65_536)
def _peer(peer: str) -> tuple[str | None, str | None]:
    """(address, name): what sshd writes where the peer belongs is an address, a host name, or UNKNOWN."""
    if not peer or peer == "UNKNOWN":
        return None, None
    try:
        return canonical(EntityType.IP, peer.partition("%")[0], field="ip"), None
    except InvalidInput:
        pass
    try:
        return None, canonical(EntityType.DOMAIN, peer, field="domain")
    except InvalidInput as error:
        raise ValueError("neither an address nor a name where the peer stands") from error


def _user(user: str | None) -> str | None:
    if user is None:
        return None
    return user.replace("\0", "\ufffd").strip()[:MAX_USER_LENGTH] or None
