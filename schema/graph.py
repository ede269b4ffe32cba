"""The case as a drawn graph."""

from datetime import datetime

import strawberry

from foundation.ids import to_global
from rules.investigation import drawing, layout
from rules.investigation import graph_parts as parts
from rules.investigation.words import (
    DomainName,
    EdgeDirection,
    EdgeStyle,
    EdgeType,
    EntityType,
    NodeShape,
    NodeStatus,
    NodeType,
)
from schema import ties
from schema.faces import batch, column, face, one, rule
from schema.scalars import Score


def node_id(case_id: int, key: str) -> strawberry.ID:
    """Of a drawn node: its key, with its case, since keys are unique within one case only."""
    return strawberry.ID(to_global("GraphNode", f"{case_id}.{key}"))


def source_id(case_id: int, source_key: str) -> strawberry.ID:
    """Of the node an edge begins at."""
    return node_id(case_id, source_key)


def target_id(case_id: int, target_key: str) -> strawberry.ID:
    """Of the node an edge ends at."""
    return node_id(case_id, target_key)


def edge_id(case_id: int, key: str) -> strawberry.ID:
    """Of a drawn edge."""
    return strawberry.ID(to_global("GraphEdge", f"{case_id}.{key}"))


@face(layout.Position)
class Position:
    """Where a node stands. The entity is at (0, 0); y grows downwards; nodes are about 40 across."""

    x: float = column("To the right.")
    y: float = column("Down.")


@face(None, interface=True)
class GraphNode:
    """A node of a drawn case. It keeps its id, its key and its place while the case grows."""

    id: strawberry.ID = rule(node_id, "Opaque and lasting. What is drawn has its own ids: `node` does not find it.")
    key: str = column("Lasting within its case: `entity`, `authentication_domain`, `evidence_7`.")
    type: NodeType = column("What it stands for.")
    shape: NodeShape = column("How it is drawn, so that its type can be told without colour.")
    label: str = column("The text on it.")
    aria_label: str = column("What a screen reader says; it begins with the label.")
    risk_score: Score = column("How much it speaks for the risk.")
    status: NodeStatus = column("What the thing behind it is doing.")
    position: Position = column("Where it stands: in rings around the entity, with places kept free for what comes.")
    first_seen_at: datetime = column("Since when it is in the graph.")
    neighbors: list["GraphNode"] = batch(
        drawing.neighbors,
        "The nodes it is tied to in this drawing, in its order: what is not drawn is no neighbour.",
        needs=("key", "beside"),
        bound=drawing.MOST_NEIGHBORS,
    )


@face(parts.EntityNode)
class EntityNode(GraphNode):
    """What the case is about, in its middle."""

    entity_type: EntityType = column("What kind of thing it is.")
    value: str = column("The thing itself.")
    investigation: ties.Investigation | None = one("Its case.", by="case_id")


@face(parts.DomainNode)
class DomainNode(GraphNode):
    """A line of analysis."""

    domain: DomainName = column("Which one.")
    evidence_count: int = column("How many pieces of evidence lie in it.")
    indicators: list[str] = column("The signals found in it.")
    analysis: ties.DomainAnalysis | None = one(
        "The analysis itself; null where evidence lies in a domain that nobody asked for.", by="analysis_id"
    )


@face(parts.EvidenceNode)
class EvidenceNode(GraphNode):
    """A piece of evidence."""

    domain: DomainName = column("The line of analysis it belongs to.")
    evidence: ties.Evidence | None = one("The evidence itself.", by="evidence_id")


@face(parts.ToolNode)
class ToolNode(GraphNode):
    """A tool that agents used, with all its uses in the case."""

    name: str = column("What it is called.")
    calls: int = column("How often it was called.")


@face(parts.DecisionNode)
class DecisionNode(GraphNode):
    """A decision of a person or an agent."""

    event: ties.TimelineEvent | None = one("The decision, as the timeline has it.", by="timeline_event_id")


@face(drawing.Tie)
class GraphEdge:
    """A tie between two nodes of the same graph."""

    id: strawberry.ID = rule(edge_id, "Opaque and lasting.")
    key: str = column("Lasting within its case.")
    source_id: strawberry.ID = rule(source_id, "The id of the node it begins at.")
    target_id: strawberry.ID = rule(target_id, "The id of the node it ends at.")
    source: GraphNode = column("The node it begins at.")
    target: GraphNode = column("The node it ends at.")
    type: EdgeType = column("What ties the two.")
    style: EdgeStyle = column("How it is drawn, so that its type can be told without colour.")
    strength: Score = column("How strong the tie is.")
    weight: int = column("The same for drawing: 1 to 10.")
    direction: EdgeDirection = column("Which way it points.")
    first_seen_at: datetime = column("Since when it is in the graph.")


@face(drawing.Drawing)
class InvestigationGraph:
    """A case as nodes and edges. No edge ever ends at a node that is not there."""

    nodes: list[GraphNode] = column("The most important nodes, up to `maxNodes`.")
    edges: list[GraphEdge] = column("The ties between them.")
    hidden_node_count: int = column("How many nodes were left out for want of room.")
    withheld_count: int = column("How many nodes were left out because the viewer may not see them.")
    last_updated: datetime = column("When it last changed.")


@face(drawing.Detail)
class GraphDetail:
    """A node of a drawn case with its edges and their other ends: what it brings into a picture."""

    nodes: list[GraphNode] = column("The node and its neighbours; none when it is not drawn.", bound=20)
    edges: list[GraphEdge] = column("The ties between it and them.", bound=20)


GRAPH_NODES: tuple[type, ...] = (DecisionNode, DomainNode, EntityNode, EvidenceNode, ToolNode)
"""What a GraphNode may be."""
