"""Words of the drawn graph of a case."""

from foundation.words import Word


class NodeType(Word):
    """What a node stands for."""

    ENTITY = "entity", "What the case is about."
    DOMAIN = "domain", "A line of analysis."
    TOOL = "tool", "A tool an agent used."
    EVIDENCE = "evidence", "A piece of evidence."
    DECISION = "decision", "A decision of a person or agent."
    INDICATOR = "indicator", "A shared indicator."
    ORGANIZATION = "organization", "An organisation."
    CLUSTER = "cluster", "Several nodes drawn as one."


class NodeShape(Word):
    """How a node is drawn, so that its type can be told without colour."""

    CIRCLE = "circle", "A circle."
    SQUARE = "square", "A square."
    DIAMOND = "diamond", "A diamond."
    TRIANGLE = "triangle", "A triangle."


class NodeStatus(Word):
    """What the thing behind a node is doing."""

    ACTIVE = "active", "Work on it goes on."
    COMPLETE = "complete", "It is settled."
    ERROR = "error", "It failed."
    PENDING = "pending", "It has not begun or has not been looked at."
    DISABLED = "disabled", "It no longer counts."


class EdgeType(Word):
    """What ties two nodes."""

    CAUSAL = "causal", "One rests on or follows from the other."
    TEMPORAL = "temporal", "One came after the other."
    SIMILARITY = "similarity", "They are alike."
    DEPENDENCY = "dependency", "One needs the other."


class EdgeStyle(Word):
    """How an edge is drawn, so that its type can be told without colour."""

    SOLID = "solid", "A full line."
    DASHED = "dashed", "A dashed line."
    DOTTED = "dotted", "A dotted line."


class EdgeDirection(Word):
    """Which way an edge points."""

    DIRECTED = "directed", "From source to target."
    UNDIRECTED = "undirected", "Neither way."
    BIDIRECTIONAL = "bidirectional", "Both ways."


class GraphLayout(Word):
    """How nodes are placed."""

    FORCE = "force", "Drawn together by their edges; computed when asked for."
    RADIAL = "radial", "Rings around the entity; a node keeps its place when others arrive."
    HIERARCHICAL = "hierarchical", "Layers from cause to effect."
