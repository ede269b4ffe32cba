"""Where a request of ours may go (SECURITY R31): judged by its URL, and once more by the address behind the name.

Whoever can name a URL that we call (a feed, a webhook) must not reach through us what only we can reach: this machine,
its network, the metadata service of its cloud. Names are no help in judging that, since their owner decides what they
resolve to, so what counts is the address that is connected to.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from foundation.errors import InvalidInput, Refusal

MOST_CHARACTERS = 2048
DEFAULT_PORTS = {"https": 443, "http": 80}

# Beyond what the registries call private. 6to4's relay and what AS112 answers for are public and lead anywhere; the
# last one is public too, and is where every machine of one large cloud finds its own configuration.
_NOT_FOR_US_4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",
        "224.0.0.0/3", "168.63.129.16/32",
    )
]  # fmt: skip
# Of IPv6 only global unicast is taken, less what carries an IPv4 address inside (Teredo, 6to4) or serves no host.
# NAT64 (64:ff9b::/96), mapped and compatible addresses, unique local and link-local ones lie outside of it.
_GLOBAL_6 = ip_network("2000::/3")
_NOT_FOR_US_6 = [
    ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: the upper half of an interface id whose lower half is an IPv4 address


class OutgoingOff(Refusal):
    code, status, kind = "OUTGOING_DISABLED", 403, "FORBIDDEN"
    message = "This server does not send requests to others. Its operator may allow it: CASEGRAPH_OUTGOING=on."


class OutgoingRefused(InvalidInput):
    """The reason never tells what a name resolved to: that would make a map of the network inside."""

    code = "OUTGOING_REFUSED"
    message = "This server does not send requests to that address."


@dataclass(frozen=True)
class Policy:
    """`hosts`: the only ones that may be called, as exact names or `*.example.org` for every name below one; empty:
    any public one. `loopback`: this machine may be called too, also over http and at any port (tests, development)."""

    on: bool = False
    hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = (443,)
    loopback: bool = False


class Target(NamedTuple):
    """A URL, taken apart. `host` is lower-case ASCII without a dot at its end."""

    scheme: str
    host: str
    port: int


def judge(url: str, policy: Policy, *, field: str | None = "url") -> Target:
    """Where the URL leads. Raises OutgoingOff and OutgoingRefused."""
    if not policy.on:
        raise OutgoingOff
    if len(url) > MOST_CHARACTERS or not url.isascii() or any(c <= " " or c in '\\"<>^`{|}\x7f' for c in url):
        # An address that two readers take apart in two ways is how filters are passed; names are sent as `xn--`.
        raise OutgoingRefused("Write the address in ASCII, percent-encoded, in at most 2,048 characters.", field=field)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise OutgoingRefused("This is no address.", field=field) from error
    if parts.scheme not in ("https", *(("http",) if policy.loopback else ())):
        raise OutgoingRefused("Only https addresses are called.", field=field)
    if not host or "@" in parts.netloc or "%" in parts.netloc:
        raise OutgoingRefused("Write a host, without credentials.", field=field)
    target = Target(parts.scheme, host.lower().rstrip("."), port or DEFAULT_PORTS[parts.scheme])
    if target.port not in policy.ports and not policy.loopback:
        raise OutgoingRefused("This port is not called.", field=field)
    if policy.hosts and not any(_fits(target.host, entry.lower()) for entry in policy.hosts):
        raise OutgoingRefused("This host is not on the operator's list (CASEGRAPH_OUTGOING_HOSTS).", field=field)
    return target


def judge_address(address: str, target: Target, policy: Policy) -> None:
    """Raises OutgoingRefused unless this address of the target may be connected to."""
    try:
        known = ip_address(address)
    except ValueError as error:  # with a zone (`fe80::1%eth0`), or nothing that is an address
        raise OutgoingRefused from error
    if policy.loopback and known.is_loopback:
        return
    if not is_global(known) or target.scheme != "https" or target.port not in policy.ports:
        raise OutgoingRefused


def is_global(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is an ordinary address of the public network, and only that."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _NOT_FOR_US_4)
    if address.scope_id is not None or address not in _GLOBAL_6:
        return False
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return False
    return not any(address in network for network in _NOT_FOR_US_6)


def _fits(host: str, entry: str) -> bool:
    if entry.startswith("*."):
        return host.endswith(entry[1:]) and host != entry[1:]
    return host == entry
