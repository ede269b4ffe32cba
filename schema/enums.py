"""Enumerations of the graph: the words of the product, each shown with its own sentence.

Values are stored and sent over REST in lower case; the graph shows the names in upper case.
"""

import enum
import inspect
from collections.abc import Mapping
from typing import Any, TypeVar

import strawberry

from foundation.words import ActivityKind, ActivityOutcome, EntityType, IndicatorType, Tlp
from rules.access.actions import Scope
from rules.access.viewer import Role
from rules.access.words import OrganizationType, UserKind
from rules.events import EventKind
from rules.explaining import AccessRule
from rules.groups import GroupRole
from rules.investigation import words
from rules.investigation.words import (
    ActorType,
    AnalysisDepth,
    AnalysisStatus,
    CompletionReason,
    DomainName,
    EdgeDirection,
    EdgeStyle,
    EdgeType,
    EventAction,
    EvidenceType,
    InvestigationAction,
    InvestigationPhase,
    InvestigationStatus,
    NodeShape,
    NodeStatus,
    NodeType,
    NoteType,
    NoteVisibility,
    Priority,
    Severity,
    ThresholdType,
    VerificationStatus,
)
from rules.relationships import AccessLevel, Approval, RelationshipStatus, RelationshipType
from rules.search import SearchKind
from rules.sightings import SightingKind
from rules.trust import AnonymizationLevel, TrustLevelName
from rules.trust_history import TrustAction

E = TypeVar("E", bound=type[enum.Enum])


def show(words_: E, *, name: str | None = None, said: Mapping[str, str] | None = None) -> E:
    """Makes an enumeration one of the graph's. A member without a sentence of its own takes it from `said`, by name."""
    says = inspect.cleandoc(words_.__doc__ or "")
    strawberry.enum(words_, name=name, description=says)
    definition: Any = words_.__strawberry_definition__  # type: ignore[attr-defined]
    for value, member in zip(definition.values, words_, strict=True):
        value.description = (said or {}).get(member.name) or getattr(member, "description", "")
        if not says or not value.description:
            raise TypeError(f"{words_.__name__}.{member.name} has no description.")
    return words_


for _word in (
    AccessLevel, AccessRule, ActivityKind, ActivityOutcome, ActorType, AnalysisDepth, AnalysisStatus,
    AnonymizationLevel, Approval,
    CompletionReason, DomainName, EdgeDirection, EntityType, EventAction, EventKind, EvidenceType, GroupRole,
    IndicatorType, InvestigationAction, InvestigationPhase, InvestigationStatus, NoteType, NoteVisibility,
    OrganizationType, Priority, RelationshipStatus, RelationshipType, SearchKind, Severity, SightingKind, ThresholdType,
    Tlp, TrustAction, TrustLevelName, UserKind, VerificationStatus,
):  # fmt: skip
    show(_word)

# Node and Edge are words of the whole graph, so the drawn ones say that they are drawn.
show(NodeType, name="GraphNodeType")
show(NodeStatus, name="GraphNodeStatus")
show(NodeShape, name="GraphNodeShape")
show(EdgeType, name="GraphEdgeType")
show(EdgeStyle, name="GraphEdgeStyle")
show(
    Role,
    said={
        "VIEWER": "Reads what the organisation may see.",
        "PUBLISHER": "Reads, and works on cases.",
        "ADMIN": "All that, and keeps the organisation's people and keys.",
    },
)
show(
    Scope,
    said={
        "READ": "Read the graph.",
        "INVESTIGATION_WRITE": "Create cases and work on them.",
        "ACTIVITY_WRITE": "Send activity records.",
        "INDICATOR_WRITE": "Send indicators and other STIX objects.",
    },
)

__all__ = ["show", "words"]
