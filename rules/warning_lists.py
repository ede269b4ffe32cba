"""Warning lists: values known to be good, or shared by very many, so that an indicator of one is probably wrong.

A list is flat text, and an observed value is looked up by the few texts that would stand for it: an address by every
network it lies in, a name by every name above it. So a look-up costs the same however long the lists are.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from foundation.observables import refanged
from foundation.words import IndicatorType, Word

MOST_TEXT: Final = 512
"""Bytes of an entry. What is longer stands on no list, and is looked up in none."""


class WarningListType(Word):
    """How the entries of a list are compared. The words are those of MISP's warning lists."""

    CIDR = "cidr", "Addresses and networks: whatever lies in them."
    HOSTNAME = "hostname", "Names: themselves and every name below them."
    STRING = "string", "Values: exactly these, in upper or lower case."


class EntryKind(Word):
    """What an entry is, as it is stored."""

    NETWORK = "network", "An address or a network."
    NAME = "name", "A name and all below it."
    TEXT = "text", "This very value."


class Entry(NamedTuple):
    kind: EntryKind
    value: str


def entry_of(kind: WarningListType, text: str) -> Entry | None:
    """What stands in a list of this type; None for what cannot."""
    text = text.strip()
    match kind:
        case WarningListType.CIDR:
            network = _network(text)
            made = None if network is None else Entry(EntryKind.NETWORK, str(network))
        case WarningListType.HOSTNAME:
            name = _name(text.removeprefix("*").removeprefix("."))
            made = Entry(EntryKind.NAME, name) if name and "/" not in name else None
        case WarningListType.STRING:
            network = _network(text)
            made = Entry(EntryKind.TEXT, str(network) if network else _name(text))
    return made if made is not None and 1 <= len(made.value.encode()) <= MOST_TEXT else None


def entries_for(kind: str | None, value: str | None) -> frozenset[Entry]:
    """Every entry that would stand for the value of an indicator: at most 130."""
    return frozenset(one for one in _entries(kind, value or "") if 1 <= len(one.value.encode()) <= MOST_TEXT)


def _entries(kind: str | None, value: str) -> Iterator[Entry]:
    network = _network(value) if kind in (IndicatorType.IP, IndicatorType.DOMAIN) else None
    yield Entry(EntryKind.TEXT, str(network) if network else _name(value))
    if network is not None:
        yield from _networks(network)
    elif kind == IndicatorType.DOMAIN:
        yield from _names(value)
    elif kind == IndicatorType.EMAIL:
        yield from _names(value.rpartition("@")[2])
    elif kind == IndicatorType.URL:
        try:
            host = urlsplit(value).hostname or ""
        except ValueError:
            return
        found = _network(host)
        yield from _networks(found) if found is not None else _names(host)


def _networks(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Iterable[Entry]:
    for length in range(network.prefixlen, -1, -1):
        yield Entry(EntryKind.NETWORK, str(network.supernet(new_prefix=length)))


def _names(host: str) -> Iterable[Entry]:
    labels = _name(host).split(".")
    for start in range(len(labels)):
        yield Entry(EntryKind.NAME, ".".join(labels[start:]))


def _name(text: str) -> str:
    return refanged(text).lower().rstrip(".")


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return None if "%" in text else ipaddress.ip_network(refanged(text), strict=False)
    except ValueError:
        return None
