"""Identities: keys, refs and global ids. Also the one place, with rules/access, that draws chance."""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from uuid import uuid4

_REF = re.compile(r"([A-Z]{2,4})-0*([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class OtherKey:
    """A thing by another name than its key: the text that stands in a column, such as the id STIX gave it."""

    column: str
    text: str


def new_id() -> str:
    """A new key: uuid4 in its canonical text, 36 characters."""
    return str(uuid4())


def secret_bytes(count: int = 32) -> bytes:
    return secrets.token_bytes(count)


def secret_text(count: int = 32) -> str:
    """URL-safe text of `count` random bytes."""
    return secrets.token_urlsafe(count)


def to_global(kind: str, key: str | int) -> str:
    """The opaque id of the Node interface: base64url of `Type:key`. Nothing leans on its being hard to guess (D17)."""
    return base64.urlsafe_b64encode(f"{kind}:{key}".encode()).decode().rstrip("=")


def from_global(text: str) -> tuple[str, str] | None:
    """(type name, key) of a global id, or None for what is none of ours."""
    if len(text) > 256:
        return None
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    kind, colon, key = plain.partition(":")
    return (kind, key) if colon and kind.isidentifier() and key and key.isprintable() else None


def to_ref(prefix: str, number: int) -> str:
    """`INV-7`. Written unpadded; leading zeros are accepted on input (D17)."""
    return f"{prefix}-{number}"


def from_ref(text: str) -> tuple[str, int] | None:
    """(prefix, number) of `INV-007`, or None."""
    match = _REF.fullmatch(text)
    return (match[1], int(match[2])) if match and int(match[2]) < 2**63 else None
