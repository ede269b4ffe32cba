"""The one form of an entity's value, in which a case, an activity record and an indicator of it meet."""

import ipaddress
import unicodedata

from foundation.errors import InvalidInput
from foundation.texts import check_text
from foundation.words import EntityType

MOST_VALUE = 2_048
MOST_DOMAIN, MOST_EMAIL = 253, 254  # RFC 1035 2.3.4 less dots of the root; RFC 5321 4.5.3.1.3 less its brackets


def canonical(entity_type: EntityType, value: str, *, field: str) -> str:
    """The value as it is stored and compared. Raises InvalidInput with `field` for what cannot be one.

    Addresses in their shortest form, an IPv4 address mapped into IPv6 as IPv4; host names in lower case and IDNA,
    without the root's dot; mail addresses in lower case with such a host. Accounts, devices and transactions stay as
    their source writes them, since only it knows whether case matters there; their characters are composed (NFC).
    """
    text = check_text(value, field=field, least=1, most=MOST_VALUE, one_line=True)
    match entity_type:
        case EntityType.IP:
            return _address(text, field)
        case EntityType.DOMAIN:
            return _host(text, field)
        case EntityType.EMAIL:
            local, at, host = text.rpartition("@")
            if not at or not local or any(character.isspace() for character in local):
                raise InvalidInput("This is no mail address.", field=field)
            found = f"{unicodedata.normalize('NFC', local).lower()}@{_host(host, field)}"
            if len(found) > MOST_EMAIL:
                raise InvalidInput("This is no mail address: it is too long.", field=field)
            return found
        case _:
            return unicodedata.normalize("NFC", text)


def _address(text: str, field: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise InvalidInput("This is no IP address.", field=field) from error
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise InvalidInput("An address with a zone means something on one machine only.", field=field)
        return str(address.ipv4_mapped or address)
    return str(address)


def _host(text: str, field: str) -> str:
    """Labels of 1 to 63 characters, letters, digits, hyphens and the underscore that service names carry."""
    try:
        found = text.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise InvalidInput("This is no host or domain name.", field=field) from error
    labels = found.split(".")
    if len(found) > MOST_DOMAIN or not all(_is_label(label) for label in labels):
        raise InvalidInput("This is no host or domain name.", field=field)
    return found


def _is_label(label: str) -> bool:
    return 1 <= len(label) <= 63 and label.replace("-", "").replace("_", "").isalnum() and label.isascii()
