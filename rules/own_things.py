"""What an organisation says is its own: checked, and told to its own people only."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

from foundation.errors import InvalidInput
from rules.access.viewer import Viewer
from rules.masking import Assets

MOST: Final = 200
"""Networks, and names: each text of each object that is shared is looked through for all of them."""

LEAST_PREFIX: Final = {4: 8, 6: 16}
"""A wider network is nobody's own; with it, everything an organisation shares would be made less exact."""

_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])", re.ASCII)


def assets_of(domain: str, networks: Sequence[str], names: Sequence[str]) -> Assets:
    """Of an organisation's row."""
    return Assets(
        tuple(ipaddress.ip_network(network) for network in networks),
        frozenset(name.rstrip(".").lower() for name in (domain, *names) if name),
    )


def check_networks(networks: Sequence[str], *, field: str) -> list[str]:
    """In CIDR, each once, in their order. Raises InvalidInput."""
    _check_count(networks, field)
    found: dict[str, None] = {}
    for number, text in enumerate(networks):
        try:
            network = ipaddress.ip_network(text.strip(), strict=False)
        except ValueError as error:
            raise InvalidInput("Write a network as 203.0.113.0/24.", field=f"{field}.{number}") from error
        if network.prefixlen < LEAST_PREFIX[network.version]:
            raise InvalidInput("So wide a network is nobody's own.", field=f"{field}.{number}")
        found[str(network)] = None
    return list(found)


def check_names(names: Sequence[str], *, field: str) -> list[str]:
    """Internet domains in lower case and ASCII, each once, in their order. Raises InvalidInput."""
    _check_count(names, field)
    found: dict[str, None] = {}
    for number, text in enumerate(names):
        try:
            name = text.strip().rstrip(".").encode("idna").decode().lower()
        except UnicodeError:
            name = ""
        if not _NAME.fullmatch(name):
            raise InvalidInput("Write a domain as example.org.", field=f"{field}.{number}")
        found[name] = None
    return list(found)


def _check_count(items: Sequence[str], field: str) -> None:
    if len(items) > MOST:
        raise InvalidInput(f"Name at most {MOST}.", field=field, most=MOST)


def shown_networks(id: str, networks: list[str], *, viewer: Viewer) -> list[str] | None:  # noqa: A002
    """To its own people."""
    return networks if viewer.organization_id == id else None


def shown_names(id: str, names: list[str], *, viewer: Viewer) -> list[str] | None:  # noqa: A002
    """To its own people."""
    return names if viewer.organization_id == id else None
