"""What every reader of a log shares: lines that cannot be read, the tally, and how equal lines are told apart."""

from dataclasses import dataclass

# A line longer than this is no log line; reading on would only fill memory.
MAX_LINE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that could not be read: its number from 1, its beginning (made printable), and why."""

    line: int
    head: str
    reason: str


@dataclass(slots=True)
class Tally:
    """What became of the lines so far. `skipped` are sound lines that say nothing of interest, or nothing new."""

    lines: int = 0
    records: int = 0
    skipped: int = 0
    malformed: int = 0


def head_of(line: bytes) -> str:
    """The beginning of a line, for people: at most 80 characters, none of which a terminal obeys."""
    text = line[:240].decode("utf-8", "replace")[:80]
    return "".join(letter if letter.isprintable() else "?" for letter in text)


class Ordinals:
    """Counts equal digests, in bounded memory.

    Equal lines carry the same time and so stand close together. The last 65,536 to 131,072 different digests are kept,
    in two generations; an equal line farther away than that would be taken for the earlier one arriving again.
    """

    _GENERATION = 65_536

    def __init__(self) -> None:
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def next(self, digest: str) -> int:
        """How many equal ones came before this one."""
        seen = self._young.get(digest)
        if seen is None:
            seen = self._old.get(digest, 0)
            if len(self._young) >= self._GENERATION:
                self._old, self._young = self._young, {}
        self._young[digest] = seen + 1
        return seen
