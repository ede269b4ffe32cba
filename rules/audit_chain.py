"""The chain of the audit trail: what is sealed, how, and what a break in it says (SECURITY R38).

Each organisation has a chain of its own. The seal of a row is HMAC-SHA256, with a key that never lies in the database,
over the seal before it, the row's place and every column of the row. So no row can be changed, taken out, put in or
moved without its seal or the next one failing; what was cut off at the end is told by a checkpoint kept elsewhere.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from foundation.words import Word
from rules.access.keyring import KeyRing, Use

GENESIS = "0" * 64
"""What stands in place of the seal before the first one."""


class Damage(Word):
    """What is wrong with the first bad row of an audit trail."""

    EDITED = "edited", "The row, or its seal, is not what was sealed."
    DELETED = "deleted", "The row, or its seal, is gone."
    REORDERED = "reordered", "Another row of the trail stands in its place."
    TRUNCATED = "truncated", "The trail ends before the place that a checkpoint saw."
    REPLACED = "replaced", "The trail was sealed anew: at this place a checkpoint saw another seal."
    UNKNOWN_KEY = (
        "unknown_key",
        "It was sealed with a key that is not in the key file, so it cannot be held against it.",
    )
    FORGED_CHECKPOINT = "forged_checkpoint", "The checkpoint is none that was made with the key file."


@dataclass(frozen=True, slots=True)
class Line:
    """One audit row as it lies in the database: columns as text, times as foundation/times writes them."""

    id: int
    organization_id: Any
    actor_id: Any
    actor_name: Any
    action: Any
    outcome: Any
    target: Any
    request_id: Any
    details: Any
    at: Any


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in its chain, without the hash. `at`: when it was sealed."""

    organization_id: str
    sequence: int
    key_id: str
    at: str


@dataclass(frozen=True, slots=True)
class Seal:
    audit_id: int
    place: Place
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: its last place and seal; (0, GENESIS) of an empty one."""

    organization_id: str
    sequence: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Fault:
    """The first bad place of a chain. `audit_id`: the number of its row in the table, where that is known."""

    organization_id: str
    sequence: int
    damage: Damage
    audit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head as it once was, signed. `epoch`: of the installation's history, which begins anew with a restore."""

    head: Head
    epoch: str
    key_id: str
    at: str
    signature: str = ""


def link(key: bytes, previous: str, place: Place, line: Line) -> str:
    """The seal of one row, as 64 hexadecimal digits. Columns are told apart by JSON, so none can flow into the next."""
    sealed = [
        *("audit", previous, place.organization_id, place.sequence, place.key_id, place.at),
        *(line.id, line.organization_id, line.actor_id, line.actor_name, line.action),
        *(line.outcome, line.target, line.request_id, line.details, line.at),
    ]
    return _signed(key, sealed)


def _signed(key: bytes, values: list[Any]) -> str:
    # Text that is no text (one byte of it was changed) must be sealed to something else, and not stop the check.
    return hmac.new(key, json.dumps(values, default=repr).encode(), hashlib.sha256).hexdigest()


def audit_key(ring: KeyRing, key_id: str) -> bytes | None:
    """The audit key of one master; None for one that is not in the ring. It outlives its master."""
    return ring.key(Use.AUDIT, key_id) if ring.knows(Use.AUDIT, key_id) else None


def sealed(ring: KeyRing, head: Head, line: Line, at: str) -> Seal:
    """The seal of the row that follows `head`, made with the current key."""
    place = Place(head.organization_id, head.sequence + 1, ring.current, at)
    key = audit_key(ring, ring.current)
    assert key is not None
    return Seal(line.id, place, link(key, head.hash, place, line))


def signed(ring: KeyRing, checkpoint: Checkpoint) -> Checkpoint:
    """The same, with its signature by the key it names. Raises KeyError for a key that is not in the ring."""
    key = audit_key(ring, checkpoint.key_id)
    if key is None:
        raise KeyError(checkpoint.key_id)
    head = checkpoint.head
    values = ["checkpoint", checkpoint.epoch, checkpoint.key_id, checkpoint.at, *(head.organization_id, head.sequence)]
    return replace(checkpoint, signature=_signed(key, [*values, head.hash]))


def is_genuine(ring: KeyRing, checkpoint: Checkpoint) -> bool:
    if audit_key(ring, checkpoint.key_id) is None:
        return False
    return hmac.compare_digest(signed(ring, checkpoint).signature.encode(), checkpoint.signature.encode())


class Walk:
    """Goes along one chain, place by place, and stops at the first bad one."""

    def __init__(self, ring: KeyRing, head: Head, checkpoint: Checkpoint | None = None) -> None:
        """`head`: where the walk begins, believed. `checkpoint`: what the chain must have held, where one is known."""
        self._ring, self._checkpoint = ring, checkpoint
        self.head, self.checked = head, 0
        self.fault: Fault | None = None
        if checkpoint is not None and not is_genuine(ring, checkpoint):
            known = audit_key(ring, checkpoint.key_id) is not None
            self._stop(checkpoint.head.sequence, Damage.FORGED_CHECKPOINT if known else Damage.UNKNOWN_KEY)

    def take(self, seal: Seal, line: Line | None) -> bool:
        """Whether the next place is good. `line`: the row it is the seal of, None where there is none."""
        here, due = seal.place.sequence, self.head.sequence + 1
        if self.fault is not None:
            return False
        if here != due:
            return self._stop(min(here, due), Damage.DELETED)
        if line is None:
            return self._stop(here, Damage.DELETED, seal.audit_id)
        if (key := audit_key(self._ring, seal.place.key_id)) is None:
            return self._stop(here, Damage.UNKNOWN_KEY, seal.audit_id)
        if link(key, self.head.hash, seal.place, line) != seal.hash:
            return self._stop(here, Damage.EDITED, seal.audit_id)
        if (seen := self._checkpoint) is not None and seen.head.sequence == here and seen.head.hash != seal.hash:
            return self._stop(here, Damage.REPLACED, seal.audit_id)
        self.head = Head(self.head.organization_id, here, seal.hash)
        self.checked += 1
        return True

    def end(self) -> None:
        """There are no more places."""
        if self.fault is None and (seen := self._checkpoint) is not None and seen.head.sequence > self.head.sequence:
            self._stop(self.head.sequence + 1, Damage.TRUNCATED)

    def explain(self, bad: Seal, line: Line | None, others: Iterable[tuple[Seal, Line]]) -> bool:
        """Whether one of `others` stood at the bad place once: then rows were moved, not edited.

        Seals, rows, or both may have changed places; each leaves another trace.
        """
        for other, candidate in others:
            here = replace(other.place, sequence=bad.place.sequence)
            moved = [(bad.place, candidate, bad.hash), (here, candidate, other.hash)]
            if line is not None:
                moved.append((bad.place, replace(candidate, id=line.id), bad.hash))
            for place, row, expected in moved:
                key = audit_key(self._ring, place.key_id)
                if key is not None and link(key, self.head.hash, place, row) == expected:
                    self.fault = Fault(self.head.organization_id, bad.place.sequence, Damage.REORDERED, bad.audit_id)
                    return True
        return False

    def _stop(self, sequence: int, damage: Damage, audit_id: int | None = None) -> bool:
        self.fault = Fault(self.head.organization_id, sequence, damage, audit_id)
        return False
