"""What things are called: opaque global ids and, for some, short refs (`INV-7`) or the ids STIX gives them."""

import re
from collections.abc import Callable
from typing import Final

from foundation.ids import OtherKey, from_global, from_ref, to_global, to_ref

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
        "Sighting",
    }
)
"""Kinds known by a number; the others below have a uuid."""

NAMED: Final = frozenset(
    {
        "Organization", "User", "Session", "Device", "ApiKey", "Indicator", "StixObject", "Feed", "TrustRelationship",
        "TrustGroup", "Collection",
    }
)  # fmt: skip

PREFIXES: Final = {"INV": "Investigation", "EV": "Evidence", "EVT": "TimelineEvent"}
"""Prefix of a ref -> kind."""

_PREFIX_OF: Final = {kind: prefix for prefix, kind in PREFIXES.items()}
_LARGEST: Final = 2**63 - 1
# Checked here, since a database may stumble over what no uuid holds (PostgreSQL refuses NUL in a text).
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_STIX_ID: Final = re.compile(r"([a-z0-9][a-z0-9-]{1,248}[a-z0-9])--[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def _number(text: str) -> int | None:
    # `7`, never `07` or `+7`: one thing has one global id.
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or (len(text) > 1 and text[0] == "0"):
        return None
    number = int(text)
    return number if 0 < number <= _LARGEST else None


def locate(id: str) -> tuple[str, Key | OtherKey] | None:  # noqa: A002
    """(kind, key) of a global id, a ref or a STIX id; None for what names nothing. Never raises (SECURITY R22)."""
    if (stix := _STIX_ID.fullmatch(id)) is not None:
        return ("Indicator" if stix[1] == "indicator" else "StixObject", OtherKey("stix_id", id))
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
    if found is None or found[0] != kind or isinstance(found[1], OtherKey):
        return None
    return found[1]


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
