"""The parts of a drawn graph: what is handed in (sketches of stored things) and what comes out (nodes and edges)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from rules.investigation.layout import Position
from rules.investigation.words import (
    AnalysisStatus,
    DomainName,
    EdgeDirection,
    EdgeStyle,
    EdgeType,
    EntityType,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
    NodeShape,
    NodeStatus,
    NodeType,
    VerificationStatus,
)


@dataclass(frozen=True, slots=True)
class CaseSketch:
    """What the graph needs of a case. `id` is its number, by which its nodes are told from those of other cases."""

    entity_type: EntityType
    entity_value: str
    status: InvestigationStatus
    phase: InvestigationPhase
    risk_score: float
    created_at: datetime
    updated_at: datetime
    id: int = 0


@dataclass(frozen=True, slots=True)
class DomainSketch:
    """What the graph needs of an asked domain. `id`: the number of its row."""

    name: DomainName
    status: AnalysisStatus
    risk_score: float
    id: int | None = None


@dataclass(frozen=True, slots=True)
class EvidenceSketch:
    """What the graph needs of a piece of evidence. `log_odds` is what it adds to the score, by which it is ranked."""

    id: int
    domain: DomainName
    title: str
    strength: float
    reliability: float
    supports: bool
    log_odds: float
    verification: VerificationStatus
    discovered_at: datetime
    code: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class TimelineSketch:
    """What the graph needs of a tool's call or answer, or of a decision; other entries are not drawn."""

    id: int
    timestamp: datetime
    actor_name: str
    action: EventAction
    success: bool = True
    summary: str = ""
    evidence_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node. `key` is stable; `aria_label` begins with the visible `label`; `risk_score` is 0 to 1.

    `case_id` is the number of its case, since keys are unique within one case only.
    """

    type: ClassVar[NodeType]
    shape: ClassVar[NodeShape]
    key: str
    label: str
    risk_score: float
    status: NodeStatus
    aria_label: str
    position: Position
    first_seen_at: datetime
    case_id: int = 0
    beside: "Beside | None" = field(default=None, compare=False, repr=False)


class Beside:
    """What stands beside the nodes of one drawing. The nodes carry it, and it knows the nodes: filled once they are
    all there, and read from then on."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.places = {key: place for place, key in enumerate(keys)}
        self.ties: dict[str, list[tuple[Node, EdgeDirection, bool]]] = {}
        """By key: the other end of each tie, its direction, and whether it leads there and not here."""

    def of(self, key: str, direction: EdgeDirection | None) -> list[Node]:
        """The nodes next to one, each once, in the drawing's order. DIRECTED: those its arrows lead to; UNDIRECTED and
        BIDIRECTIONAL: those tied to it in that way; None: all."""
        found = {
            node.key: node
            for node, tied, leads_there in self.ties.get(key, ())
            if direction is None or (tied == direction and (leads_there or tied is not EdgeDirection.DIRECTED))
        }
        return sorted(found.values(), key=lambda node: self.places[node.key])


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityNode(Node):
    """What the case is about."""

    type = NodeType.ENTITY
    shape = NodeShape.DIAMOND
    entity_type: EntityType
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainNode(Node):
    """A line of analysis. `analysis_id`: its row; None where evidence lies in a domain that nobody asked for."""

    type = NodeType.DOMAIN
    shape = NodeShape.CIRCLE
    domain: DomainName
    evidence_count: int
    indicators: tuple[str, ...]
    analysis_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceNode(Node):
    """A piece of evidence."""

    type = NodeType.EVIDENCE
    shape = NodeShape.SQUARE
    evidence_id: int
    domain: DomainName


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolNode(Node):
    """A tool, with all its uses in the case."""

    type = NodeType.TOOL
    shape = NodeShape.CIRCLE
    name: str
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionNode(Node):
    """A decision, as the timeline has it."""

    type = NodeType.DECISION
    shape = NodeShape.TRIANGLE
    timeline_event_id: int


_STYLES = {
    EdgeType.CAUSAL: EdgeStyle.SOLID,
    EdgeType.DEPENDENCY: EdgeStyle.SOLID,
    EdgeType.TEMPORAL: EdgeStyle.DASHED,
    EdgeType.SIMILARITY: EdgeStyle.DOTTED,
}


@dataclass(frozen=True, slots=True)
class Edge:
    """A tie between two nodes of the same graph. `strength` is 0 to 1, `weight` 1 to 10, for drawing."""

    key: str
    source_key: str
    target_key: str
    type: EdgeType
    strength: float
    weight: int
    direction: EdgeDirection
    first_seen_at: datetime

    @property
    def style(self) -> EdgeStyle:
        """How it is drawn, so that its type can be told without colour."""
        return _STYLES[self.type]


@dataclass(frozen=True, slots=True)
class CaseGraph:
    """Nodes and edges; every edge has both ends among the nodes. `hidden_node_count` were left out for want of room,
    `withheld_count` because the viewer may not see them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    hidden_node_count: int
    withheld_count: int
    last_updated: datetime

    def node(self, key: str) -> Node | None:
        """The node of that key, if it is shown."""
        return next((node for node in self.nodes if node.key == key), None)

    def around(self, key: str) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
        """One node with its edges and their other ends: what a new piece of evidence brings into a live picture."""
        edges = tuple(edge for edge in self.edges if key in (edge.source_key, edge.target_key))
        keys = {key} | {end for edge in edges for end in (edge.source_key, edge.target_key)}
        return tuple(node for node in self.nodes if node.key in keys), edges
