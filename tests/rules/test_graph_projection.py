"""The drawn graph: whole, stable, and never with a dangling edge."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import InvalidInput
from rules.investigation.drawing import drawing
from rules.investigation.graph import draw, tool_key
from rules.investigation.graph_parts import CaseGraph, CaseSketch, DomainSketch, EvidenceSketch, TimelineSketch
from rules.investigation.layout import Position, slot
from rules.investigation.words import (
    AnalysisStatus,
    DomainName,
    EdgeDirection,
    EntityType,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
    VerificationStatus,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
CASE = CaseSketch(
    EntityType.IP,
    "192.0.2.7",
    InvestigationStatus.RUNNING,
    InvestigationPhase.ANALYSIS,
    0.85,
    START,
    START + timedelta(minutes=1),
)
NETWORK = DomainSketch(DomainName.NETWORK, AnalysisStatus.COMPLETE, 0.9)


def piece(number: int, domain: DomainName = DomainName.NETWORK, **more: object) -> EvidenceSketch:
    values = {
        "title": f"Finding {number}",
        "strength": 0.85,
        "reliability": 0.9,
        "supports": True,
        "log_odds": float(number),
        "verification": VerificationStatus.UNVERIFIED,
        "discovered_at": START + timedelta(hours=number),
        **more,
    }
    return EvidenceSketch(id=number, domain=domain, **values)  # type: ignore[arg-type]


def act(number: int, action: EventAction, *, actor: str = "geo", evidence: tuple[int, ...] = ()) -> TimelineSketch:
    return TimelineSketch(number, START + timedelta(minutes=number), actor, action, True, f"Step {number}", evidence)


def test_the_contracts_own_example() -> None:
    graph = draw(CASE, [NETWORK], [piece(1, code="network.geo", group="place"), piece(2, group="place")])
    assert [node.key for node in graph.nodes] == ["entity", "network_domain", "evidence_1", "evidence_2"]
    domain = graph.node("network_domain")
    assert domain is not None
    assert (domain.type, domain.label, domain.risk_score, domain.status) == (
        "domain",
        "Network Analysis",
        0.9,
        "complete",
    )
    assert domain.aria_label == "Network Analysis, domain node, risk 0.90, 2 evidence items"
    edges = [(edge.source_key, edge.target_key, edge.type, edge.strength, edge.weight) for edge in graph.edges]
    assert edges == [
        ("entity", "network_domain", "dependency", 0.9, 9),
        ("network_domain", "evidence_1", "causal", 0.85, 9),
        ("network_domain", "evidence_2", "causal", 0.85, 9),
        ("evidence_1", "evidence_2", "similarity", 0.85, 9),
    ]
    assert [edge.direction for edge in graph.edges] == ["directed", "directed", "directed", "undirected"]
    assert (graph.hidden_node_count, graph.withheld_count) == (0, 0)
    assert graph.last_updated == START + timedelta(hours=2)


def test_tools_and_decisions_hang_on_their_evidence() -> None:
    acts = [
        act(5, EventAction.TOOL_CALL),
        act(6, EventAction.TOOL_RESPONSE, evidence=(1, 99)),
        act(7, EventAction.DECISION_MADE, actor="Ada", evidence=(1,)),
        act(8, EventAction.DECISION_MADE, actor="Ada"),
        act(9, EventAction.USER_ACTION, evidence=(1,)),
    ]
    graph = draw(CASE, [NETWORK], [piece(1)], acts)
    assert [node.key for node in graph.nodes[3:]] == ["decision_7", "decision_8", "tool_geo"]
    assert [(edge.source_key, edge.target_key, edge.type) for edge in graph.edges[2:]] == [
        ("tool_geo", "evidence_1", "causal"),
        ("evidence_1", "decision_7", "causal"),
        ("decision_7", "decision_8", "temporal"),
    ]
    beside = drawing(graph).nodes[0].beside
    assert beside is not None
    assert [node.key for node in beside.of("evidence_1", None)] == ["network_domain", "decision_7", "tool_geo"]
    assert [node.key for node in beside.of("evidence_1", EdgeDirection.DIRECTED)] == ["decision_7"]
    assert beside.of("evidence_1", EdgeDirection.UNDIRECTED) == beside.of("nothing", None) == []
    nodes, edges = graph.around("decision_8")
    assert ([node.key for node in nodes], len(edges)) == (["decision_7", "decision_8"], 1)


def test_two_tools_never_share_a_key() -> None:
    assert tool_key("geo") == "tool_geo"
    assert len({tool_key(name) for name in ("geo", "Geo", "geo ", "GEO!", "geo_")}) == 5


def test_evidence_in_a_domain_nobody_asked_for_has_its_domain() -> None:
    graph = draw(CASE, [], [piece(1, DomainName.FINANCIAL)])
    assert [node.key for node in graph.nodes] == ["entity", "financial_domain", "evidence_1"]
    assert graph.nodes[1].risk_score == pytest.approx(0.85 * 0.9)


@pytest.mark.parametrize(
    ("verification", "supports", "status", "risk"),
    [
        (VerificationStatus.UNVERIFIED, True, "pending", 0.765),
        (VerificationStatus.VERIFIED, True, "complete", 0.765),
        (VerificationStatus.DISPUTED, True, "active", 0.765),
        (VerificationStatus.FALSE_POSITIVE, True, "disabled", 0.0),
        (VerificationStatus.VERIFIED, False, "complete", 0.0),
    ],
)
def test_how_evidence_is_drawn(verification: VerificationStatus, supports: bool, status: str, risk: float) -> None:
    node = draw(CASE, [], [piece(1, verification=verification, supports=supports)]).node("evidence_1")
    assert node is not None
    assert node.status.value == status
    assert node.risk_score == pytest.approx(risk)


@pytest.mark.parametrize("wanted", [0, -1, 5_001])
def test_bounds(wanted: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        draw(CASE, [], [], max_nodes=wanted)
    assert refused.value.field == "maxNodes"


def test_the_most_important_are_kept_and_the_rest_is_counted() -> None:
    asked = [NETWORK, DomainSketch(DomainName.LOGS, AnalysisStatus.PENDING, 0.1)]
    pieces = [piece(number) for number in range(1, 11)]
    graph = draw(CASE, asked, pieces, max_nodes=5)
    assert [node.key for node in graph.nodes] == [
        "entity",
        "network_domain",
        "logs_domain",
        "evidence_9",
        "evidence_10",
    ]
    assert graph.hidden_node_count == 8
    assert [node.key for node in draw(CASE, asked, pieces, max_nodes=1).nodes] == ["entity"]
    assert draw(CASE, asked, pieces, max_nodes=1).edges == ()


def test_labels_are_short_and_printable() -> None:
    node = draw(CASE, [], [piece(1, title="\x1b[31m" + "long " * 30)]).node("evidence_1")
    assert node is not None
    assert len(node.label) == 60
    assert node.label.startswith("[31mlong")
    assert node.label.endswith("…")


sketches = st.lists(
    st.builds(
        piece,
        st.integers(1, 400),
        st.sampled_from(DomainName),
        strength=st.floats(0, 1),
        log_odds=st.floats(-5, 5),
        group=st.sampled_from([None, "a", "b"]),
        title=st.text(max_size=80),
    ),
    max_size=30,
    unique_by=lambda found: found.id,
)
acts_drawn = st.lists(
    st.builds(
        act,
        st.integers(1, 400),
        st.sampled_from([EventAction.TOOL_CALL, EventAction.TOOL_RESPONSE, EventAction.DECISION_MADE]),
        actor=st.sampled_from(["geo", "whois", "Ada"]),
        evidence=st.lists(st.integers(1, 400), max_size=3).map(tuple),
    ),
    max_size=10,
    unique_by=lambda found: found.id,
)


@settings(max_examples=80, deadline=None)
@given(sketches, acts_drawn, st.integers(1, 50), st.randoms())
def test_whole_and_the_same_in_any_order(
    pieces: list[EvidenceSketch], acts: list[TimelineSketch], room: int, chance: random.Random
) -> None:
    graph = draw(CASE, [NETWORK], pieces, acts, max_nodes=room)
    keys = [node.key for node in graph.nodes]
    assert len(keys) == len(set(keys)) <= room
    assert len({edge.key for edge in graph.edges}) == len(graph.edges)
    for edge in graph.edges:
        assert {edge.source_key, edge.target_key} <= set(keys)
        assert 1 <= edge.weight <= 10
        assert edge.first_seen_at >= START
    for node in graph.nodes:
        assert node.aria_label.startswith(node.label)
        assert 0.0 <= node.risk_score <= 1.0
    everything = draw(CASE, [NETWORK], pieces, acts, max_nodes=5_000)
    assert graph.hidden_node_count == len(everything.nodes) - len(keys)
    shuffled, acts_shuffled = list(pieces), list(acts)
    chance.shuffle(shuffled)
    chance.shuffle(acts_shuffled)
    assert draw(CASE, [NETWORK], shuffled, acts_shuffled, max_nodes=room) == graph


@settings(max_examples=60, deadline=None)
@given(sketches, st.integers(0, 30))
def test_a_node_keeps_its_place_when_later_ones_arrive(pieces: list[EvidenceSketch], cut: int) -> None:
    pieces = sorted(pieces, key=lambda found: found.id)

    def places(graph: CaseGraph) -> dict[str, Position]:
        return {node.key: node.position for node in graph.nodes}

    early, late = places(draw(CASE, [NETWORK], pieces[:cut])), places(draw(CASE, [NETWORK], pieces))
    assert {key: late[key] for key in early} == early
    assert len(set(late.values())) == len(late)


def test_places_of_one_sector_are_apart() -> None:
    places = [slot(DomainName.NETWORK, rank) for rank in range(300)]
    nearest = min(
        (one.x - other.x) ** 2 + (one.y - other.y) ** 2 for n, one in enumerate(places) for other in places[:n]
    )
    assert nearest**0.5 >= 50
