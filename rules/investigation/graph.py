"""The drawn graph of a case: a projection of what is stored, the same for the same case, and never a dangling edge."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from foundation.errors import InvalidInput
from rules.investigation.graph_parts import (
    CaseGraph,
    CaseSketch,
    DecisionNode,
    DomainNode,
    DomainSketch,
    Edge,
    EntityNode,
    EvidenceNode,
    EvidenceSketch,
    Node,
    TimelineSketch,
    ToolNode,
)
from rules.investigation.layout import CENTRE, sector_head, slot
from rules.investigation.words import (
    AnalysisStatus,
    DomainName,
    EdgeDirection,
    EdgeType,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
    NodeStatus,
    VerificationStatus,
)

# More than three hundred nodes nobody reads; five thousand are the most that is sent at all.
DEFAULT_NODES, MOST_NODES = 300, 5_000
MOST_LABEL = 60

_CASE_STATUS = {
    InvestigationStatus.COMPLETE: NodeStatus.COMPLETE,
    InvestigationStatus.REVIEW_NEEDED: NodeStatus.PENDING,
    InvestigationStatus.FAILED: NodeStatus.ERROR,
    InvestigationStatus.CANCELLED: NodeStatus.DISABLED,
}
_DOMAIN_STATUS = {
    AnalysisStatus.PENDING: NodeStatus.PENDING,
    AnalysisStatus.WAITING_DATA: NodeStatus.PENDING,
    AnalysisStatus.RUNNING: NodeStatus.ACTIVE,
    AnalysisStatus.COMPLETE: NodeStatus.COMPLETE,
    AnalysisStatus.FAILED: NodeStatus.ERROR,
    AnalysisStatus.TIMEOUT: NodeStatus.ERROR,
    AnalysisStatus.CANCELLED: NodeStatus.DISABLED,
}
_EVIDENCE_STATUS = {
    VerificationStatus.UNVERIFIED: NodeStatus.PENDING,
    VerificationStatus.PENDING_REVIEW: NodeStatus.ACTIVE,
    VerificationStatus.DISPUTED: NodeStatus.ACTIVE,
    VerificationStatus.VERIFIED: NodeStatus.COMPLETE,
    VerificationStatus.FALSE_POSITIVE: NodeStatus.DISABLED,
}
_TOOL_ACTIONS = frozenset({EventAction.TOOL_CALL, EventAction.TOOL_RESPONSE})


def draw(
    case: CaseSketch,
    domains: Iterable[DomainSketch],
    evidence: Iterable[EvidenceSketch],
    timeline: Iterable[TimelineSketch] = (),
    *,
    max_nodes: int = DEFAULT_NODES,
) -> CaseGraph:
    """The graph of a case with its most important nodes: the entity, then domains by risk, then evidence by weight,
    decisions from the newest, tools. What is left out is counted. InvalidInput when `max_nodes` is not 1 to 5,000.
    """
    if not 1 <= max_nodes <= MOST_NODES:
        raise InvalidInput(f"A number from 1 to {MOST_NODES}.", field="maxNodes")
    pieces = sorted(evidence, key=lambda piece: piece.id)
    acts = sorted(timeline, key=lambda act: act.id)
    entity = _entity_node(case)
    heads = list(_domain_nodes(case, list(domains), pieces))
    found = list(_evidence_nodes(case, pieces))
    decided = list(_decision_nodes(case, acts))
    tools = list(_tool_nodes(case, acts))
    weight = {f"evidence_{piece.id}": abs(piece.log_odds) for piece in pieces}
    ranked: list[Node] = [
        entity,
        *sorted(heads, key=lambda node: (-node.risk_score, node.key)),
        *sorted(found, key=lambda node: (-weight[node.key], node.evidence_id)),
        *reversed(decided),
        *tools,
    ]
    kept = {node.key for node in ranked[:max_nodes]}
    nodes = tuple(node for node in (entity, *heads, *found, *decided, *tools) if node.key in kept)
    seen_at = {node.key: node.first_seen_at for node in nodes}
    edges = tuple(
        edge
        for edge in _edges(heads, pieces, acts, decided, seen_at)
        if edge.source_key in kept and edge.target_key in kept
    )
    updated = max([case.updated_at, *seen_at.values()])
    return CaseGraph(nodes, edges, len(ranked) - len(nodes), 0, updated)


def evidence_key(evidence_id: int) -> str:
    """The stable key of a piece of evidence."""
    return f"evidence_{evidence_id}"


def domain_key(domain: DomainName) -> str:
    """The stable key of a domain, as the contract spells it."""
    return f"{domain}_domain"


def tool_key(name: str) -> str:
    """The stable key of a tool. A name that is no plain word gets the head of its digest, so that two never meet."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return f"tool_{plain}" if plain == name else f"tool_{plain}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _entity_node(case: CaseSketch) -> EntityNode:
    archived = case.phase is InvestigationPhase.ARCHIVED
    status = NodeStatus.DISABLED if archived else _CASE_STATUS.get(case.status, NodeStatus.ACTIVE)
    label = _label(case.entity_value)
    return EntityNode(
        key="entity",
        label=label,
        risk_score=case.risk_score,
        status=status,
        aria_label=f"{label}, {case.entity_type} under investigation, risk {case.risk_score:.2f}",
        position=CENTRE,
        first_seen_at=case.created_at,
        case_id=case.id,
        entity_type=case.entity_type,
        value=case.entity_value,
    )


