"""The sample: a made-up day of a made-up company, the same for the same seed.

An operator and a partner; sign-ins to the operator's bastion, look-ups and connections; one address that guesses
passwords until it gets in, one busy office address behind which many people work and mistype, and one person who
mistypes more than others. Addresses are those set aside for documentation (RFC 5737), names those of RFC 2606.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from foundation.times import to_text
from foundation.words import EntityType

DEFAULT_SEED = 7

ATTACKER, ATTACKER_USER = "203.0.113.66", "deploy"
OFFICE = "198.51.100.20"
MISTYPER, MISTYPER_USER = "192.0.2.44", "mira"
BASTION_ADDRESS = "198.51.100.5"
LISTENER = "updates.attacker.example"

_STAFF = ("ada", "ben", "chiara", "dmitri", "eun", "farah", "goran", "hana", "ivo", "jun", "kofi", "lena")
_GUESSED = ("root", "admin", "test", "oracle", "ubuntu", "git", "postgres", "guest", "pi", "www", "backup", "ftp user")
_SCANNERS = ("203.0.113.9", "203.0.113.41", "203.0.113.140")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EVERYDAY = ("mail.example.com", "intranet.example.com", "packages.example.org", "time.example.net", "www.example.org")


@dataclass(frozen=True, slots=True)
class SampleOrganization:
    """An organisation of the sample, as it is created."""

    name: str
    domain: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class SampleCase:
    """A case of the sample. The first one is the story; the others show that a busy or clumsy one stays low."""

    entity_type: EntityType
    entity_value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Everything that is stored: `sshd_lines` go through the sshd reader (year `start.year`, UTC), `activity` holds
    records in their JSON form. The cases look at [start, end)."""

    start: datetime
    end: datetime
    operator: SampleOrganization
    partner: SampleOrganization
    sshd_lines: tuple[bytes, ...]
    activity: tuple[dict[str, Any], ...]
    cases: tuple[SampleCase, ...]


OPERATOR = SampleOrganization(
    "Harbour Operations", "harbour.example", "private", "Runs a port's computers; made up for the sample."
)
PARTNER = SampleOrganization(
    "Lighthouse Exchange", "lighthouse.example", "private", "Shares what it sees with Harbour Operations; made up too."
)
CASES = (
    SampleCase(EntityType.IP, ATTACKER, "Hundreds of refused sign-ins in the night, then none"),
    SampleCase(EntityType.IP, OFFICE, "More sign-ins than any other address"),
    SampleCase(EntityType.IP, MISTYPER, "Refused several times in a row"),
)


