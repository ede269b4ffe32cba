"""Personal data at rest: sealed so that a copy of the disk shows nothing, found again by a blind index (SECURITY R39).

    v1.<kid>.<base64url(nonce || ciphertext || tag)>    a sealed value, AES-256-GCM
    v1.<kid>.<base64url(HMAC-SHA256)>                   a blind index

Both name the master key they were made with, so that values of several keys stand beside each other while keys are
rotated. A sealed value is bound to its table, row and column: copied elsewhere it does not open.
"""

import base64
import binascii
import hashlib
import hmac
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation.ids import secret_bytes
from rules.access.keyring import KeyRing, Use

VERSION = "v1"
NONCE_BYTES = 12  # random: good for 2**32 values a key (NIST SP 800-38D 8.3), far above the people of an installation
TAG_BYTES = 16
_SHAPE = re.compile(VERSION + r"\.([A-Za-z0-9_-]{1,64})\.[A-Za-z0-9_-]{22,}", re.ASCII)


class CannotOpen(Exception):
    """A stored value that no key of ours opens: damaged, forged, moved, or sealed with a key that is gone.

    No fault of the caller's, hence no Refusal. Says where the value stands, never what.
    """


def seal(ring: KeyRing, text: str, *, table: str, row_id: str, column: str) -> str:
    """`text` as it may lie on a disk: the same text gives another value each time. Seals with the current key."""
    nonce = secret_bytes(NONCE_BYTES)
    cipher = AESGCM(ring.key(Use.PERSONAL_DATA))
    body = cipher.encrypt(nonce, text.encode(), _place(ring.current, table, row_id, column))
    return _joined(ring.current, nonce + body)


def unseal(ring: KeyRing, sealed: str, *, table: str, row_id: str, column: str) -> str:
    """The text that was sealed for this very place. Raises CannotOpen for everything else."""
    where = f"{table}.{column} of {row_id}"
    kid = key_id(sealed)
    if kid is None:
        raise CannotOpen(f"{where} holds no sealed value.")
    if kid not in ring.masters:
        raise CannotOpen(f"{where} is sealed with a key that this ring does not hold: {kid}.")
    try:
        raw = _bytes(sealed.rpartition(".")[2])
        if len(raw) < NONCE_BYTES + TAG_BYTES:
            raise ValueError("too short")
        cipher = AESGCM(ring.key(Use.PERSONAL_DATA, kid))
        opened = cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _place(kid, table, row_id, column))
        return opened.decode()
    except (InvalidTag, ValueError):
        raise CannotOpen(f"{where} does not open.") from None


def blind_index(ring: KeyRing, normalised_text: str) -> str:
    """What stands in a unique column in place of the text: equal texts meet, and nobody without the key can guess."""
    return _index(ring, normalised_text, ring.current)


def blind_indexes(ring: KeyRing, normalised_text: str) -> tuple[str, ...]:
    """The index under every key of the ring, the current one first: what a look-up asks for while keys are rotated."""
    return tuple(_index(ring, normalised_text, kid) for kid in ring.kids)


def key_id(value: str) -> str | None:
    """The key that a sealed value or a blind index was made with; None for what is neither."""
    found = _SHAPE.fullmatch(value)
    return found[1] if found else None


def is_sealed(value: str) -> bool:
    """Whether it looks like what `seal` and `blind_index` make. Whether it opens is known when it is opened."""
    return key_id(value) is not None


def _index(ring: KeyRing, text: str, kid: str) -> str:
    return _joined(kid, hmac.new(ring.key(Use.BLIND_INDEX, kid), text.encode(), hashlib.sha256).digest())


def _place(kid: str, *place: str) -> bytes:
    """Associated data: each part with its length, so that no two places read alike."""
    return b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in (VERSION, kid, *place))


def _joined(kid: str, raw: bytes) -> str:
    return f"{VERSION}.{kid}.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}"


def _bytes(text: str) -> bytes:
    """Raises ValueError for what is not exactly what `_joined` writes: one value has one spelling."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != text:
        raise ValueError("another spelling")
    return raw
