"""What mutations are told things by: ids and refs, turned into keys where it is known who asks."""

from typing import Any

from foundation.ids import OtherKey
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.indicator_refusals import IndicatorNotFound
from rules.investigation.refusals import EvidenceNotFound, InvestigationNotFound
from rules.nodes import key_of, locate, number_of
from schema.scalars import JSON


def case_number(op: Operation, action: Action, id: str, *, field: str = "investigationId") -> int:
    """The number behind the id or ref of a case.

    What names no case is answered like a case that is not there. Whether the caller may act at all comes first, so
    that nonsense tells a stranger nothing either.
    """
    op.check(action)
    number = number_of("Investigation", id)
    if number is None:
        raise InvestigationNotFound(field=field, investigation_id=_shown(id))
    return number


def evidence_number(op: Operation, action: Action, id: str, *, field: str = "evidenceId") -> int:
    """The number behind the id or ref of a piece of evidence; see `case_number`."""
    op.check(action)
    number = number_of("Evidence", id)
    if number is None:
        raise EvidenceNotFound(field=field, evidence_id=_shown(id))
    return number


def indicator_key(op: Operation, action: Action, id: str, *, field: str = "indicatorId") -> str | OtherKey:
    """The key behind the global id of an indicator, or its STIX id; see `case_number`."""
    op.check(action)
    found = locate(id)
    if found is None or found[0] != "Indicator" or isinstance(found[1], int):
        raise IndicatorNotFound(field=field, indicator_id=_shown(id))
    return found[1]


def key_within(kind: str, id: str) -> str:
    """The key behind a global id of this kind; of anything else nothing, which is nobody's key. What it is wanted for
    is asked of the door that looks it up, and refused there."""
    key = key_of(kind, id)
    return key if isinstance(key, str) else ""


def person(word: str) -> str:
    """A user's key where a global id was given; a name or key stays as it is."""
    key = key_of("User", word)
    return key if isinstance(key, str) else word


def json_value(value: JSON | None) -> Any:
    """What a JSON scalar holds; whoever takes it checks that it is an object."""
    return value


def _shown(id: str) -> str:
    """What was sent, where it can be repeated in a sentence."""
    return id if len(id) <= 64 and id.isascii() and id.isprintable() else "as given"


__all__ = ["case_number", "evidence_number", "indicator_key", "json_value", "key_within", "person"]
