"""A STIX object as a reader gets it who may not have all of it: changed, and still valid STIX; or nothing.

What is shown is listed here, member by member; whatever is not listed is left out. A part that may not be shown and
that the object cannot be without makes the whole object unshowable: `None`, never the original.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from formats.stix.generalise import plain_value
from formats.stix.markings import MARKINGS, markings_of
from formats.stix.mask_pattern import Grade, mask_pattern
from formats.stix.references import references_of
from foundation.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Mask:
    """What a reader may have of one producer's objects.

    `of_pattern` and `of_observable` grade values, see `Grade`. `is_telling`: whether a text gives somebody away.
    `id_of`: the id under which this reader knows an object; `pseudonym_of`: the one he would know it by if he may not
    know its own. `shows_names`: those behind an object are named.
    """

    of_pattern: Grade
    of_observable: Grade
    is_telling: Callable[[str], bool]
    id_of: Callable[[str], str]
    pseudonym_of: Callable[[str], str]
    shows_names: bool


_COMMON: Final = ("type", "spec_version", "created", "modified", "revoked", "confidence", "lang", "object_marking_refs")
_WORDS: Final = ("labels", "kill_chain_phases", "aliases")
_TEXTS: Final = ("description", "abstract", "content", "explanation", "objective", "goals", "primary_motivation")
_REFERENCE: Final = ("created_by_ref", "source_ref", "target_ref", "sighting_of_ref", "sample_ref", "host_vm_ref")
_REFERENCES: Final = ("object_refs", "observed_data_refs", "where_sighted_refs", "operating_system_refs")
_OBSERVABLE: Final = frozenset({"ipv4-addr", "ipv6-addr", "domain-name", "email-addr", "url"})
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "indicator": ("indicator_types", "pattern_type", "pattern_version", "valid_from", "valid_until"),
    "attack-pattern": (),
    "campaign": ("first_seen", "last_seen"),
    "course-of-action": (),
    "grouping": ("context",),
    "identity": ("identity_class",),
    "infrastructure": ("infrastructure_types", "first_seen", "last_seen"),
    "intrusion-set": ("first_seen", "last_seen", "resource_level", "secondary_motivations"),
    "malware": (
        *("malware_types", "is_family", "first_seen", "last_seen", "architecture_execution_envs"),
        *("implementation_languages", "capabilities"),
    ),
    "note": (),
    "opinion": ("opinion",),
    "relationship": ("relationship_type", "start_time", "stop_time"),
    "report": ("report_types", "published"),
    "sighting": ("first_seen", "last_seen", "count", "summary"),
    "threat-actor": ("threat_actor_types", "roles", "sophistication", "resource_level", "first_seen", "last_seen"),
    "tool": ("tool_types", "tool_version"),
    "vulnerability": (),
}
"""Types that are shown changed, with the members that give nobody away. Others are shown as sent or not at all."""
_NAMELESS: Final = frozenset({"indicator", "relationship", "sighting", "grouping", "opinion", "note", "incident"})
"""Types that the standard lets go without a name."""


def masked(content: Mapping[str, Any], mask: Mask) -> dict[str, Any] | None:
    """The object as the reader gets it, under the id he knows it by; None where he gets nothing. The sent content
    itself, and equal to it, where nothing has to change. Call it in a thread: patterns are parsed."""
    kind = content["type"]
    if kind == "marking-definition":
        return dict(content) if mask.shows_names or content["id"] in MARKINGS else None
    if kind in _OBSERVABLE:
        return _observable(content, mask)
    if kind == "identity" and not mask.shows_names:
        return _nameless(content, mask)
    pattern = _pattern(content, mask) if kind == "indicator" else ""
    if pattern is None:
        return None
    if _is_open(content, mask, pattern):
        return dict(content)
    if kind not in _OWN:
        return None
    return _rebuilt(content, mask, pattern)


def _observable(content: Mapping[str, Any], mask: Mask) -> dict[str, Any] | None:
    value = content.get("value")
    if not isinstance(value, str):
        return None
    grade = mask.of_observable(content["type"], value)
    if not grade and _is_open(content, mask, ""):
        return dict(content)
    shown = plain_value(content["type"], value, is_wide=grade > 1) if grade in (1, 2) else value if not grade else None
    if shown is None:
        return None
    return {**_common(content, mask), "value": shown}


def _nameless(content: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    shown = _common(content, mask)
    if "identity_class" in content:
        shown["identity_class"] = content["identity_class"]
    # The end of the pseudonym: two of them side by side are told apart, and nobody is named.
    return {**shown, "name": f"Organisation {shown['id'].rpartition('-')[2]}"}


def _pattern(content: Mapping[str, Any], mask: Mask) -> str | None:
    pattern: str = content["pattern"]
    if content["pattern_type"] != "stix":
        # A language that is not read here may say anything: shown where nothing is graded away at all.
        return pattern if not mask.of_pattern("", "") and not mask.is_telling(pattern) else None
    try:
        return mask_pattern(pattern, mask.of_pattern)
    except InvalidInput:
        return None


def _is_open(content: Mapping[str, Any], mask: Mask, pattern: str) -> bool:
    """Whether the object may be shown as it was sent: nothing in it is to be changed, and nobody behind it hidden."""
    if content["type"] == "indicator" and pattern != content["pattern"]:
        return False
    names_somebody = "created_by_ref" in content or "external_references" in content
    if names_somebody and not mask.shows_names:
        return False
    if any(mask.id_of(ref) != ref for _, ref in references_of(content)):
        return False
    if not mask.shows_names and any(ref not in MARKINGS for ref in markings_of(content)):
        return False
    return not _tells(content, mask)


def _rebuilt(content: Mapping[str, Any], mask: Mask, pattern: str) -> dict[str, Any] | None:
    kind = content["type"]
    shown = _common(content, mask)
    shown.update({member: content[member] for member in _OWN[kind] if member in content})
    for member in _WORDS:
        if member in content and not _any_tells(content[member], mask):
            shown[member] = content[member]
    if kind == "indicator":
        shown["pattern"] = pattern
    # Where the values were made less exact, the words beside them would say them again.
    if kind != "indicator" or pattern == content["pattern"]:
        shown.update({m: content[m] for m in ("name", *_TEXTS) if m in content and not _any_tells(content[m], mask)})
        if "name" in content and "name" not in shown and kind not in _NAMELESS:
            return None
    if any(_any_tells(shown[member], mask) for member in _OWN[kind] if member in shown):
        return None
    return shown if _is_whole(content, shown) else None


def _is_whole(content: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    """Whether what the standard asks of the type is still there."""
    needed = {"note": "content", "opinion": "opinion", "grouping": "context"}.get(content["type"])
    return needed is None or needed in shown


def _common(content: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    shown = {member: content[member] for member in _COMMON if member in content}
    shown["id"] = mask.id_of(content["id"])
    for member in _REFERENCE:
        if member in content:
            is_name = member == "created_by_ref" and not mask.shows_names
            shown[member] = (mask.pseudonym_of if is_name else mask.id_of)(content[member])
    for member in _REFERENCES:
        if member in content:
            shown[member] = [mask.id_of(ref) for ref in content[member]]
    if not mask.shows_names and "object_marking_refs" in shown:  # a statement of one's own says whose the object is
        shown["object_marking_refs"] = [ref for ref in shown["object_marking_refs"] if ref in MARKINGS]
        if not shown["object_marking_refs"]:
            del shown["object_marking_refs"]
    return shown


def _tells(content: Mapping[str, Any], mask: Mask) -> bool:
    """Whether any text of the object gives somebody away; patterns and values are graded by themselves."""
    return any(_any_tells(value, mask) for member, value in content.items() if member not in ("pattern", "value", "id"))


def _any_tells(value: Any, mask: Mask) -> bool:
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            if mask.is_telling(one):
                return True
        elif isinstance(one, Mapping):
            todo += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            todo += one
    return False
