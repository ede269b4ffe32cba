"""The case as a drawn graph."""

from typing import Any

from foundation.ids import to_global
from foundation.times import to_text
from models import tables as rows
from tests.graph.asking import Graph
from tests.world import World, minutes

GRAPH = """query ($id: ID!, $max: Int) { investigation(id: $id) { graph(maxNodes: $max) {
  hiddenNodeCount withheldCount lastUpdated
  nodes { __typename id key type shape label ariaLabel riskScore status position { x y } firstSeenAt
    ... on EntityNode { entityType value investigation { ref } }
    ... on DomainNode { domain evidenceCount indicators analysis { name } }
    ... on EvidenceNode { domain evidence { ref } }
    ... on ToolNode { name calls }
    ... on DecisionNode { event { ref } }
  }
  edges { id key sourceId targetId source { key } target { key ... on EvidenceNode { evidence { ref } } }
    type style strength weight direction firstSeenAt }
} } }"""


async def drawn_case(world: World) -> Any:
    now = world.house.clock.now()
    case = await world.case(risk_score=0.5)
    common: dict[str, Any] = {"investigation_id": case.id, "organization_id": case.organization_id}
    await world.put(
        rows.DomainAnalysis(**common, name="authentication", status="complete", risk_score=0.5, updated_at=now)
    )
    first = await world.evidence(case, code="authentication.failures", correlated_group="guessing")
    await world.evidence(
        case, code="authentication.many_names", correlated_group="guessing", strength=0.5, log_odds=1.0,
        verification_status="verified", discovered_at=minutes(1, now),
    )  # fmt: skip
    await world.evidence(
        case, domain="network", type="network_traffic", title="Elsewhere", supports=False, log_odds=-0.5
    )
    await world.evidence(case, superseded=True, title="Gone")
    for n, (action, actor, summary) in enumerate(
        [("tool_call", "whois", ""), ("decision_made", "Per", "Blocked it"), ("data_received", "engine", "Not drawn")]
    ):
        await world.put(
            rows.TimelineEvent(
                **common,
                timestamp=minutes(n, now),
                actor_type="tool",
                actor_name=actor,
                action=action,
                summary=summary,
                evidence_refs=[f"EV-{first.id}", "nonsense"],
            )
        )
    return case


