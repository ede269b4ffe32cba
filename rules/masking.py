"""How much of a value a reader gets: by the form that is his, and by whom the value would give away.

What needs protecting is the victim: its machines, its people, its names. What needs to stay exact is the adversary's.
"""

import ipaddress
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from foundation.observables import refanged
from rules.trust import Form


class Side(IntEnum):
    """Whose value it is."""

    ADVERSARY = 0
    UNKNOWN = 1
    VICTIM = 2


class Detail(IntEnum):
    """What is shown of a value, from all of it to nothing."""

    EXACT = 0
    NEAR = 1
    WIDE = 2
    WITHHELD = 3


_E, _N, _W, _X = Detail
TABLE: Final[dict[Form, tuple[Detail, Detail, Detail]]] = {
    Form.NONE: (_E, _E, _E),
    Form.LOW_NAMED: (_E, _E, _N),
    Form.LOW: (_E, _E, _N),
    Form.MEDIUM: (_E, _N, _W),
    Form.HIGH: (_N, _W, _X),
    Form.FULL: (_W, _X, _X),
}
"""Of an adversary's value, an unknown one, a victim's. Down a column and along a row it never grows more."""


def detail(form: Form, side: Side, *, is_clear: bool) -> Detail:
    """How much is shown. In an object for everybody (TLP:CLEAR) only the victim's values are changed."""
    return Detail.EXACT if is_clear and side is not Side.VICTIM else TABLE[form][side]


INSIDE: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),  # RFC 1918
        *("100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),  # RFC 6598, 1122, 3927
        *("fc00::/7", "fe80::/10", "::1/128"),  # RFC 4193, 4291
    )
)
"""Addresses inside somebody's network: no stranger can have one, so whoever saw one saw a victim's."""


@dataclass(frozen=True, slots=True)
class Assets:
    """What an organisation says is its own. `networks` as CIDR, `names` as canonical domains; their subdomains and
    the addresses at them belong to it too."""

    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    names: frozenset[str] = frozenset()

    def hold_address(self, value: str) -> bool:
        """An address or network inside one of ours, or of a range that no stranger could have."""
        try:
            found = ipaddress.ip_network(value, strict=False)
        except ValueError:
            return False
        return any(found.version == own.version and found.subnet_of(own) for own in (*INSIDE, *self.networks))  # type: ignore[arg-type]

    def hold_name(self, name: str) -> bool:
        """A host at or below one of ours."""
        labels = name.rstrip(".").lower().split(".")
        return any(".".join(labels[n:]) in self.names for n in range(len(labels)))

    def appear_in(self, text: str) -> bool:
        """Whether a text mentions one of ours, in whatever place: such a text tells who the victim is."""
        if not self.names and not self.networks:
            return False
        plain = refanged(text).lower()
        if any(name in plain for name in self.names):
            return True
        return bool(self.networks) and any(
            found.version == own.version and found in own
            for found in map(_address, _ADDRESS.findall(plain))
            for own in self.networks
            if found is not None
        )


_ADDRESS = re.compile(r"[0-9]+(?:\.[0-9]+){3}|[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.rstrip(".") if ":" in text else text)
    except ValueError:
        return None
