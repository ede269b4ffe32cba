"""What things are called: opaque global ids and, for some, short refs (`INV-7`)."""

import re
from collections.abc import Callable
from typing import Final

from foundation.ids import from_global, from_ref, to_global, to_ref

Key = str | int

NUMBERED: Final = frozenset(
    {
        "Investigation",
        "Evidence",
        "TimelineEvent",
        "Note",
        "DomainAnalysis",
        "RiskPoint",
        "Verification",
        "ActivityRecord",
    }
)
"""Kinds known by a number; the others below have a uuid."""

NAMED: Final = frozenset({"Organization", "User", "Session", "ApiKey"})

PREFIXES: Final = {"INV": "Investigation", "EV": "Evidence", "EVT": "TimelineEvent"}
"""Prefix of a ref -> kind."""

_PREFIX_OF: Final = {kind: prefix for prefix, kind in PREFIXES.items()}
_LARGEST: Final = 2**63 - 1
# Checked here, since a database may stumble over what no uuid holds (PostgreSQL refuses NUL in a text).
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def _number(text: str) -> int | None:
    # `7`, never `07` or `+7`: one thing has one global id.
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or (len(text) > 1 and text[0] == "0"):
        return None
    number = int(text)
    return number if 0 < number <= _LARGEST else None


def locate(id: str) -> tuple[str, Key] | None:  # noqa: A002
    """(kind, key) of a global id or a ref; None for what names nothing of ours. Never raises (SECURITY R22)."""
    if (found := from_ref(id)) is not None:
        prefix, number = found
        return (PREFIXES[prefix], number) if prefix in PREFIXES and number > 0 else None
    if (known := from_global(id)) is None:
        return None
    kind, text = known
    if kind in NUMBERED:
        key = _number(text)
        return None if key is None else (kind, key)
    return (kind, text) if kind in NAMED and _UUID.fullmatch(text) else None


def key_of(kind: str, id: str) -> Key | None:  # noqa: A002
    """The key behind a global id or ref of this kind; None when it is none, or names something else."""
    found = locate(id)
    return found[1] if found is not None and found[0] == kind else None


def number_of(kind: str, id: str) -> int | None:  # noqa: A002
    """The same for a numbered kind."""
    key = key_of(kind, id)
    return key if isinstance(key, int) else None


def global_id_of(kind: str) -> Callable[[Key], str]:
    """A rule that gives a row of this kind its global id."""
    if kind not in NUMBERED | NAMED:
        raise ValueError(f"{kind} is no kind of node.")

    def global_id(id: Key) -> str:  # noqa: A002
        return to_global(kind, id)

    return global_id


def ref_of(kind: str) -> Callable[[int], str]:
    """A rule that gives a row of this kind its ref."""
    prefix = _PREFIX_OF[kind]

    def ref(id: int) -> str:  # noqa: A002
        return to_ref(prefix, id)

    return ref
