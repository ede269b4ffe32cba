"""Who read what: one line a request, and never a reason for a read to wait or to fail."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from foundation import telemetry
from foundation.ids import to_global
from models import tables as rows
from models.queries import access_log as queries
from resolvers import access_log
from resolvers.operation import House
from rules.access.actions import Action
from rules.access.viewer import engine_of
from tests.graph.asking import Graph
from tests.world import World
from workers import upkeep as worker

LOG = """{ accessLog(orderBy: OLDEST) { edges { node {
  user { name } organization { name } door action fields targets count requestId } } } }"""


@pytest.fixture
def graph(world: World) -> Graph:
    return Graph(world.house, "planned")


async def lines(world: World) -> list[tuple[Any, ...]]:
    return [(e.user_id, e.action, e.fields, e.targets, e.count, e.request_id) for e in await world.all(rows.AccessLog)]


async def test_a_request_is_one_line_whatever_it_reads(world: World, graph: Graph) -> None:
    case = await world.case()
    document = """query($id: ID!) { investigation(id: $id) { ref } none: investigation(id: "INV-404") { ref }
      investigations { edges { node { ref } } } organizations { totalCount } }"""
    await graph.ask(world.publisher, document, id=f"INV-{case.id}")
    await graph.ask(world.viewer, "{ investigations { edges { cursor } } }")
    before = await world.counts()
    assert (before["access_log"], await world.house.access_log.write()) == (0, 2)
    first, second = await lines(world)
    assert (first[0], first[1], sorted(first[2]), sorted(first[3]), *first[4:]) == (
        world.publisher.user_id,
        "graph.read",
        ["investigation", "investigation", "investigations", "organizations"],
        ["INV-1", "INV-404"],
        2,
        "test-request",
    )
    assert second == (world.viewer.user_id, "graph.read", ["investigations"], [], 1, "test-request")
    assert await world.counts() == {**before, "access_log": 2}


async def test_what_is_written_later_is_a_line_of_its_own(world: World, graph: Graph) -> None:
    op = world.op()
    op.has_read(Action.GRAPH_READ, "one", [], 1)
    await world.house.access_log.write()
    op.has_read(Action.GRAPH_READ, "two", [], 1)
    op.has_read(Action.GRAPH_READ, "three", [], 1)
    await world.house.access_log.write()
    assert [line[2] for line in await lines(world)] == [["one"], ["two", "three"]]


async def test_nobody_and_the_engine_leave_no_line_and_a_refused_read_none(world: World, graph: Graph) -> None:
    world.op(engine_of(world.operator.id)).has_read(Action.GRAPH_READ, "x", [], 1)
    await graph.tell(None, "{ investigations { totalCount } }")
    await graph.tell(world.viewer, LOG)
    assert await world.house.access_log.write() == 0


async def test_administrators_read_it(world: World, graph: Graph) -> None:
    await graph.ask(world.publisher, "{ investigations { totalCount } }")
    await graph.ask(world.stranger, "{ organizations { totalCount } }")
    await world.house.access_log.write()
    data = await graph.ask(world.admin, LOG)
    assert [edge["node"] for edge in data["accessLog"]["edges"]] == [
        {
            "user": {"name": "Per"}, "organization": {"name": "Operator"}, "door": "", "action": "graph.read",
            "fields": ["investigations"], "targets": [], "count": 0, "requestId": "test-request",
        }
    ]  # fmt: skip
    assert (await world.all(rows.Audit))[-1].details == {"field": "accessLog"}


async def test_what_does_not_fit_is_counted_and_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "MOST_WAITING", 2)
    before = telemetry.counters().get("access_log.dropped", 0)
    for name in ("a", "b", "c", "d"):
        world.op().has_read(Action.GRAPH_READ, name, [], 1)
    assert await world.house.access_log.write() == 2
    assert telemetry.counters()["access_log.dropped"] == before + 2


async def test_a_database_that_does_not_answer_fails_no_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise OSError

    before = telemetry.counters().get("access_log.dropped", 0)
    with monkeypatch.context() as patch:
        patch.setattr(queries, "put", broken)
        world.op().has_read(Action.GRAPH_READ, "lost", [], 1)
        assert await world.house.access_log.write() == 0
    assert telemetry.counters()["access_log.dropped"] == before + 1
    world.op().has_read(Action.GRAPH_READ, "kept", [], 1)
    assert await world.house.access_log.write() == 1


async def test_it_is_written_while_the_process_runs_and_when_it_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "EVERY_S", 0.01)
    async with worker.upkeep(world.house, working=False):
        world.op().has_read(Action.GRAPH_READ, "one", [], 1)
        async with asyncio.timeout(10):
            while not await lines(world):
                await asyncio.sleep(0.01)
        world.op().has_read(Action.GRAPH_READ, "two", [], 1)
    assert [line[2] for line in await lines(world)] == [["one"], ["two"]]


async def test_it_can_be_switched_off(world: World) -> None:
    house: House = replace(world.house, settings=world.house.settings.model_copy(update={"access_log_days": 0}))
    replace(world.op(), house=house).has_read(Action.GRAPH_READ, "x", [], 1)
    assert await house.access_log.write() == 0


async def test_ids_that_were_asked_for_are_told(world: World, graph: Graph) -> None:
    case = await world.case()
    ids = [to_global("Investigation", case.id or 0), "nonsense"]
    await graph.ask(world.publisher, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    await world.house.access_log.write()
    assert [line[3:5] for line in await lines(world)] == [(ids, 1)]


async def test_old_lines_are_forgotten(world: World) -> None:
    for days in (31, 29):
        at = world.house.clock.now() - timedelta(days=days)
        op = world.op()
        op.has_read(Action.GRAPH_READ, str(days), [], 1)
        assert op.asked.read is not None
        op.asked.read.at = at
    await world.house.access_log.write()
    await worker._forget(world.house)
    assert [line[2] for line in await lines(world)] == [["29"]]
