"""One master ring, a key per use: what signs tokens never signs cursors (SECURITY R3)."""

from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER_BYTES = 32


class Use(StrEnum):
    TOKENS = "tokens"
    CURSORS = "cursors"
    AUDIT = "audit"
    BLIND_INDEX = "blind-index"
    PSEUDONYMS = "pseudonyms"
    PERSONAL_DATA = "personal-data"


@dataclass(frozen=True)
class KeyRing:
    """Master keys by their id (`kid`). New things are made with `current`; old ones are still read."""

    current: str
    masters: dict[str, bytes]

    def __post_init__(self) -> None:
        if self.current not in self.masters:
            raise ValueError("The key ring does not hold its current key.")
        if any(len(master) < MASTER_BYTES for master in self.masters.values()):
            raise ValueError(f"A master key is shorter than {MASTER_BYTES} bytes.")

    def key(self, use: Use, kid: str | None = None) -> bytes:
        """32 bytes for one use, derived by HKDF-SHA256. Raises KeyError for an unknown `kid`."""
        master = self.masters[kid or self.current]
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"casegraph/{use}".encode()).derive(master)

    def __repr__(self) -> str:  # A key must not reach a log by way of a dataclass's text.
        return f"KeyRing(current={self.current!r}, keys={len(self.masters)})"
