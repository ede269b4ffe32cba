"""What is said of an organisation, and how it is kept. The contact address is personal: it lies sealed."""

import re
from urllib.parse import urlsplit

from foundation.errors import InvalidInput
from foundation.texts import check_text
from rules.access.keyring import KeyRing
from rules.access.personal_data import seal, unseal
from rules.access.viewer import Viewer

TABLE, COLUMN = "organization", "contact_email"
MAX_DOMAIN, MAX_WEBSITE = 253, 2_000
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


def seal_contact(ring: KeyRing, organization_id: str, address: str) -> str:
    return seal(ring, address, table=TABLE, row_id=organization_id, column=COLUMN) if address else ""


def shown_contact(id: str, contact_email: str, *, viewer: Viewer, ring: KeyRing) -> str | None:  # noqa: A002
    """To its own people and who looks after the installation; null to others, and where there is none."""
    if not contact_email or not (viewer.organization_id == id or viewer.is_platform_admin):
        return None
    return unseal(ring, contact_email, table=TABLE, row_id=id, column=COLUMN)
