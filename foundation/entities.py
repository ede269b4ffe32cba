"""Entities in one spelling each, so that a case, a record and an index that mean the same thing find each other."""

import ipaddress
import re
import unicodedata
from functools import lru_cache

from foundation.errors import InvalidInput
from foundation.words import EntityType

# Longer than any account, device or order identifier in use; an index entry must stay well below a database page.
MAX_VALUE_LENGTH = 256
_MAX_NAME_LENGTH = 253  # RFC 1035, in characters of the textual form without the final dot
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)


class InvalidEntity(InvalidInput):
    """A value that is none of its type."""

    message = "This is no {type} we can look for."


def canonical(entity_type: EntityType, value: str, *, field: str | None = None) -> str:
    """The one spelling of a value. Raises InvalidEntity naming `field`.

    Addresses are compressed as RFC 5952 says, and an IPv4 address written as IPv6 becomes IPv4. Names are lower-case
    A-labels without the final dot. Mail addresses are lower-case with such a name. Users, devices and transactions keep
    their letters: a system that tells `Root` from `root` must find both.
    """
    text = value.strip()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidEntity(field=field, type=entity_type) from None
    if not text or len(text) > MAX_VALUE_LENGTH or "\0" in text:
        raise InvalidEntity(field=field, type=entity_type)
    try:
        match entity_type:
            case EntityType.IP:
                return canonical_address(text)
            case EntityType.DOMAIN:
                return canonical_name(text)
            case EntityType.EMAIL:
                return _canonical_mail(text)
            case _:
                return unicodedata.normalize("NFC", text)
    except ValueError:
        raise InvalidEntity(field=field, type=entity_type) from None


@lru_cache(maxsize=65_536)
def canonical_address(text: str) -> str:
    """An IPv4 or IPv6 address in its one spelling. Raises ValueError. Remembered: logs name few, often."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    address = ipaddress.ip_address(bare.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)


@lru_cache(maxsize=65_536)
def canonical_name(text: str) -> str:
    """A host or domain name in lower-case A-labels. Raises ValueError. Underscores are allowed: services use them."""
    name = text.removesuffix(".")
    ascii_name = name if name.isascii() else unicodedata.normalize("NFC", name).encode("idna").decode("ascii")
    lowered = ascii_name.lower()
    if len(lowered) > _MAX_NAME_LENGTH or not all(_LABEL.fullmatch(label) for label in lowered.split(".")):
        raise ValueError(text)
    return lowered


def _canonical_mail(text: str) -> str:
    local, at, name = text.rpartition("@")
    if not at or not local or any(letter.isspace() or not letter.isprintable() for letter in local):
        raise ValueError(text)
    return f"{unicodedata.normalize('NFC', local).lower()}@{canonical_name(name)}"
