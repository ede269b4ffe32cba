"""Network: whom an address speaks with, how regularly, how long, and how much of it fails.

The sources are records of kind connection that name their peer, and of kind dns. An address is judged from either end:
the one that scans or reports to somebody, and the one that is reported to.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from rules.investigation.analysers.connections import (
    Channel,
    Session,
    busiest,
    by_channel,
    is_foreground,
    read_sessions,
    total,
    usual_interval,
)
from rules.investigation.analysers.drafting import draft_finding, shown, span
from rules.investigation.catalogue import SIGNALS
from rules.investigation.findings import ActivityFact, Facts, Finding
from rules.investigation.words import ActivityKind, ActivityOutcome, DomainName, EntityType

# A scanner finds nearly nobody; a client of a broken service finds the others.
SCANNING_SHARE = 0.8
FAILING_SHARE = 0.5
# Who keeps to the clock with more channels than this watches them: monitors poll many, implants report to few.
MOST_REGULAR_CHANNELS = 10
UNIFORM_SHARE = 0.6
RAPID = timedelta(minutes=10)
# Services that people and devices stay connected to: ssh, remote desktops, tunnels, mail and push channels.
LASTING_PORTS = frozenset({22, 143, 993, 1194, 3389, 4500, 5222, 5228, 5900, 51820})


class Network:
    """The analyser of the network domain."""

    domain = DomainName.NETWORK
    entity_types = frozenset({EntityType.IP})

    def had_data(self, facts: Facts) -> bool:
        """Whether there is a connection with a known peer, or a look-up, to judge by."""
        return any(record.kind is ActivityKind.DNS for record in facts.records) or bool(read_sessions(facts))

    def analyse(self, facts: Facts) -> list[Finding]:
        """The findings, in the order of the signals below."""
        sessions = read_sessions(facts)
        found = [signal(facts, sessions) for signal in _SIGNALS]
        return [finding for finding in (*found, failing_names(facts)) if finding is not None]


def scanning(facts: Facts, sessions: Sequence[Session]) -> Finding | None:
    """Ten different services or more that did not answer, where nearly everything that was tried failed."""
    tried, failed = _as_client(sessions)
    targets = {session.channel for session in failed}
    if len(targets) < _least("scanning") or total(failed) < SCANNING_SHARE * total(tried):
        return None
    peers = len({target.peer for target in targets})
    return _draft(
        "scanning",
        facts,
        value=len(targets),
        sessions=failed,
        sentence=(
            f"{total(failed)} of {total(tried)} connections failed, to {len(targets)} different services of {peers} "
            f"peers ({_span(failed)})."
        ),
        raw={"failed": total(failed), "connections": total(tried), "services": len(targets), "peers": peers},
    )


def failing(facts: Facts, sessions: Sequence[Session]) -> Finding | None:
    """Twenty failures or more, at least half of all, that are no scanning: the same few services again and again."""
    tried, failed = _as_client(sessions)
    count = total(failed)
    if count < _least("failing") or count < FAILING_SHARE * total(tried) or scanning(facts, sessions) is not None:
        return None
    return _draft(
        "failing",
        facts,
        value=count,
        sessions=failed,
        sentence=f"{count} of {total(tried)} connections failed ({_span(failed)}).",
        raw={"failed": count, "connections": total(tried)},
    )


def regular_interval(facts: Facts, sessions: Sequence[Session]) -> Finding | None:
    """Twelve connections or more of one channel, three quarters of whose intervals lie within a fifth of the usual."""
    regular: dict[Channel, tuple[list[Session], float]] = {}
    for channel, own in _channels(sessions).items():
        if len(own) >= _least("regular_interval") and (interval := usual_interval(own)) is not None:
            regular[channel] = (own, interval)
    if not 1 <= len(regular) <= MOST_REGULAR_CHANNELS:
        return None
    channel = _most({channel: len(own) for channel, (own, _) in regular.items()})
    own, interval = regular[channel]
    return _draft(
        "regular_interval",
        facts,
        value=len(own),
        sessions=own,
        sentence=f"{len(own)} connections {_named(channel)} every {interval:.0f} s or so ({_span(own)}).",
        raw={"connections": len(own), "interval_s": interval, "regular_channels": len(regular), **_raw(channel)},
    )


def uniform_sessions(facts: Facts, sessions: Sequence[Session]) -> Finding | None:
    """Thirty sessions or more of one channel with the same bytes in and out, and few of other sizes."""
    uniform: dict[Channel, tuple[int, tuple[int, int]]] = {}
    channels = _channels(sessions)
    for channel, own in channels.items():
        sizes: Counter[tuple[int, int]] = Counter()
        for session in own:
            # A record of several connections says what they moved together.
            if session.size is not None and any(session.size) and session.count == 1:
                sizes[session.size] += 1
        if not sizes:
            continue
        size, count = min(sizes.items(), key=lambda pair: (-pair[1], pair[0]))
        if count >= _least("uniform_sessions") and count >= UNIFORM_SHARE * total(own):
            uniform[channel] = (count, size)
    if not uniform:
        return None
    channel = _most({channel: count for channel, (count, _) in uniform.items()})
    count, size = uniform[channel]
    alike = [session for session in channels[channel] if session.size == size and session.count == 1]
    return _draft(
        "uniform_sessions",
        facts,
        value=count,
        sessions=alike,
        sentence=(
            f"{count} of {total(channels[channel])} sessions {_named(channel)} moved exactly {size[0]} bytes in and "
            f"{size[1]} out ({_span(alike)})."
        ),
        raw={"alike": count, "sessions": total(channels[channel]), "bytes_in": size[0], "bytes_out": size[1]}
        | _raw(channel),
    )


def rapid_sessions(facts: Facts, sessions: Sequence[Session]) -> Finding | None:
    """A hundred sessions or more of one channel within any ten minutes; failures are scanning's business."""
    answered = [session for session in sessions if session.outcome is not ActivityOutcome.FAILURE]
    peaks = {channel: busiest(own, RAPID) for channel, own in _channels(answered).items()}
    rapid = {channel: total(inside) for channel, inside in peaks.items() if total(inside) >= _least("rapid_sessions")}
    if not rapid:
        return None
    channel = _most(rapid)
    return _draft(
        "rapid_sessions",
        facts,
        value=rapid[channel],
        sessions=peaks[channel],
        sentence=f"{rapid[channel]} sessions {_named(channel)} within 10 minutes ({_span(peaks[channel])}).",
        raw={"sessions_within_10_minutes": rapid[channel], **_raw(channel)},
    )


