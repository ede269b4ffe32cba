"""What an object ties together: the two ends of a relationship, or itself and what it names."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Edge(NamedTuple):
    """From one STIX id to another, by a relationship type or the member that holds the reference."""

    source: str
    relationship: str
    target: str


def edges_of(content: Mapping[str, Any]) -> frozenset[Edge]:
    """The edges an object draws, markings aside. What was taken back draws none."""
    if content.get("revoked"):
        return frozenset()
    if content["type"] == "relationship":
        return frozenset({Edge(content["source_ref"], content["relationship_type"], content["target_ref"])})
    return frozenset(Edge(content["id"], member, ref) for member, ref in _references(content))


def _references(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for member, value in content.items():
        if member.endswith("_ref") and isinstance(value, str):
            yield member, value
        elif member.endswith("_refs") and member != "object_marking_refs" and isinstance(value, list):
            yield from ((member, ref) for ref in value if isinstance(ref, str))
