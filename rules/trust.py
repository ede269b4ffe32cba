"""Trust between organisations: the levels that one may grant another."""

from dataclasses import dataclass
from typing import Final

from foundation.words import Word


class TrustLevelName(Word):
    """How far one organisation trusts another, and how much trust an indicator asks for."""

    PUBLIC = "public", "The least: what is meant for everybody."
    TRUSTED = "trusted", "What is meant for those one works with."
    RESTRICTED = "restricted", "The most: what is meant for the closest."


@dataclass(frozen=True, slots=True)
class TrustLevel:
    """`level` runs from 0 to 100; the three figures are those of the documented contract's own model."""

    name: TrustLevelName
    level: int
    description: str


TRUST_LEVELS: Final = tuple(
    TrustLevel(name, level, name.description)
    for name, level in (
        (TrustLevelName.PUBLIC, 10),
        (TrustLevelName.TRUSTED, 50),
        (TrustLevelName.RESTRICTED, 90),
    )
)
"""Lowest first."""
