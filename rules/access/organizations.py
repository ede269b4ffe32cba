"""What is said of an organisation, and how it is kept. The contact address is personal: it lies sealed."""

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from foundation.errors import InvalidInput
from foundation.texts import check_text
from rules.access.keyring import KeyRing
from rules.access.personal_data import seal, unseal
from rules.access.viewer import Viewer

TABLE, COLUMN = "organization", "contact_email"
MAX_DOMAIN, MAX_WEBSITE, MOST_OWN = 253, 2_000, 1_000
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+", re.ASCII)


def check_domain(domain: str, *, field: str) -> str:
    """The internet domain in lower case and ASCII, or nothing."""
    try:
        plain = domain.strip().rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        plain = "-"
    if plain and (len(plain) > MAX_DOMAIN or not _DOMAIN.fullmatch(plain)):
        raise InvalidInput("This is no internet domain.", field=field)
    return plain


def check_website(website: str, *, field: str) -> str:
    """A web address, or nothing."""
    text = check_text(website, field=field, most=MAX_WEBSITE, one_line=True)
    try:
        parts = urlsplit(text)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text
    except ValueError:
        is_web = False
    if text and not is_web:
        raise InvalidInput("A web address begins with http:// or https://.", field=field)
    return text


def check_networks(networks: Sequence[str], *, field: str) -> list[str]:
    """Address ranges in CIDR notation, each once and in order."""
    _check_count(networks, field)
    try:
        found = {str(ipaddress.ip_network(network.strip(), strict=False)) for network in networks}
    except ValueError:
        raise InvalidInput("Write each network as 198.51.100.0/24 or 2001:db8::/32.", field=field) from None
    return sorted(found)


def check_names(names: Sequence[str], *, field: str) -> list[str]:
    """Names of hosts and domains, each once and in order."""
    _check_count(names, field)
    return sorted({check_domain(name, field=field) for name in names} - {""})


def _check_count(things: Sequence[str], field: str) -> None:
    if len(things) > MOST_OWN:
        raise InvalidInput(f"At most {MOST_OWN}.", field=field)


def shown_networks(id: str, networks: list[str], *, viewer: Viewer) -> list[str] | None:  # noqa: A002
    """To its own people and who looks after the installation: others need not know what is masked."""
    return networks if viewer.organization_id == id or viewer.is_platform_admin else None


def shown_names(id: str, names: list[str], *, viewer: Viewer) -> list[str] | None:  # noqa: A002
    """Likewise."""
    return shown_networks(id, names, viewer=viewer)


def seal_contact(ring: KeyRing, organization_id: str, address: str) -> str:
    return seal(ring, address, table=TABLE, row_id=organization_id, column=COLUMN) if address else ""


def shown_contact(id: str, contact_email: str, *, viewer: Viewer, ring: KeyRing) -> str | None:  # noqa: A002
    """To its own people and who looks after the installation; null to others, and where there is none."""
    if not contact_email or not (viewer.organization_id == id or viewer.is_platform_admin):
        return None
    return unseal(ring, contact_email, table=TABLE, row_id=id, column=COLUMN)
