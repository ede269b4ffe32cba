"""What the facts touch, in the words of the index of indicators: what to look up, and how a match is to be read."""

import ipaddress
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

from foundation.entities import canonical
from foundation.errors import InvalidInput
from foundation.registration import registered_name
from rules.investigation.findings import ActivityFact, Facts
from rules.investigation.words import ActivityOutcome, EntityType


class Match(StrEnum):
    """How an indicator's value stands to the observed one."""

    EXACT = "exact"
    FILED_AS_NAME = "filed_as_name"  # an address written under domain-name:value
    NETWORK = "network"  # a network the observed address lies in
    PARENT = "parent"  # a name above the observed one


Value = tuple[EntityType, str]


def entity_of(facts: Facts) -> Value:
    """The entity itself."""
    return facts.entity_type, facts.entity_value


def answerable(facts: Facts) -> list[ActivityFact]:
    """The records that speak of the entity itself, in order of time.

    An account is answerable for the addresses it got in from, not for those that failed to get into it.
    """
    if facts.entity_type is not EntityType.USER:
        return list(facts.records)
    return [record for record in facts.records if record.outcome is not ActivityOutcome.FAILURE]


def contacts(facts: Facts) -> dict[Value, list[ActivityFact]]:
    """Addresses, names and mail addresses that the entity dealt with, each with its records in order of time."""
    own = entity_of(facts)
    found: dict[Value, list[ActivityFact]] = {}
    for record in answerable(facts):
        for value in dict.fromkeys(_touched(record)):
            if value != own:
                found.setdefault(value, []).append(record)
    return found


def look_up(facts: Facts) -> tuple[tuple[str, str], ...]:
    """Every (STIX object type, value) whose indicators may say something about the facts, in a fixed order.

    Each observed value stands here once under its own type, and each name above it. That an address may be filed as a
    name, or a name stand in a connection's pattern, is the index's business.
    """
    values = (entity_of(facts), *contacts(facts))
    return tuple(
        sorted(
            {
                (kind, value)
                for entity in values
                for kind, value, match in readings(*entity)
                if kind in _LOOKED_UP and match is not Match.FILED_AS_NAME
            }
        )
    )


_LOOKED_UP = frozenset({"ipv4-addr", "ipv6-addr", "domain-name", "email-addr", "user-account"})


def readings(entity_type: EntityType, value: str) -> Iterator[tuple[str, str, Match]]:
    """What indicators may name a value as: STIX object type, value, and how such a match is to be read.

    Networks are not here: there are too many an address lies in; `in_network` tells whether one of them is named.
    """
    match entity_type:
        case EntityType.IP:
            yield ("ipv6-addr" if ":" in value else "ipv4-addr"), value, Match.EXACT
            yield "network-traffic", value, Match.EXACT
            yield "domain-name", value, Match.FILED_AS_NAME
        case EntityType.DOMAIN:
            yield from _named(value, Match.EXACT)
            yield from _parents(value)
        case EntityType.EMAIL:
            host = value.rpartition("@")[2]
            yield "email-addr", value, Match.EXACT
            yield "email-message", value, Match.EXACT
            if registered_name(host) is not None:
                yield from _named(host, Match.PARENT)
            yield from _parents(host)
        case EntityType.USER:
            yield "user-account", value, Match.EXACT
            mail = _canonical(EntityType.EMAIL, value)
            if mail is not None:
                yield "email-addr", mail, Match.EXACT
                yield "email-message", mail, Match.EXACT
        case _:
            pass


def in_network(value: Value, network: str) -> bool:
    """Whether an observed address lies in a network written as `198.51.100.0/24`."""
    if value[0] is not EntityType.IP:
        return False
    try:
        return ipaddress.ip_address(value[1]) in ipaddress.ip_network(network)
    except ValueError:
        return False


def _named(name: str, match: Match) -> Iterator[tuple[str, str, Match]]:
    yield "domain-name", name, match
    yield "network-traffic", name, match


def _parents(name: str) -> Iterator[tuple[str, str, Match]]:
    """The names above one, up to the registered one: nobody who names `co.uk` means all who have a name under it."""
    registered = registered_name(name)
    while registered is not None and name != registered:
        name = name.partition(".")[2]
        yield from _named(name, Match.PARENT)


def _touched(record: ActivityFact) -> Iterator[Value]:
    if record.ip is not None:
        yield EntityType.IP, record.ip
    if record.domain is not None:
        yield EntityType.DOMAIN, record.domain
    if record.email is not None:
        yield EntityType.EMAIL, record.email
    peer = peer_of(record.details)
    if peer is not None:
        yield peer


def peer_of(details: Mapping[str, Any]) -> Value | None:
    """The other end of a connection, where the details of a record name one: an address or a host."""
    text = details.get("peer")
    return _peer(text) if isinstance(text, str) else None


@lru_cache(maxsize=16_384)
def _peer(text: str) -> Value | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        name = _canonical(EntityType.DOMAIN, text)
        return None if name is None else (EntityType.DOMAIN, name)
    # One address, one spelling, so that it meets the index.
    written = _canonical(EntityType.IP, str(address))
    return None if written is None else (EntityType.IP, written)


def _canonical(entity_type: EntityType, text: str) -> str | None:
    try:
        return canonical(entity_type, text, field="value")
    except InvalidInput:
        return None
