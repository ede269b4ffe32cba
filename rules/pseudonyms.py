"""Under which ids a reader knows the objects whose own ids it may not know.

A pseudonym is the object's own key, enciphered for this reader: the same at every poll and in every object that refers
to it, another one for every other reader, and to be turned back only here. So nothing is stored of it, and an object is
found by its pseudonym. The 122 bits of a uuid4 that are drawn by chance are put into an AES block and enciphered again
and again until the other six bits come out as zeros (cycle walking): a permutation of the 122 bits.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

SECRET_BYTES: Final = 32
_LOW: Final = 62  # free bits below the variant
_MIDDLE: Final = 12  # between the variant and the version
_FIXED: Final = (4 << 76) | (2 << 62)
_UUID4: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)


class Pseudonyms:
    """Those of one reader, an organisation. `secret` is the installation's."""

    def __init__(self, secret: bytes, reader_id: str) -> None:
        self.reader_id, self._secret = reader_id, secret
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"The secret of pseudonyms has at least {SECRET_BYTES} bytes.")
        # One block at a time, and no block depends on another: the mode adds nothing here.
        cipher = Cipher(AES256(_derived(secret, "held", reader_id)), ECB())  # noqa: S305
        self._encipher, self._decipher = cipher.encryptor().update, cipher.decryptor().update
        self._stranger = _derived(secret, "stranger", reader_id)

    def of_reader(self, reader_id: str) -> "Pseudonyms":
        """Those of another one."""
        return pseudonyms_of(self._secret, reader_id)

    def of(self, kind: str, key: str) -> str:
        """`kind--uuid4`, of the object with this key. Raises ValueError for a key that is no uuid4."""
        return f"{kind}--{_text(_walked(self._encipher, _bits(key)))}"

    def key_of(self, stix_id: str) -> str | None:
        """The key that this would be the pseudonym of, whether there is such an object or not; None where it can be
        none."""
        text = stix_id.rpartition("--")[2]
        return _text(_walked(self._decipher, _bits(text))) if _UUID4.fullmatch(text) else None

    def of_stranger(self, stix_id: str) -> str:
        """In place of the id of an object that is not held here; it cannot be turned back."""
        kind, _, _ = stix_id.partition("--")
        drawn = hmac.digest(self._stranger, stix_id.encode(), hashlib.sha256)
        return f"{kind}--{_text(int.from_bytes(drawn[:16]) >> 6)}"


@lru_cache(maxsize=1024)
def pseudonyms_of(secret: bytes, reader_id: str) -> Pseudonyms:
    """Those of a reader, made once."""
    return Pseudonyms(secret, reader_id)


def _derived(secret: bytes, use: str, reader_id: str) -> bytes:
    return hmac.digest(secret, f"casegraph/pseudonyms/{use}/{reader_id}".encode(), hashlib.sha256)


def _walked(step: Callable[[bytes], bytes], bits: int) -> int:
    block = bits.to_bytes(16)
    while True:
        block = step(block)
        if block[0] < 4:
            return int.from_bytes(block)


def _bits(key: str) -> int:
    if not _UUID4.fullmatch(key):
        raise ValueError("This key is no uuid4.")
    whole = int(key.replace("-", ""), 16)
    low, middle, high = whole & ((1 << _LOW) - 1), (whole >> 64) & ((1 << _MIDDLE) - 1), whole >> 80
    return high << (_LOW + _MIDDLE) | middle << _LOW | low


def _text(bits: int) -> str:
    low, middle, high = bits & ((1 << _LOW) - 1), (bits >> _LOW) & ((1 << _MIDDLE) - 1), bits >> (_LOW + _MIDDLE)
    return str(UUID(int=high << 80 | middle << 64 | low | _FIXED))