def _domain_nodes(
    case: CaseSketch, domains: Sequence[DomainSketch], pieces: Sequence[EvidenceSketch]
) -> Iterator[DomainNode]:
    known = {domain.name: domain for domain in domains}
    for name in DomainName:
        own = [piece for piece in pieces if piece.domain is name]
        domain = known.get(name)
        if domain is None and not own:
            continue
        # Evidence added by hand may lie in a domain that nobody asked for; it still needs its domain to hang on.
        status = _DOMAIN_STATUS[domain.status] if domain else NodeStatus.ACTIVE
        risk = domain.risk_score if domain else max(_piece_risk(piece) for piece in own)
        label = f"{name.capitalize()} Analysis"
        count = len(own)
        yield DomainNode(
            key=domain_key(name),
            label=label,
            risk_score=risk,
            status=status,
            aria_label=f"{label}, domain node, risk {risk:.2f}, {count} evidence item{'' if count == 1 else 's'}",
            position=sector_head(name),
            first_seen_at=case.created_at if domain else min(piece.discovered_at for piece in own),
            case_id=case.id,
            domain=name,
            evidence_count=count,
            indicators=tuple(dict.fromkeys(piece.code for piece in own if piece.code)),
            analysis_id=domain.id if domain else None,
        )


def _evidence_nodes(case: CaseSketch, pieces: Sequence[EvidenceSketch]) -> Iterator[EvidenceNode]:
    ranks: dict[DomainName, int] = {}
    for piece in pieces:
        rank = ranks[piece.domain] = ranks.get(piece.domain, -1) + 1
        label = _label(piece.title)
        side = "against" if piece.supports else "for"
        standing = str(piece.verification).replace("_", " ")
        yield EvidenceNode(
            key=evidence_key(piece.id),
            label=label,
            risk_score=_piece_risk(piece),
            status=_EVIDENCE_STATUS[piece.verification],
            aria_label=f"{label}, {piece.domain} evidence {side} the entity, strength {piece.strength:.2f}, {standing}",
            position=slot(piece.domain, rank),
            first_seen_at=piece.discovered_at,
            case_id=case.id,
            evidence_id=piece.id,
            domain=piece.domain,
        )


def _decision_nodes(case: CaseSketch, acts: Sequence[TimelineSketch]) -> Iterator[DecisionNode]:
    decisions = [act for act in acts if act.action is EventAction.DECISION_MADE]
    for rank, act in enumerate(decisions):
        label = _label(act.summary or "Decision")
        yield DecisionNode(
            key=f"decision_{act.id}",
            label=label,
            risk_score=0.0,
            status=NodeStatus.COMPLETE if act.success else NodeStatus.ERROR,
            aria_label=f"{label}, decision by {_label(act.actor_name)}",
            position=slot("decisions", rank),
            first_seen_at=act.timestamp,
            case_id=case.id,
            timeline_event_id=act.id,
        )