async def test_nodes_and_edges(world: World, graph: Graph):
    now = world.house.clock.now()
    case = await drawn_case(world)
    told = (await graph.ask(world.publisher, GRAPH, id=f"INV-{case.id}"))["investigation"]["graph"]
    evidence = [row.id for row in await world.all(rows.Evidence)][:3]
    decision = (await world.all(rows.TimelineEvent, rows.TimelineEvent.action == "decision_made"))[0]
    nodes = {node["key"]: node for node in told["nodes"]}
    keys = [
        "entity", "authentication_domain", "network_domain", *(f"evidence_{n}" for n in evidence),
        f"decision_{decision.id}", "tool_whois",
    ]  # fmt: skip
    assert list(nodes) == keys
    assert (told["hiddenNodeCount"], told["withheldCount"], told["lastUpdated"]) == (0, 0, to_text(minutes(1, now)))
    assert nodes["entity"] == {
        "__typename": "EntityNode",
        "id": to_global("GraphNode", f"{case.id}.entity"),
        "key": "entity",
        "type": "ENTITY",
        "shape": "DIAMOND",
        "label": "203.0.113.7",
        "ariaLabel": "203.0.113.7, ip under investigation, risk 0.50",
        "riskScore": 0.5,
        "status": "ACTIVE",
        "position": {"x": 0.0, "y": 0.0},
        "firstSeenAt": to_text(now),
        "entityType": "IP",
        "value": "203.0.113.7",
        "investigation": {"ref": f"INV-{case.id}"},
    }
    domain = nodes["authentication_domain"]
    assert (domain["__typename"], domain["type"], domain["status"]) == ("DomainNode", "DOMAIN", "COMPLETE")
    assert (domain["domain"], domain["evidenceCount"]) == ("AUTHENTICATION", 2)
    assert domain["indicators"] == ["authentication.failures", "authentication.many_names"]
    assert domain["analysis"] == {"name": "AUTHENTICATION"}
    assert nodes["network_domain"]["analysis"] is None
    piece = nodes[f"evidence_{evidence[1]}"]
    assert (piece["__typename"], piece["status"], piece["riskScore"]) == ("EvidenceNode", "COMPLETE", 0.475)
    assert (piece["domain"], piece["evidence"]) == ("AUTHENTICATION", {"ref": f"EV-{evidence[1]}"})
    assert nodes["tool_whois"]["calls"] == 1 and nodes["tool_whois"]["name"] == "whois"
    assert nodes[f"decision_{decision.id}"]["event"] == {"ref": f"EVT-{decision.id}"}
    assert nodes[f"decision_{decision.id}"]["label"] == "Blocked it"
    assert all(node["ariaLabel"].startswith(node["label"]) for node in told["nodes"])

    edges = [(edge["source"]["key"], edge["target"]["key"], edge["type"]) for edge in told["edges"]]
    one, two, three = (f"evidence_{n}" for n in evidence)
    assert edges == [
        ("entity", "authentication_domain", "DEPENDENCY"),
        ("entity", "network_domain", "DEPENDENCY"),
        ("authentication_domain", one, "CAUSAL"),
        ("authentication_domain", two, "CAUSAL"),
        ("network_domain", three, "CAUSAL"),
        (one, two, "SIMILARITY"),
        ("tool_whois", one, "CAUSAL"),
        (one, f"decision_{decision.id}", "CAUSAL"),
    ]
    alike = told["edges"][5]
    assert alike == {
        "id": to_global("GraphEdge", f"{case.id}.{one}__{two}"),
        "key": f"{one}__{two}",
        "sourceId": nodes[one]["id"],
        "targetId": nodes[two]["id"],
        "source": {"key": one},
        "target": {"key": two, "evidence": {"ref": f"EV-{evidence[1]}"}},
        "type": "SIMILARITY",
        "style": "DOTTED",
        "strength": 0.5,
        "weight": 5,
        "direction": "UNDIRECTED",
        "firstSeenAt": to_text(minutes(1, now)),
    }


async def test_the_most_important_stay_and_no_edge_dangles(world: World, planned_graph: Graph):
    case = await drawn_case(world)
    first = (await world.all(rows.Evidence))[0].id
    order = []
    for most in range(1, 9):
        data = await planned_graph.ask(world.publisher, GRAPH, id=f"INV-{case.id}", max=most)
        told = data["investigation"]["graph"]
        ids = {node["id"] for node in told["nodes"]}
        assert (len(ids), told["hiddenNodeCount"]) == (most, 8 - most)
        assert all(edge["sourceId"] in ids and edge["targetId"] in ids for edge in told["edges"])
        order += [node["key"] for node in told["nodes"] if node["key"] not in order]
    assert order[:4] == ["entity", "authentication_domain", "network_domain", f"evidence_{first}"]
    assert order[-1] == "tool_whois"


async def test_how_many_nodes_is_bounded(world: World, graph: Graph):
    case = await drawn_case(world)
    for most in (0, -1, 5001):
        told = await graph.tell(world.publisher, GRAPH, id=f"INV-{case.id}", max=most)
        assert told.codes == {"investigation.graph": "BAD_USER_INPUT"}


