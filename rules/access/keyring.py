"""One master ring, a key per use: what signs tokens never signs cursors (SECURITY R3)."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER_BYTES = 32
_KID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)  # no dot: it parts the pieces of a sealed value

LEAST_DIFFERENT = 16
"""Of 32 bytes drawn by chance about 30 differ; fewer than 16 come up in less than one ring of 10**12."""


class Use(StrEnum):
    TOKENS = "tokens"
    CURSORS = "cursors"
    WALKS = "walks"  # where pollers stand in collections
    AUDIT = "audit"
    BLIND_INDEX = "blind-index"
    PSEUDONYMS = "pseudonyms"
    PERSONAL_DATA = "personal-data"


LASTING = (Use.AUDIT, Use.WALKS)
"""What outlives its master: old seals of the trail stay to be checked, and a poller may come back after months."""


@dataclass(frozen=True)
class KeyRing:
    """Master keys by their id (`kid`). New things are made with `current`; old ones are still read.

    `remnants`: of masters that are gone, the derived keys that are still needed.
    """

    current: str
    masters: dict[str, bytes]
    remnants: dict[tuple[Use, str], bytes] = field(default_factory=dict)
    _derived: dict[tuple[Use, str], bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.current not in self.masters:
            raise ValueError("The key ring does not hold its current key.")
        if any(len(master) < MASTER_BYTES for master in self.masters.values()):
            raise ValueError(f"A master key is shorter than {MASTER_BYTES} bytes.")
        if not all(_KID.fullmatch(kid) for kid in self.masters):
            raise ValueError("The id of a master key has 1 to 64 letters, digits, hyphens or underscores.")

    def key(self, use: Use, kid: str | None = None) -> bytes:
        """32 bytes for one use, derived by HKDF-SHA256, once. Raises KeyError for an unknown `kid`."""
        kid = self.current if kid is None else kid
        if (use, kid) in self.remnants:
            return self.remnants[use, kid]
        if (made := self._derived.get((use, kid))) is None:
            derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"casegraph/{use}".encode())
            made = self._derived[use, kid] = derivation.derive(self.masters[kid])
        return made

    def knows(self, use: Use, kid: str) -> bool:
        return kid in self.masters or (use, kid) in self.remnants

    def keys(self, use: Use) -> tuple[bytes, ...]:
        """Those of every master for one use, the current one first: what was made with any of them is read."""
        left = (kid for kid in sorted(self.left_of(use)) if kid not in self.masters)
        return tuple(self.key(use, kid) for kid in (*self.kids, *left))

    def left_of(self, use: Use) -> dict[str, bytes]:
        """What is kept for one use of masters that are gone, by their ids."""
        return {kid: key for (of, kid), key in self.remnants.items() if of is use}

    @property
    def kids(self) -> tuple[str, ...]:
        """The ids of all masters, the current one first."""
        return (self.current, *sorted(kid for kid in self.masters if kid != self.current))

    @property
    def ring(self) -> "KeyRing":
        """A ring that never changes is its own source."""
        return self

    def __repr__(self) -> str:  # A key must not reach a log by way of a dataclass's text.
        return f"KeyRing(current={self.current!r}, keys={len(self.masters)})"


def weakness(master: bytes) -> str | None:
    """Why this master key was hardly drawn by chance: in words that follow "the key"; None for a good one."""
    if len(set(master)) < LEAST_DIFFERENT:
        return "repeats a few bytes"
    if all(32 <= byte < 127 for byte in master):
        return "is text that somebody typed"
    steps = {(after - before) % 256 for before, after in pairwise(master)}
    return "counts up or down" if len(steps) == 1 else None


class RingSource(Protocol):
    """Where the ring of this moment comes from: while keys are rotated it changes under a running process."""

    @property
    def ring(self) -> KeyRing: ...
