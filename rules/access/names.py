"""Names people sign in with: what may be one, and the one form in which two spellings of it meet."""

import re
import unicodedata

from foundation.errors import InvalidInput

MAX_NAME = 64
MAX_EMAIL = 254  # RFC 5321 4.5.3.1.3: a path of 256 octets, less its brackets
MAX_ORGANIZATION = 200
MAX_PERSONAL_NAME = 100
MAX_LOGIN = 254  # a name or an address

RESERVED = frozenset({"anonymous", "engine", "operator"})
"""Names under which the audit trail and timelines show what no person did."""

# Letters, digits and the joiners names are written with. No "@": a name could pass for someone's address. No ":":
# it parts organisation and name in the key of a service user. No "/" or space: names stand in paths and log lines.
_USER_NAME = re.compile(r"[^\W_](?:[\w.+-]*[\w])?")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)


def normalised(text: str) -> str:
    """NFKC, casefolded, trimmed: `JOHN.DOE ` and `john.doe` are one account and one count of failures (SECURITY R5).

    Casefolding can undo the normal form (and the other way round), so the pair is done twice; a third time changes
    nothing.
    """
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text).casefold()
    return text.strip()


def is_storable(text: str) -> bool:
    """Whether both databases take it: no NUL (PostgreSQL refuses it), no lone surrogate (no UTF-8 carries one)."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def check_user_name(name: str, *, field: str = "name") -> str:
    """The name as it will be kept. 1 to 64 letters, digits, `.`, `_`, `+`, `-`; it begins with a letter or digit."""
    name = unicodedata.normalize("NFKC", name).strip()
    if len(name) > MAX_NAME or not _USER_NAME.fullmatch(name):
        raise InvalidInput(
            f"A user name has 1 to {MAX_NAME} letters, digits, dots, underscores, plus or minus signs.", field=field
        )
    return check_unreserved(name, field=field)


def check_unreserved(name: str, *, field: str = "name") -> str:
    """The name, when people and services may bear it."""
    if normalised(name) in RESERVED:
        raise InvalidInput("This name stands for the server itself. Choose another.", field=field)
    return name


def check_email(email: str, *, field: str = "email") -> str:
    """The address as it will be kept: ASCII, at most 254 characters. Whether mail arrives is not looked at."""
    email = email.strip()
    if len(email) > MAX_EMAIL or ".." in email or not _EMAIL.fullmatch(email):
        raise InvalidInput("This is not an e-mail address.", field=field)
    return email


def check_title(name: str, *, field: str, longest: int = MAX_ORGANIZATION) -> str:
    """A name that is only shown (an organisation's, an API key's): 1 to `longest` printable characters."""
    name = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(name) <= longest or not name.isprintable():
        raise InvalidInput(f"This has 1 to {longest} printable characters.", field=field)
    return name


def check_personal_name(name: str, *, field: str) -> str:
    """A first or last name, which may be left empty: at most 100 printable characters."""
    return check_title(name, field=field, longest=MAX_PERSONAL_NAME) if name.strip() else ""


def service_key(organization_id: str, name: str) -> str:
    """The key of a service user's name: unique inside its organisation, and out of reach of sign-in by name."""
    return f"{organization_id}:{normalised(name)}"