def make_sample(day: date, *, seed: int = DEFAULT_SEED) -> Sample:
    """The sample on a given day, UTC."""
    chance = random.Random(seed)  # noqa: S311 - the same sample for everybody is the point
    start = datetime.combine(day, time(), UTC)
    sign_ins = [
        *_attack(start, chance),
        *_office(start, chance),
        *_mistyping(start, chance),
        *_scans(start, chance),
    ]
    return Sample(
        start=start,
        end=start + timedelta(days=1),
        operator=OPERATOR,
        partner=PARTNER,
        sshd_lines=tuple(_written(sign_ins)),
        activity=tuple(_recorded([*_look_ups(start, chance), *_connections(start, chance)])),
        cases=CASES,
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A message of one connection: `connection` keeps its lines together under one process number."""

    time: datetime
    connection: str
    text: str


def _attack(start: datetime, chance: random.Random) -> Iterator[_Line]:
    """From two in the morning: a look, half an hour of guessing, the right password, and a visit of some minutes."""
    now = start + timedelta(hours=2, minutes=3)
    yield _Line(now, "look", f"Did not receive identification string from {ATTACKER}")
    now += timedelta(minutes=6)
    for number in range(120):
        now += timedelta(seconds=chance.randint(4, 18))
        name = chance.choice(_GUESSED)
        yield from _refused(now, f"guess {number}", name, ATTACKER, chance, exists=name in ("root", "backup"))
    for number in range(14):
        now += timedelta(seconds=chance.randint(4, 9))
        yield from _refused(now, f"aimed {number}", ATTACKER_USER, ATTACKER, chance, exists=True)
    now += timedelta(seconds=7)
    yield from _accepted(now, "in", ATTACKER_USER, ATTACKER, chance, stay=timedelta(minutes=11))


def _office(start: datetime, chance: random.Random) -> Iterator[_Line]:
    """Twelve people behind one address, from seven to seven; one sign-in in nine is mistyped first."""
    for person in _STAFF:
        for number in range(chance.randint(12, 20)):
            now = start + timedelta(hours=7, seconds=chance.randint(0, 12 * 3_600))
            connection = f"{person} {number}"
            if chance.randrange(9) == 0:
                yield from _mistyped(now, connection, person, OFFICE, chance, tries=chance.randint(1, 2))
                now += timedelta(seconds=15)
            stay = timedelta(minutes=chance.randint(1, 40))
            yield from _accepted(now, connection, person, OFFICE, chance, stay=stay)


def _mistyping(start: datetime, chance: random.Random) -> Iterator[_Line]:
    """A new password since yesterday, and old habits: morning, after lunch, and late."""
    for hour, tries in ((8, 4), (13, 3), (17, 5)):
        now = start + timedelta(hours=hour, minutes=chance.randint(5, 50))
        connection = f"{MISTYPER_USER} {hour}"
        yield from _mistyped(now, connection, MISTYPER_USER, MISTYPER, chance, tries=tries)
        now += timedelta(seconds=60)
        yield from _accepted(now, connection, MISTYPER_USER, MISTYPER, chance, stay=timedelta(minutes=50))


def _scans(start: datetime, chance: random.Random) -> Iterator[_Line]:
    for number in range(18):
        now = start + timedelta(seconds=chance.randrange(86_400))
        yield _Line(now, f"scan {number}", f"Connection closed by {chance.choice(_SCANNERS)} [preauth]")


def _refused(
    now: datetime, connection: str, name: str, address: str, chance: random.Random, *, exists: bool
) -> Iterator[_Line]:
    stranger = "" if exists else "invalid user "
    if not exists:
        yield _Line(now, connection, f"Invalid user {name} from {address}")
    port = chance.randint(32_768, 60_999)
    now += timedelta(seconds=1)
    yield _Line(now, connection, f"Failed password for {stranger}{name} from {address} port {port} ssh2")
    yield _Line(now, connection, f"Received disconnect from {address}: 11: Bye Bye [preauth]")


def _mistyped(
    now: datetime, connection: str, name: str, address: str, chance: random.Random, *, tries: int
) -> Iterator[_Line]:
    text = f"Failed password for {name} from {address} port {chance.randint(32_768, 60_999)} ssh2"
    yield _Line(now, connection, text)
    if tries > 1:
        yield _Line(now + timedelta(seconds=9), connection, f"message repeated {tries - 1} times: [ {text}]")


def _accepted(
    now: datetime, connection: str, name: str, address: str, chance: random.Random, *, stay: timedelta
) -> Iterator[_Line]:
    port = chance.randint(32_768, 60_999)
    yield _Line(now, connection, f"Accepted password for {name} from {address} port {port} ssh2")
    yield _Line(now, connection, f"pam_unix(sshd:session): session opened for user {name} by (uid=0)")
    yield _Line(now + stay, connection, f"Received disconnect from {address}: 11: disconnected by user")


def _written(lines: list[_Line]) -> Iterator[bytes]:
    """The lines in order of time, as syslog writes them."""
    processes: dict[str, int] = {}
    for line in sorted(lines, key=lambda line: line.time):
        process = processes.setdefault(line.connection, 2_000 + 3 * len(processes))
        # Not strftime's %b, which speaks the language of the machine.
        day = f"{_MONTHS[line.time.month - 1]} {line.time.day:2d} {line.time:%H:%M:%S}"
        yield f"{day} bastion sshd[{process}]: {line.text}\n".encode()


def _look_ups(start: datetime, chance: random.Random) -> Iterator[dict[str, Any]]:
    for _ in range(240):
        moment = start + timedelta(hours=7, seconds=chance.randint(0, 12 * 3_600))
        yield _look_up(moment, OFFICE, chance.choice(_EVERYDAY))
    # What was left on the bastion asks for its master every five minutes, to the second, from the break-in on.
    for number in range(250):
        yield _look_up(start + timedelta(hours=3, seconds=300 * number), BASTION_ADDRESS, LISTENER)


def _look_up(moment: datetime, client: str, name: str) -> dict[str, Any]:
    return {
        "kind": "dns",
        "time": to_text(moment),
        "source": "dns",
        "outcome": "success",
        "ip": client,
        "domain": name,
        "details": {"type": "A"},
    }


def _connections(start: datetime, chance: random.Random) -> Iterator[dict[str, Any]]:
    for _ in range(160):
        moment = start + timedelta(hours=7, seconds=chance.randint(0, 12 * 3_600))
        peer = f"192.0.2.{chance.randint(100, 140)}"
        yield _connection(
            moment, OFFICE, peer, 443, chance.randint(2_000, 900_000), chance.randint(900, 40_000), chance
        )
    for number in range(250):
        moment = start + timedelta(hours=3, seconds=300 * number + 1)
        yield _connection(moment, BASTION_ADDRESS, ATTACKER, 8_443, 420, 380, chance)


def _connection(
    moment: datetime, client: str, peer: str, port: int, received: int, sent: int, chance: random.Random
) -> dict[str, Any]:
    return {
        "kind": "connection",
        "time": to_text(moment),
        "source": "flows",
        "outcome": "success",
        "ip": client,
        "bytesIn": received,
        "bytesOut": sent,
        "durationMs": chance.randint(20, 9_000),
        "details": {"peer": peer, "port": port, "protocol": "tcp"},
    }


def _recorded(records: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The records in order of time, each with its source's identifier, so that making the sample twice adds none."""
    for number, record in enumerate(sorted(records, key=lambda record: str(record["time"])), start=1):
        yield {**record, "externalId": f"sample-{number:04d}"}
