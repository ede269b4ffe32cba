"""The audit trail as administrators read it: whose, which, sealed or not; and what a check of it tells."""

from typing import Any

import pytest

from foundation.ids import to_global
from models import tables as rows
from resolvers import audit as resolvers
from resolvers.sealing import seal_new
from tests.audit.trail import tamper, write
from tests.graph.asking import Graph
from tests.world import World, at

LOG = """query($filter: AuditFilter, $order: AuditOrder) { auditLog(filter: $filter, orderBy: $order) {
  totalCount edges { node { row actorName actor { name } organization { name } action outcome target details requestId
         seal { sequence hash keyId } } } } }"""
CHECK = """query($of: ID, $after: Int) { auditVerification(organizationId: $of, after: $after) {
  ok checked firstBadSequence firstBadRow damage head headSequence isWhole unsealed wasRestored } }"""


@pytest.fixture(params=["planned", "reference"])
def graph(world: World, request: pytest.FixtureRequest) -> Graph:
    return Graph(world.house, request.param)


async def log(graph: Graph, viewer: Any, order: str = "OLDEST", **conditions: Any) -> list[dict[str, Any]]:
    data = await graph.ask(viewer, LOG, filter=conditions or None, order=order)
    return [edge["node"] for edge in data["auditLog"]["edges"]]


async def test_an_entry_says_who_did_what_and_whether_it_is_sealed(world: World, graph: Graph) -> None:
    await write(world, "INV-1")
    await seal_new(world.house)
    await write(world, "INV-2")
    first, second, own = await log(graph, world.admin)
    (seal,) = await world.all(rows.AuditSeal)
    assert first == {
        "row": 1,
        "actorName": "Per",
        "actor": {"name": "Per"},
        "organization": {"name": "Operator"},
        "action": "note.add",
        "outcome": "DONE",
        "target": "INV-1",
        "details": {},
        "requestId": "test-request",
        "seal": {"sequence": 1, "hash": seal.hash, "keyId": "k1"},
    }
    assert (second["target"], second["seal"]) == ("INV-2", None)
    assert (own["actorName"], own["action"], own["details"]) == ("Ada", "audit.read", {"field": "auditLog"})


async def test_filters_say_which(world: World, graph: Graph) -> None:
    await write(world, "INV-1")
    world.house.clock.forward(minutes=1)  # type: ignore[attr-defined]
    await write(world, "INV-2", by=world.admin)
    await graph.tell(world.viewer, 'mutation { archiveInvestigation(input: {investigationId: "INV-1", reason: "x"}) '
                     "{ userErrors { code } } }")  # fmt: skip
    now = world.house.clock.now().isoformat()
    filters: dict[str, dict[str, Any]] = {
        "actor": {"actor": to_global("User", world.publisher.user_id)},
        "name": {"actorName": "Vera"},
        "action": {"action": ["note.add"]},
        "outcome": {"outcome": "REFUSED"},
        "target": {"target": "INV-2"},
        "since": {"since": now},
        "until": {"until": now},
        "all": {},
    }
    told = {
        name: [entry["row"] for entry in await log(graph, world.admin, **given) if entry["action"] != "audit.read"]
        for name, given in filters.items()
    }
    assert told == {
        "actor": [1], "name": [3], "action": [1, 2], "outcome": [3], "target": [2], "since": [2, 3], "until": [1],
        "all": [1, 2, 3],
    }  # fmt: skip
    assert [entry["row"] for entry in await log(graph, world.admin, "NEWEST")][-1] == 1


async def test_an_administrator_reads_the_own_trail_and_the_platforms_any(world: World, graph: Graph) -> None:
    await write(world, "ours")
    await write(world, "theirs", by=world.stranger)
    platform, partner = at(world.admin, is_platform_admin=True), to_global("Organization", world.partner.id)
    assert [entry["target"] for entry in await log(graph, world.admin) if entry["target"]] == ["ours"]
    assert await log(graph, world.admin, organizationId=partner) == []
    assert [entry["target"] for entry in await log(graph, platform) if entry["target"]] == ["ours", "theirs"]
    assert [entry["target"] for entry in await log(graph, platform, organizationId=partner)] == ["theirs"]
    for viewer in (world.viewer, world.publisher, world.stranger, None):
        told = await graph.tell(viewer, LOG)
        assert told.codes == {"auditLog": "UNAUTHENTICATED" if viewer is None else "FORBIDDEN"}


async def test_a_check_names_the_first_bad_row(world: World, url: str) -> None:
    graph = Graph(world.house, "planned")
    await write(world, "one", "two", "three")
    good = (await graph.ask(world.admin, CHECK))["auditVerification"]
    last = (await world.all(rows.AuditSeal))[-1]
    assert good == {
        "ok": True, "checked": 4, "firstBadSequence": None, "firstBadRow": None, "damage": None, "head": last.hash,
        "headSequence": 4, "isWhole": True, "unsealed": 0, "wasRestored": False,
    }  # fmt: skip
    tamper(url, "UPDATE audit SET target = 'twO' WHERE id = 2")
    bad = (await graph.ask(world.admin, CHECK))["auditVerification"]
    assert (bad["ok"], bad["firstBadSequence"], bad["firstBadRow"], bad["damage"]) == (False, 2, 2, "EDITED")
    behind = (await graph.ask(world.admin, CHECK, after=2))["auditVerification"]
    assert (behind["ok"], behind["checked"]) == (True, 4)


async def test_a_long_trail_is_checked_in_pieces(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolvers, "PLACES", 3)
    graph = Graph(world.house, "planned")
    await write(world, "one", "two", "three", "four")
    walked, after = [], 0
    while True:
        told = (await graph.ask(world.admin, CHECK, after=after))["auditVerification"]
        walked.append(told["checked"])
        after = told["headSequence"]
        if told["isWhole"]:
            break
    assert walked == [3, 3, 1], "four entries, and one for each check"


async def test_nobody_checks_the_trail_of_others(world: World) -> None:
    graph = Graph(world.house, "planned")
    await write(world, "theirs", by=world.stranger)
    partner = to_global("Organization", world.partner.id)
    absent = to_global("Organization", "00000000-0000-4000-8000-00000000dead")
    for wanted in (partner, absent, "nonsense"):
        told = await graph.tell(world.admin, CHECK, of=wanted)
        assert (told.data, list(told.codes.values())) == ({"auditVerification": None}, ["BAD_USER_INPUT"])
    platform = at(world.admin, is_platform_admin=True)
    assert (await graph.ask(platform, CHECK, of=partner))["auditVerification"]["checked"] == 1