async def test_a_piece_in_its_picture(world: World, graph: Graph):
    await drawn_case(world)
    one, two, three, gone = [row.id for row in await world.all(rows.Evidence)]
    document = """query ($id: ID!) { node(id: $id) { ... on Evidence { drawn {
      nodes { key position { x y } } edges { source { key } target { key } } } } } }"""

    async def around(number: int) -> tuple[list[str], list[tuple[str, str]]]:
        told = (await graph.ask(world.viewer, document, id=f"EV-{number}"))["node"]["drawn"]
        ties = [(edge["source"]["key"], edge["target"]["key"]) for edge in told["edges"]]
        return [node["key"] for node in told["nodes"]], ties

    head, mine = "authentication_domain", f"evidence_{two}"
    assert await around(two) == ([head, f"evidence_{one}", mine], [(head, mine), (f"evidence_{one}", mine)])
    assert await around(three) == (["network_domain", f"evidence_{three}"], [("network_domain", f"evidence_{three}")])
    assert await around(gone) == ([], [])


async def test_a_graph_takes_three_statements_and_one_for_each_kind_behind_it(world: World, planned_graph: Graph):
    case = await drawn_case(world)
    plain = "query ($id: ID!) { investigation(id: $id) { graph { nodes { key } edges { sourceId } } } }"
    assert (await planned_graph.tell(world.viewer, plain, id=f"INV-{case.id}")).steps == 1 + 3
    # The entity's case, the analyses, the evidence (once at nodes, once at the ends of edges), the decisions.
    assert (await planned_graph.tell(world.viewer, GRAPH, id=f"INV-{case.id}")).steps == 1 + 3 + 4 + 1


NEIGHBORS = """query ($id: ID!, $max: Int, $first: Int, $direction: EdgeDirection) { investigation(id: $id) {
  graph(maxNodes: $max) { nodes { key neighbors(first: $first, direction: $direction) { __typename key
    ... on DomainNode { analysis { name } } } } edges { source { key } target { key } direction } } } }"""


async def test_neighbors_are_the_other_ends_of_drawn_edges(world: World, graph: Graph):
    case = await drawn_case(world)
    for most in (8, 4, 1):
        told = await graph.ask(world.viewer, NEIGHBORS, id=f"INV-{case.id}", max=most, first=100, direction=None)
        drawn = told["investigation"]["graph"]
        order = [node["key"] for node in drawn["nodes"]]
        for way in (None, "DIRECTED", "UNDIRECTED", "BIDIRECTIONAL"):
            told = await graph.ask(world.viewer, NEIGHBORS, id=f"INV-{case.id}", max=most, first=100, direction=way)
            for node in told["investigation"]["graph"]["nodes"]:
                ends = set()
                for edge in drawn["edges"]:
                    source, target = edge["source"]["key"], edge["target"]["key"]
                    if way not in (None, edge["direction"]):
                        continue
                    if source == node["key"]:
                        ends.add(target)
                    if target == node["key"] and way != "DIRECTED":
                        ends.add(source)
                assert [other["key"] for other in node["neighbors"]] == [key for key in order if key in ends]
    near = await graph.ask(world.viewer, NEIGHBORS, id=f"INV-{case.id}", first=1)
    entity = near["investigation"]["graph"]["nodes"][0]
    assert entity["neighbors"] == [
        {"__typename": "DomainNode", "key": "authentication_domain", "analysis": {"name": "AUTHENTICATION"}}
    ]


async def test_neighbors_are_bounded_and_stay_in_their_picture(world: World, graph: Graph):
    case = await drawn_case(world)
    for first in (0, -1, 101):
        told = await graph.tell(world.viewer, NEIGHBORS, id=f"INV-{case.id}", max=1, first=first)
        assert (told.data, told.codes) == (
            {"investigation": None}, {"investigation.graph.nodes.0.neighbors": "BAD_USER_INPUT"},
        )  # fmt: skip
    document = """query ($id: ID!) { node(id: $id) { ... on Evidence { drawn { nodes { key neighbors { key
      neighbors { key } } } } } } }"""
    number = (await world.all(rows.Evidence))[2].id
    head, mine = "network_domain", f"evidence_{number}"
    told = (await graph.ask(world.viewer, document, id=f"EV-{number}"))["node"]["drawn"]
    assert told["nodes"] == [
        {"key": one, "neighbors": [{"key": other, "neighbors": [{"key": one}]}]}
        for one, other in ((head, mine), (mine, head))
    ]
