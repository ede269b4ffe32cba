"""A drawn graph as it is handed out: every edge with the very nodes it ties."""

from dataclasses import dataclass
from datetime import datetime

from rules.investigation.graph_parts import CaseGraph, Edge, Node
from rules.investigation.words import EdgeDirection, EdgeStyle, EdgeType


@dataclass(frozen=True, slots=True)
class Tie:
    """An edge between two nodes of the same drawing."""

    key: str
    case_id: int
    source: Node
    target: Node
    source_key: str
    target_key: str
    type: EdgeType
    style: EdgeStyle
    strength: float
    weight: int
    direction: EdgeDirection
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole graph. See CaseGraph for the two counts."""

    nodes: tuple[Node, ...]
    edges: tuple[Tie, ...]
    hidden_node_count: int
    withheld_count: int
    last_updated: datetime


@dataclass(frozen=True, slots=True)
class Detail:
    """A node with its edges and their other ends."""

    nodes: tuple[Node, ...]
    edges: tuple[Tie, ...]


NOTHING = Detail((), ())


def drawing(graph: CaseGraph) -> Drawing:
    """The whole of it."""
    nodes = {node.key: node for node in graph.nodes}
    edges = tuple(_tie(edge, nodes) for edge in graph.edges)
    return Drawing(graph.nodes, edges, graph.hidden_node_count, graph.withheld_count, graph.last_updated)


def detail(graph: CaseGraph, key: str) -> Detail:
    """What stands around one node; nothing when it is not shown."""
    if graph.node(key) is None:
        return NOTHING
    nodes, edges = graph.around(key)
    known = {node.key: node for node in nodes}
    return Detail(nodes, tuple(_tie(edge, known) for edge in edges))


def _tie(edge: Edge, nodes: dict[str, Node]) -> Tie:
    source, target = nodes[edge.source_key], nodes[edge.target_key]
    return Tie(
        key=edge.key,
        case_id=source.case_id,
        source=source,
        target=target,
        source_key=edge.source_key,
        target_key=edge.target_key,
        type=edge.type,
        style=edge.style,
        strength=edge.strength,
        weight=edge.weight,
        direction=edge.direction,
        first_seen_at=edge.first_seen_at,
    )
