"""Which other objects a STIX object names."""

from collections.abc import Mapping
from typing import Any


def references_of(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(member, STIX id) of what the object names at its top level, each once; markings aside."""
    found: dict[tuple[str, str], None] = {}
    for member, value in content.items():
        if member.endswith("_ref") and isinstance(value, str):
            found[member, value] = None
        elif member.endswith("_refs") and member != "object_marking_refs" and isinstance(value, list):
            found.update({(member, ref): None for ref in value if isinstance(ref, str)})
    return list(found)
