"""The last word about an object: it is gone. Valid STIX of its type, and nothing of what it said.

Who is told may have lost the right to the object before it fetched it, so only the id, the type and the times are the
object's own. What the standard asks of the type stands there as a placeholder that matches, names and joins nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

_GONE: Final = "Withdrawn"
_NOWHERE: Final = "x-withdrawn--00000000-0000-4000-8000-000000000000"
_NAMED: Final = (
    *("attack-pattern", "campaign", "course-of-action", "identity", "incident", "infrastructure", "intrusion-set"),
    *("report", "threat-actor", "tool", "vulnerability"),
)
_NEEDED: Final[Mapping[str, Callable[[str, str], dict[str, Any]]]] = {
    "grouping": lambda me, _: {"context": "unspecified", "object_refs": [me]},
    "indicator": lambda _, at: {"pattern": "[x-withdrawn:value = '']", "pattern_type": "stix", "valid_from": at},
    "language-content": lambda *_: {"object_ref": _NOWHERE, "contents": {"en": {"name": _GONE}}},
    "location": lambda *_: {"region": "world"},
    "malware": lambda *_: {"name": _GONE, "is_family": False},
    "malware-analysis": lambda *_: {"product": "unknown", "result": "unknown"},
    "note": lambda me, _: {"content": _GONE, "object_refs": [me]},
    "observed-data": lambda me, at: {
        "first_observed": at, "last_observed": at, "number_observed": 1, "object_refs": [_NOWHERE]
    },
    "opinion": lambda me, _: {"opinion": "neutral", "object_refs": [me]},
    "relationship": lambda *_: {"relationship_type": "related-to", "source_ref": _NOWHERE, "target_ref": _NOWHERE},
    "report": lambda me, at: {"name": _GONE, "published": at, "object_refs": [me]},
    "sighting": lambda *_: {"sighting_of_ref": _NOWHERE},
}  # fmt: skip


def tombstone(kind: str, stix_id: str, *, created: str, modified: str) -> dict[str, Any]:
    """The revoked version of an object that STIX versions. Times in STIX's own form."""
    gone = {
        "type": kind,
        "spec_version": "2.1",
        "id": stix_id,
        "created": created,
        "modified": modified,
        "revoked": True,
    }
    named = {"name": _GONE} if kind in _NAMED else {}
    needed = _NEEDED[kind](stix_id, created) if kind in _NEEDED else {}
    return {**gone, **named, **needed}
