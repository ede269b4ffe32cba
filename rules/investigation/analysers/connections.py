"""Connections of one address, put in order: who spoke with whom, how often, how long, and what came of it.

The members of a record's details that are understood here are those `formats/activity/json_lines.py` documents.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from rules.investigation.analysers.logins import is_unfinished
from rules.investigation.findings import ActivityFact, Facts
from rules.investigation.observed import peer_of
from rules.investigation.words import ActivityKind, ActivityOutcome

# Services that speak by the clock, in fixed sizes, or to nobody in particular, by design: DNS, DHCP, NTP, NetBIOS,
# SSDP and the multicast forms of DNS. Regularity and silence mean nothing there.
BACKGROUND_PORTS = frozenset({53, 67, 68, 123, 137, 138, 1900, 5353, 5355})

# Programs that report to a master add up to a fifth of jitter, and miss a beat now and then.
JITTER = 0.2
REGULAR_SHARE = 0.75
SHORTEST_INTERVAL_S = 1.0  # below it the sessions belong to one burst of work, whatever their distance


@dataclass(frozen=True, slots=True)
class Channel:
    """One end, one service: the peer's address or name, the server's port, and whether the entity was the server."""

    peer: str
    port: int | None
    as_server: bool

    @property
    def named(self) -> str:
        """The channel for a sentence."""
        port = "" if self.port is None else f" port {self.port}"
        return f"from {self.peer} to its own{port or ' service'}" if self.as_server else f"to {self.peer}{port}"


@dataclass(frozen=True, slots=True)
class Session:
    """`count` connections told by one record. `size` is (bytes in, bytes out), None when the record does not say."""

    time: datetime
    channel: Channel
    count: int
    outcome: ActivityOutcome
    size: tuple[int, int] | None
    hours: float
    self_signed: bool
    record: ActivityFact


def read_sessions(facts: Facts) -> tuple[Session, ...]:
    """The connections with a known peer, in order of time.

    A connection that a sign-in service saw end is no flow: it is judged under authentication.
    """
    return tuple(session for record in facts.records if (session := _session(record)) is not None)


def _session(record: ActivityFact) -> Session | None:
    if record.kind is not ActivityKind.CONNECTION or is_unfinished(record):
        return None
    details = record.details
    peer = peer_of(details)
    if peer is None:
        return None
    port = details.get("port")
    known = isinstance(port, int) and not isinstance(port, bool)
    sizes = (record.bytes_in, record.bytes_out)
    return Session(
        time=record.time,
        channel=Channel(peer[1], port if known else None, details.get("role") == "server"),
        count=max(record.count, 1),
        outcome=record.outcome,
        size=(sizes[0], sizes[1]) if sizes[0] is not None and sizes[1] is not None else None,
        hours=(record.duration_ms or 0) / 3_600_000,
        self_signed=details.get("self_signed") is True,
        record=record,
    )


def is_foreground(session: Session) -> bool:
    """Whether a session is of a service whose timing, size and failures say something."""
    return session.channel.port not in BACKGROUND_PORTS


def by_channel(sessions: Iterable[Session]) -> Mapping[Channel, list[Session]]:
    """The sessions of each channel, in order of time."""
    found: dict[Channel, list[Session]] = {}
    for session in sessions:
        found.setdefault(session.channel, []).append(session)
    return found


def total(sessions: Sequence[Session]) -> int:
    """How many connections the sessions tell of."""
    return sum(session.count for session in sessions)


def usual_interval(own: Sequence[Session]) -> float | None:
    """The usual interval in seconds, when the channel keeps to it."""
    intervals = [(later.time - earlier.time).total_seconds() for earlier, later in pairwise(own)]
    usual = median(intervals)
    if usual < SHORTEST_INTERVAL_S:
        return None
    kept = sum(1 for interval in intervals if abs(interval - usual) <= JITTER * usual)
    return usual if kept >= REGULAR_SHARE * len(intervals) else None


def busiest(own: Sequence[Session], width: timedelta) -> list[Session]:
    """The sessions of the densest stretch of that width; of several equal ones the first."""
    start = running = most = 0
    best = slice(0, 0)
    for place, session in enumerate(own):
        running += session.count
        while session.time - own[start].time > width:
            running -= own[start].count
            start += 1
        if running > most:
            most, best = running, slice(start, place + 1)
    return list(own[best])
