"""Trust between organisations: the levels that one may grant another, and what each of them shows.

Trust is directed: the trustor grants, the trustee sees. What a reader sees of a producer is a `Right`; what an object
asks of its reader is a `Need`. `visible` and `is_masked` compare the two, here and, in the same words, in SQL.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from foundation.words import Tlp, Word


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

LEVEL_OF: Final = {level.name: level.level for level in TRUST_LEVELS}
BY_LEVEL: Final = {level.level: level for level in TRUST_LEVELS}


class Form(IntEnum):
    """How an object is shown to a reader, least changed first. `LOW` is two forms: with the names of those behind it,
    where the producer allows attribution, and without."""

    NONE = 0
    LOW_NAMED = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    FULL = 5
    WITHHELD = 6  # no form of a reader: a bound that every form stays below


class AnonymizationLevel(Word):
    """How much of an object was changed before it was shown."""

    NONE = "none", "Nothing: it is as it was sent."
    LOW = "low", "The victim's values are less exact."
    MEDIUM = "medium", "The victim's values and those of nobody in particular are less exact."
    HIGH = "high", "All values are less exact, and the victim's are left out."
    FULL = "full", "Next to nothing of it is shown."


LEVEL_OF_FORM: Final = {
    Form.NONE: AnonymizationLevel.NONE,
    Form.LOW_NAMED: AnonymizationLevel.LOW,
    Form.LOW: AnonymizationLevel.LOW,
    Form.MEDIUM: AnonymizationLevel.MEDIUM,
    Form.HIGH: AnonymizationLevel.HIGH,
    Form.FULL: AnonymizationLevel.FULL,
}

FORMS: Final = ((90, Form.NONE), (70, Form.LOW), (50, Form.MEDIUM), (30, Form.HIGH))
"""(least level, form), highest first; below the last it is FULL (D9)."""

TLP_RANK: Final = {tlp: rank for rank, tlp in enumerate(Tlp)}
"""Strictness, 0 (clear) to 4 (red)."""

UNSHARED: Final = 101
"""A level that is required and that nobody is ever granted."""

EVERY_KIND: Final = (1 << 62) - 1
ANY_AGE: Final = 1_000_000  # days


def level_name(required: int) -> TrustLevelName | None:
    """The least level of trust that reaches what is required; None where none does."""
    return next((level.name for level in TRUST_LEVELS if level.level >= required), None)


@dataclass(frozen=True, slots=True)
class Right:
    """What a reader may see of a producer: up to this level, this TLP rank, in this form, of these kinds (bits), and no
    older than so many days when it was shared. Level 0 is no right."""

    level: int
    tlp: int
    form: int
    kinds: int = EVERY_KIND
    max_age: int = ANY_AGE


@dataclass(frozen=True, slots=True)
class Need:
    """What an object asks of a right. Up to `exact_form` it is shown as it was sent, from `hide_form` on withheld."""

    required: int
    tlp: int
    exact_form: int
    hide_form: int
    kind: int = 1
    age: int = 0


PAIR_TLP: Final = TLP_RANK[Tlp.AMBER]
GROUP_TLP: Final = TLP_RANK[Tlp.GREEN]
"""The strictest marking that leaves an organisation: amber for those it trusts directly, green for a group's members.
What is stricter stays, whatever a policy says."""

OWN: Final = Right(100, TLP_RANK[Tlp.RED], Form.NONE)
"""What an organisation may see of its own."""


def natural_form(level: int) -> Form:
    """The form that a level of trust comes with, before a policy asks for a stricter one."""
    return next((form for least, form in FORMS if level >= least), Form.FULL)


def visible(need: Need, right: Right) -> bool:
    """Whether a right reaches an object, in whatever form."""
    return (
        right.level > 0
        and right.level >= need.required
        and right.tlp >= need.tlp
        and right.form < need.hide_form
        and (right.kinds & need.kind) != 0
        and right.max_age >= need.age
    )


def is_masked(need: Need, right: Right) -> bool:
    """Whether what is visible is shown under a pseudonymous id, changed, rather than as it was sent."""
    return right.form > need.exact_form
