"""Values with something left out that are still values: a network for an address, a domain for a mailbox.

`near` is an IPv4 /24, an IPv6 /48, the registered domain, a mailbox's domain, a URL's host; `wide` an IPv4 /16 or an
IPv6 /32. Of anything else there is nothing between all and nothing; digests of files are never changed.
"""

import ipaddress
import re
from typing import Final, NamedTuple

from foundation.registration import registered_name

NEAR: Final = {4: 24, 6: 48}
WIDE: Final = {4: 16, 6: 32}
# Scheme, host, and the character the rest begins with. One with an account in it is none: that would be shown.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^/?#@]+)(?:([/?#])|$)")


class Test(NamedTuple):
    """One comparison of a pattern: `ISSUBSET '198.51.100.0/24'`."""

    operator: str
    value: str


def network(value: str, *, is_wide: bool) -> str | None:
    """The network that an address, or a network, lies in; None for what is neither."""
    try:
        found = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None
    length = (WIDE if is_wide else NEAR)[found.version]
    return str(found.supernet(new_prefix=length) if found.prefixlen > length else found)


def tests(kind: str, value: str, *, is_wide: bool) -> tuple[Test, ...]:
    """Comparisons, one of which holds for everything that equals the value and for what is near it; none: nothing can
    be said without saying all. `kind` is the STIX type whose `value` it is."""
    if kind in ("ipv4-addr", "ipv6-addr"):
        found = network(value, is_wide=is_wide)
        return () if found is None else (Test("ISSUBSET", found),)
    if is_wide:
        return ()
    match kind:
        case "domain-name":
            name = registered_name(value.rstrip(".").lower())
            return () if name is None else (Test("LIKE", f"%.{name}"), Test("=", name))
        case "email-addr":
            _, at, host = value.rpartition("@")
            return (Test("LIKE", f"%@{host}"),) if at and host else ()
        case "url":
            if (found_url := _URL.match(value)) is None:
                return ()
            head = found_url[1] + found_url[2]
            return (Test("LIKE", f"{head}{found_url[3]}%"),) if found_url[3] else (Test("=", head),)
        case _:
            return ()


def plain_value(kind: str, value: str, *, is_wide: bool) -> str | None:
    """The same for a value that stands by itself, in an observable: None where STIX has no such value."""
    if kind in ("ipv4-addr", "ipv6-addr"):
        return network(value, is_wide=is_wide)
    if is_wide:
        return None
    if kind == "domain-name":
        return registered_name(value.rstrip(".").lower())
    if kind == "url" and (found := _URL.match(value)) is not None:
        return f"{found[1]}{found[2]}/"
    return None
