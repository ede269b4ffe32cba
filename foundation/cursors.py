"""Cursors: a place in a list or a stream. Opaque, signed, stateless: good after a restart, worthless when forged."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from foundation.errors import InvalidInput

SIGNATURE_BYTES = 16  # HMAC-SHA256 cut to 128 bits (SECURITY R3)
MOST_CHARACTERS = 4096


class BadCursor(InvalidInput):
    message = "This cursor is not one of ours, or belongs to another list."


class Cursors:
    """Seals cursors with the first of its keys and opens those of each: the keys may change while it is in use.

    `purpose` keeps a cursor of one use from being taken for another's.
    """

    def __init__(self, keys: Callable[[], Sequence[bytes]]) -> None:
        self._keys = keys

    def seal(self, purpose: str, values: Sequence[Any]) -> str:
        """Values are JSON scalars; the result is URL-safe text."""
        body = orjson.dumps(values)
        return base64.urlsafe_b64encode(self._sign(self._keys()[0], purpose, body) + body).decode().rstrip("=")

    def open(self, purpose: str, text: str, *, field: str | None = "after", most: int = MOST_CHARACTERS) -> list[Any]:
        """The sealed values. Raises BadCursor for anything that none of these keys sealed for this purpose, or that is
        longer than `most` characters."""
        if len(text) > most:
            raise BadCursor(field=field)
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadCursor(field=field) from error
        signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        if not any(hmac.compare_digest(signature, self._sign(key, purpose, body)) for key in self._keys()):
            raise BadCursor(field=field)
        values: list[Any] = orjson.loads(body)
        return values

    def _sign(self, key: bytes, purpose: str, body: bytes) -> bytes:
        mac = hmac.new(key, purpose.encode() + b"\0" + body, hashlib.sha256)
        return mac.digest()[:SIGNATURE_BYTES]
