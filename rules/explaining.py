"""Why an organisation sees an object, or does not: each rule on the way from the producer to the reader, and how it
went."""

from collections.abc import Iterator
from dataclasses import dataclass

from foundation.words import Word
from rules.trust import LEVEL_OF_FORM, TLP_RANK, UNSHARED, AnonymizationLevel, Form, Need, Right, visible


class AccessRule(Word):
    """A rule that an organisation's access follows from."""

    OWNER = "owner", "What an organisation holds itself it sees as it was sent."
    RELATIONSHIP = "relationship", "The producer trusts it, by an active relationship."
    GROUP = "group", "The producer trusts it as a member of a group both are in."
    LEVEL = "level", "It is trusted as far as the object asks."
    TLP = "tlp", "The object's marking lets it go that far."
    KIND = "kind", "The sharing policy lets objects of this kind through."
    AGE = "age", "The object was young enough for the sharing policy when it was shared."
    ANONYMIZATION = "anonymization", "Something of the object can be shown in the form the reader gets."


@dataclass(frozen=True, slots=True)
class AccessReason:
    """One rule, whether it lets the reader see the object, and why."""

    rule: AccessRule
    holds: bool
    text: str


@dataclass(frozen=True, slots=True)
class AccessExplanation:
    """`anonymization`: what is done to the object for the reader; none where it is not seen."""

    is_visible: bool
    anonymization: AnonymizationLevel | None
    reasons: tuple[AccessReason, ...]


OWN = AccessExplanation(
    True,
    AnonymizationLevel.NONE,
    (AccessReason(AccessRule.OWNER, True, "The object is the organisation's own."),),
)
_TLP = {rank: tlp for tlp, rank in TLP_RANK.items()}


def explained(need: Need, right: Right | None, *, path: AccessReason) -> AccessExplanation:
    """`path`: whether a relationship or a group grants anything, and which. `need.exact_form` is the strictest form in
    which the object is as it was sent, `need.hide_form` the first in which it is withheld."""
    if right is None or right.level <= 0 or not path.holds:
        return AccessExplanation(False, None, (path,))
    reasons = (path, *_reasons(need, right))
    if not visible(need, right):
        return AccessExplanation(False, None, reasons)
    form = Form.NONE if right.form <= need.exact_form else Form(right.form)
    return AccessExplanation(True, LEVEL_OF_FORM[form], reasons)


def _reasons(need: Need, right: Right) -> Iterator[AccessReason]:
    if need.required >= UNSHARED:
        yield AccessReason(AccessRule.LEVEL, False, "The object is shared with nobody.")
    else:
        yield AccessReason(
            AccessRule.LEVEL,
            right.level >= need.required,
            f"The object asks for level {need.required}; the reader is trusted to level {right.level}.",
        )
    yield AccessReason(
        AccessRule.TLP,
        right.tlp >= need.tlp,
        f"The object is marked {_TLP[need.tlp]}; up to {_TLP[right.tlp]} may pass.",
    )
    yield AccessReason(
        AccessRule.KIND, bool(right.kinds & need.kind), "Whether the sharing policy lets objects of this kind through."
    )
    yield AccessReason(
        AccessRule.AGE,
        right.max_age >= need.age,
        f"The object was {need.age} days old when it was shared; up to {right.max_age} may pass.",
    )
    level = LEVEL_OF_FORM[Form(right.form)]
    if right.form >= need.hide_form:
        text = f"The reader gets the form {level}, in which nothing of this object can be shown."
    elif right.form <= need.exact_form:
        text = f"The reader gets the form {level}, which changes nothing in this object."
    else:
        text = f"The reader gets the form {level}, and this object changed accordingly."
    yield AccessReason(AccessRule.ANONYMIZATION, right.form < need.hide_form, text)
