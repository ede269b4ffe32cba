"""What an object ties together: the two ends of a relationship, or itself and what it names."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from formats.stix.references import references_of


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
    return frozenset(Edge(content["id"], member, ref) for member, ref in references_of(content))