def _tool_nodes(case: CaseSketch, acts: Sequence[TimelineSketch]) -> Iterator[ToolNode]:
    uses: dict[str, list[TimelineSketch]] = {}
    for act in acts:
        if act.action in _TOOL_ACTIONS:
            uses.setdefault(act.actor_name, []).append(act)
    for rank, (name, own) in enumerate(uses.items()):
        calls = sum(act.action is EventAction.TOOL_CALL for act in own)
        label = _label(name)
        yield ToolNode(
            key=tool_key(name),
            label=label,
            risk_score=0.0,
            status=NodeStatus.COMPLETE if own[-1].success else NodeStatus.ERROR,
            aria_label=f"{label}, tool, used {calls} time{'' if calls == 1 else 's'}",
            position=slot("tools", rank),
            first_seen_at=min(act.timestamp for act in own),
            case_id=case.id,
            name=name,
            calls=calls,
        )


def _edges(
    heads: Sequence[DomainNode],
    pieces: Sequence[EvidenceSketch],
    acts: Sequence[TimelineSketch],
    decided: Sequence[DecisionNode],
    seen_at: dict[str, datetime],
) -> Iterator[Edge]:
    for head in heads:
        yield _edge("entity", head.key, EdgeType.DEPENDENCY, head.risk_score, seen_at)
    for piece in pieces:
        yield _edge(domain_key(piece.domain), evidence_key(piece.id), EdgeType.CAUSAL, piece.strength, seen_at)
    yield from _alike(pieces, seen_at)
    known = {piece.id: piece.strength for piece in pieces}
    tied: set[tuple[str, str]] = set()
    for act in acts:
        for number in act.evidence_ids:
            if number not in known:
                continue
            if act.action in _TOOL_ACTIONS:
                ends = (tool_key(act.actor_name), evidence_key(number))
            elif act.action is EventAction.DECISION_MADE:
                ends = (evidence_key(number), f"decision_{act.id}")
            else:
                continue
            if ends not in tied:
                tied.add(ends)
                yield _edge(*ends, EdgeType.CAUSAL, known[number], seen_at)
    for before, after in pairwise(sorted(decided, key=lambda node: (node.first_seen_at, node.timeline_event_id))):
        yield _edge(before.key, after.key, EdgeType.TEMPORAL, 1.0, seen_at)


def _alike(pieces: Sequence[EvidenceSketch], seen_at: dict[str, datetime]) -> Iterator[Edge]:
    """Correlated evidence, each tied to the next of its group: a chain says as much as all pairs would."""
    groups: dict[tuple[DomainName, str], list[EvidenceSketch]] = {}
    for piece in pieces:
        if piece.group is not None:
            groups.setdefault((piece.domain, piece.group), []).append(piece)
    for members in groups.values():
        for one, other in pairwise(members):
            strength = min(one.strength, other.strength)
            ends = evidence_key(one.id), evidence_key(other.id)
            yield _edge(*ends, EdgeType.SIMILARITY, strength, seen_at, EdgeDirection.UNDIRECTED)


def _edge(
    source: str,
    target: str,
    edge_type: EdgeType,
    strength: float,
    seen_at: dict[str, datetime],
    direction: EdgeDirection = EdgeDirection.DIRECTED,
) -> Edge:
    times = [seen_at[key] for key in (source, target) if key in seen_at]
    return Edge(
        key=f"{source}__{target}",
        source_key=source,
        target_key=target,
        type=edge_type,
        strength=strength,
        weight=1 + round(9 * strength),
        direction=direction,
        first_seen_at=max(times) if times else datetime.min,  # noqa: DTZ901 - such an edge is dropped
    )


def _piece_risk(piece: EvidenceSketch) -> float:
    if not piece.supports or piece.verification is VerificationStatus.FALSE_POSITIVE:
        return 0.0
    return piece.strength * piece.reliability


def _label(text: str) -> str:
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split()) or "(unnamed)"
    return plain if len(plain) <= MOST_LABEL else f"{plain[: MOST_LABEL - 1]}…"
