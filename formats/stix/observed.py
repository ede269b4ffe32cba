"""Activity records as STIX observed data: what a pattern is matched with.

One bundle a record, of an observed-data object and the observables it refers to, in the 2.1 form. A record says less
than STIX can: what it does not say is left out, and never guessed. The ids are made of the record's number, so that the
same records make the same bytes; they are good among these records only.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final, Protocol

from foundation.times import to_text

MOST_OBSERVED: Final = 100
"""How often a thing counts as observed, however often its record says it happened. Patterns that ask for repetitions
ask for tens, and the matcher looks at each by itself."""

_LAST_GROUP: Final = 1 << 48

Observable = dict[str, Any]


class Record(Protocol):
    """What of an activity record is looked at. Entities are canonical; `time` is aware UTC; `count` is 1 or more."""

    @property
    def id(self) -> int: ...
    @property
    def time(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def ip(self) -> str | None: ...
    @property
    def domain(self) -> str | None: ...
    @property
    def email(self) -> str | None: ...
    @property
    def user(self) -> str | None: ...
    @property
    def user_agent(self) -> str | None: ...
    @property
    def bytes_in(self) -> int | None: ...
    @property
    def bytes_out(self) -> int | None: ...
    @property
    def duration_ms(self) -> int | None: ...
    @property
    def count(self) -> int: ...
    @property
    def details(self) -> Mapping[str, Any]: ...


def observed_data(record: Record) -> dict[str, Any]:
    """The bundle of a record: its observed-data object first, then what that refers to."""
    made = _Observables(record.id)
    own = None if record.ip is None else made.host(record.ip)
    if record.domain is not None:
        made.host(record.domain)
    if record.email is not None:
        made.add("email-addr", value=record.email)
    if record.user is not None:
        # Producers look for an account under either member, and a log does not say which of both it writes.
        made.add("user-account", user_id=record.user, account_login=record.user)
    _add_traffic(made, record, own)
    moment = to_text(record.time)
    seen = {
        "type": "observed-data",
        "spec_version": "2.1",
        "id": _id("observed-data", 0, record.id),
        "created": moment,
        "modified": moment,
        "first_observed": moment,
        "last_observed": to_text(_end_of(record)),
        "number_observed": min(record.count, MOST_OBSERVED),
        "object_refs": [one["id"] for one in made.found],
    }
    return {"type": "bundle", "id": _id("bundle", 0, record.id), "objects": [seen, *made.found]}


class _Observables:
    def __init__(self, number: int) -> None:
        self.found: list[Observable] = []
        self._number = number

    def add(self, kind: str, **members: Any) -> str:
        """Adds what is not there yet; its id."""
        for one in self.found:
            if one["type"] == kind and all(one.get(name) == value for name, value in members.items()):
                return str(one["id"])
        stix_id = _id(kind, len(self.found) + 1, self._number)
        self.found.append({"type": kind, "spec_version": "2.1", "id": stix_id, **members})
        return stix_id

    def host(self, text: str) -> str:
        """An address or a name."""
        try:
            address = ip_address(text)
        except ValueError:
            return self.add("domain-name", value=text)
        return self.add(f"ipv{address.version}-addr", value=str(address))


def _add_traffic(made: _Observables, record: Record, own: str | None) -> None:
    """The connection, where the record is of one or tells what a program called itself when it made it."""
    details, peer = record.details, record.details.get("peer")
    if record.kind != "connection" and not isinstance(peer, str) and record.user_agent is None:
        return
    other = made.host(peer) if isinstance(peer, str) and peer else None
    is_server = details.get("role") == "server"
    source, target = (other, own) if is_server else (own, other)
    sent, received = (record.bytes_in, record.bytes_out) if is_server else (record.bytes_out, record.bytes_in)
    port, protocol = details.get("port"), details.get("protocol")
    is_connection = record.kind == "connection"
    said: dict[str, Any] = {
        "src_ref": source,
        "dst_ref": target,
        # Of other kinds of records the port may be the client's.
        "dst_port": port if is_connection and isinstance(port, int) and not isinstance(port, bool) else None,
        "protocols": [protocol.lower()] if isinstance(protocol, str) and protocol else None,
        "src_byte_count": sent,
        "dst_byte_count": received,
        "start": to_text(record.time) if is_connection else None,
        "end": to_text(_end_of(record)) if is_connection else None,
        "is_active": False if is_connection else None,  # STIX asks for it where there is an end
    }
    if record.user_agent is not None:
        header = {"User-Agent": record.user_agent}
        said["extensions"] = {"http-request-ext": {"request_header": header}}
    made.add("network-traffic", **{name: value for name, value in said.items() if value is not None})


def _end_of(record: Record) -> datetime:
    try:
        return record.time + timedelta(milliseconds=record.duration_ms or 0)
    except OverflowError:
        return record.time


def _id(kind: str, place: int, number: int) -> str:
    """Of the shape STIX asks for: the place among the record's objects and the record's number in a UUID."""
    high, low = divmod(number, _LAST_GROUP)
    return f"{kind}--{high:08x}-{place:04x}-4000-8000-{low:012x}"