def long_connection(facts: Facts, sessions: Sequence[Session]) -> Finding | None:
    """Half an hour or more of one connection, of a service that people do not stay connected to."""
    lasting = [session for session in sessions if session.channel.port not in LASTING_PORTS and is_foreground(session)]
    longest = max(lasting, key=lambda session: session.hours, default=None)
    if longest is None or longest.hours < _least("long_connection"):
        return None
    return _draft(
        "long_connection",
        facts,
        value=longest.hours,
        sessions=[longest],
        sentence=f"A connection {_named(longest.channel)} lasted {longest.hours:.1f} hours ({_span([longest])}).",
        raw={"hours": longest.hours, **_raw(longest.channel)},
    )


def self_signed(facts: Facts, sessions: Sequence[Session]) -> Finding | None:
    """Two sessions or more of one channel under a certificate that nobody vouches for."""
    channels = by_channel(session for session in sessions if session.self_signed)
    found = {channel: total(own) for channel, own in channels.items() if total(own) >= _least("self_signed")}
    if not found:
        return None
    channel = _most(found)
    own = channels[channel]
    return _draft(
        "self_signed",
        facts,
        value=found[channel],
        sessions=own,
        sentence=f"{found[channel]} sessions {_named(channel)} under a self-signed certificate ({_span(own)}).",
        raw={"sessions": found[channel], **_raw(channel)},
    )


def busy_server(facts: Facts, sessions: Sequence[Session]) -> Finding | None:
    """Twenty different peers or more that it served, most of their connections with success: it speaks for it."""
    served = [session for session in sessions if session.channel.as_server]
    answered = [session for session in served if session.outcome is ActivityOutcome.SUCCESS]
    peers = {session.channel.peer for session in answered}
    if len(peers) < _least("busy_server") or 2 * total(answered) < total(served):
        return None
    return _draft(
        "busy_server",
        facts,
        value=len(peers),
        sessions=answered,
        sentence=f"{total(answered)} connections served for {len(peers)} different peers ({_span(answered)}).",
        raw={"served": total(answered), "peers": len(peers)},
    )


def failing_names(facts: Facts) -> Finding | None:
    """Twenty names or more that do not exist, and more of them than of those that do."""
    look_ups = [record for record in facts.records if record.kind is ActivityKind.DNS and record.domain is not None]
    failed = [record for record in look_ups if record.outcome is ActivityOutcome.FAILURE]
    names = sorted({record.domain for record in failed if record.domain is not None})
    every = {record.domain for record in look_ups}
    if len(names) < _least("failing_names") or 2 * len(names) <= len(every):
        return None
    return draft_finding(
        f"{DomainName.NETWORK}.failing_names",
        facts,
        value=len(names),
        records=failed,
        sentence=(
            f"{len(names)} of {len(every)} names looked up do not exist "
            f"({span(failed[0].time, failed[-1].time)}), such as {shown(names[0])}."
        ),
        raw={"failing_names": len(names), "names": len(every)},
    )


_SIGNALS: tuple[Callable[[Facts, Sequence[Session]], Finding | None], ...] = (
    scanning,
    failing,
    regular_interval,
    uniform_sessions,
    rapid_sessions,
    long_connection,
    self_signed,
    busy_server,
)


def _as_client(sessions: Sequence[Session]) -> tuple[list[Session], list[Session]]:
    """(what the address tried itself, what of it failed)."""
    tried = [session for session in sessions if not session.channel.as_server and is_foreground(session)]
    return tried, [session for session in tried if session.outcome is ActivityOutcome.FAILURE]


def _channels(sessions: Iterable[Session]) -> Mapping[Channel, list[Session]]:
    return by_channel(session for session in sessions if is_foreground(session))


def _most(counts: Mapping[Channel, int]) -> Channel:
    """The channel with the most; of equal ones the first by its name, so that the answer is always the same."""
    return min(counts, key=lambda channel: (-counts[channel], channel.peer, channel.port or 0, channel.as_server))


def _draft(
    word: str, facts: Facts, *, value: float, sessions: Sequence[Session], sentence: str, raw: Mapping[str, Any]
) -> Finding:
    records: list[ActivityFact] = [session.record for session in sessions]
    return draft_finding(
        f"{DomainName.NETWORK}.{word}", facts, value=value, records=records, sentence=sentence, raw=raw
    )


def _least(word: str) -> float:
    return SIGNALS[f"{DomainName.NETWORK}.{word}"].threshold


def _named(channel: Channel) -> str:
    return shown(channel.named)


def _raw(channel: Channel) -> dict[str, Any]:
    return {"peer": channel.peer, "port": channel.port, "role": "server" if channel.as_server else "client"}


def _span(sessions: Sequence[Session]) -> str:
    return span(sessions[0].time, sessions[-1].time)
