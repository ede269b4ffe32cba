"""A drawn graph as it is handed out: every edge with the very nodes it ties."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from foundation.errors import InvalidInput
from rules.investigation.graph_parts import Beside, CaseGraph, Edge, Node
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
    nodes, edges = _joined(graph.nodes, graph.edges)
    return Drawing(nodes, edges, graph.hidden_node_count, graph.withheld_count, graph.last_updated)


def detail(graph: CaseGraph, key: str) -> Detail:
    """What stands around one node; nothing when it is not shown."""
    if graph.node(key) is None:
        return NOTHING
    return Detail(*_joined(*graph.around(key)))


def _joined(nodes: Iterable[Node], edges: Sequence[Edge]) -> tuple[tuple[Node, ...], tuple[Tie, ...]]:
    """The nodes, each knowing what stands beside it in this drawing, and the edges with them as their ends."""
    nodes = tuple(nodes)
    beside = Beside(node.key for node in nodes)
    known = {node.key: replace(node, beside=beside) for node in nodes}
    for edge in edges:
        source, target = known[edge.source_key], known[edge.target_key]
        beside.ties.setdefault(source.key, []).append((target, edge.direction, True))
        beside.ties.setdefault(target.key, []).append((source, edge.direction, False))
    return tuple(known.values()), tuple(_tie(edge, known) for edge in edges)


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


MOST_NEIGHBORS, DEFAULT_NEIGHBORS = 100, 20  # of a page, as every list of the graph has it


def neighbors(
    rows: Sequence[tuple[str, Beside | None]],
    *,
    direction: Annotated[
        EdgeDirection | None,
        "Only over edges of this direction; DIRECTED means those that begin here. All when left out.",
    ] = None,
    first: Annotated[int | None, f"How many at most: 1 to {MOST_NEIGHBORS}; {DEFAULT_NEIGHBORS} when left out."] = None,
) -> list[list[Node]]:
    """(key, what stands beside) of drawn nodes -> the nodes next to each, drawn ones only. Raises InvalidInput."""
    most = DEFAULT_NEIGHBORS if first is None else first
    if not 1 <= most <= MOST_NEIGHBORS:
        raise InvalidInput(f"Ask for 1 to {MOST_NEIGHBORS} neighbours.", field="first")
    return [[] if beside is None else beside.of(key, direction)[:most] for key, beside in rows]
