"""A pattern in which values were made less exact, and which is still a pattern that matches what it matched before.

Comparisons are replaced where they stand, in the sender's own text. One that cannot be put less exactly (a negation, an
order, a regular expression) and may not be shown makes the whole pattern unshowable: `None`, never the original.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from stix2patterns.v21.grammars.STIXPatternParser import STIXPatternParser as Grammar

from formats.stix.generalise import Test, tests
from formats.stix.pattern import MOST_CHARACTERS, literal_text, parse_pattern, plain_comparison
from foundation.observables import canonical_path


class Grade(Protocol):
    """How much of a value may be shown: 0 all, 1 what is near, 2 what is wide, 3 nothing."""

    def __call__(self, kind: str, value: str) -> int: ...


_parsed = lru_cache(maxsize=1)(parse_pattern)  # asked for each form of one pattern after the other

_HOST_PATHS: Final = {("network-traffic", "dst_ref.value"), ("network-traffic", "src_ref.value")}
_MAIL_PATHS: Final = {("email-message", "from_ref.value"), ("email-message", "sender_ref.value")}
_PLAIN: Final = frozenset({"ipv4-addr", "ipv6-addr", "domain-name", "email-addr", "url"})
_PROPERTY_TESTS: Final = (
    Grammar.PropTestEqualContext,
    Grammar.PropTestOrderContext,
    Grammar.PropTestSetContext,
    Grammar.PropTestLikeContext,
    Grammar.PropTestRegexContext,
    Grammar.PropTestIsSubsetContext,
    Grammar.PropTestIsSupersetContext,
)


def mask_pattern(pattern: str, grade: Grade) -> str | None:
    """The pattern as it may be shown: itself where everything may; None where something may not and cannot be put
    less exactly, or only in more characters than a pattern may have. Raises InvalidInput for what is no pattern. Call
    it in a thread."""
    if (plain := plain_comparison(pattern)) is not None:  # most are, and the library's parser is slow
        return _of_plain(pattern, *plain, grade)
    changes: list[_Change] = []
    todo: list[Any] = [_parsed(pattern)]
    while todo:
        node = todo.pop()
        if isinstance(node, _PROPERTY_TESTS):
            changed = _masked(node, grade)
            if changed is None:
                return None
            if changed:
                changes.append(_Change(node.start.start, node.stop.stop + 1, changed))
        elif hasattr(node, "getChildren"):
            todo += list(node.getChildren())
    for change in sorted(changes, key=lambda one: -one.begin):
        pattern = pattern[: change.begin] + change.text + pattern[change.end :]
    return pattern if len(pattern) <= MOST_CHARACTERS else None  # nobody would take it


def _of_plain(pattern: str, object_type: str, path: str, value: str, grade: Grade) -> str | None:
    kind = kind_of(object_type, path, value)
    how = grade(kind, value)
    if not how:
        return pattern
    said = _said(f"{object_type}:{path}", tests(kind, value, is_wide=how > 1)) if how < 3 else None
    return said and f"[{said}]"


def _said(what: str, widened: Iterable[Test]) -> str | None:
    said = list(dict.fromkeys(f"{what} {test.operator} {_quoted(test.value)}" for test in widened))
    return None if not said else said[0] if len(said) == 1 else f"({' OR '.join(said)})"


@dataclass(frozen=True, slots=True)
class _Change:
    begin: int
    end: int
    text: str


def _masked(node: Any, grade: Grade) -> str | None:
    """What stands in the comparison's place: "" for itself, None where it may not be shown at all."""
    object_type, _, path = node.objectPath().getText().partition(":")
    object_type = object_type.strip("'")
    values = [literal_text(one) for one in _literals(node)]
    kinds = [kind_of(object_type, path, value) for value in values]
    grades = [grade(kind, value) for kind, value in zip(kinds, values, strict=True)]
    if not any(grades):
        return ""
    if max(grades) > 2 or not _can_widen(node):
        return None
    said: list[Test] = []
    for kind, value, how in zip(kinds, values, grades, strict=True):
        widened = tests(kind, value, is_wide=how > 1) if how else (Test("=", value),)
        if not widened:
            return None
        said += widened
    return _said(f"{object_type}:{path}", said)


def _literals(node: Any) -> list[str]:
    if isinstance(node, Grammar.PropTestSetContext):
        return [one.getText() for one in node.setLiteral().primitiveLiteral()]
    if isinstance(node, Grammar.PropTestEqualContext):
        return [node.primitiveLiteral().getText()]
    if isinstance(node, Grammar.PropTestOrderContext):
        return [node.orderableLiteral().getText()]
    return [node.StringLiteral().getText()]


def _can_widen(node: Any) -> bool:
    """Equality, a choice, or a network: what is replaced by something that holds wherever it held."""
    if node.NOT():
        return False
    if isinstance(node, Grammar.PropTestEqualContext):
        return node.EQ() is not None
    return isinstance(node, Grammar.PropTestSetContext | Grammar.PropTestIsSubsetContext)


def kind_of(object_type: str, path: str, value: str) -> str:
    """The STIX type whose `value` a comparison speaks of; `file` for digests; else type and path."""
    at = (object_type, canonical_path(path))
    if object_type in _PLAIN and path == "value":
        return object_type
    if at in _MAIL_PATHS:
        return "email-addr"
    if at in _HOST_PATHS:
        return "ipv6-addr" if ":" in value else "ipv4-addr" if value[-1:].isdigit() else "domain-name"
    if object_type == "file" and "hashes." in at[1]:
        return "file"
    return f"{object_type}:{path}"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
