"""R24: every operation has a deadline, every statement a shorter one, and what was committed is not called failed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from foundation import telemetry
from foundation.deadlines import OutOfTime, PerhapsDone, within
from foundation.errors import Unavailable
from foundation.settings import Settings
from models import database as databases
from models import tables as rows
from models.database import Database
from models.failures import as_refusal
from resolvers.operation import House
from rules.access.actions import Action
from schema.door import GraphQLDoor
from tests.door import graph, server
from tests.world import World
from web import bodies, watchdog

SLOW = {"sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"}
SLOW["postgresql"] = "SELECT pg_sleep(60)"


def test_the_numbers() -> None:
    plain = Settings(_env_file=None)
    assert (plain.deadline_s, plain.anonymous_deadline_s, databases.STATEMENT_TIMEOUT_S) == (30, 5, 10)


@pytest.fixture
async def place() -> AsyncIterator[str]:
    """Half a second for everybody."""
    desk = graph.desk()
    settings = desk.settings.model_copy(update={"deadline_s": 0.5, "anonymous_deadline_s": 0.3})
    desk.settings = settings
    async with server.beside(GraphQLDoor(graph.schema, desk, settings=settings)) as at:
        yield at


@pytest.mark.parametrize(("who", "seconds"), [("ada", "0.5"), (None, "0.3")])
async def test_a_query_that_takes_too_long_is_given_up(place: str, who: str | None, seconds: str) -> None:
    headers = {"authorization": f"Bearer {who}"} if who else {}
    async with httpx.AsyncClient(base_url=f"http://{place}", headers=headers, timeout=30) as client:
        answer = await client.post("/graphql", json={"query": "{ me slow(seconds: 60) }"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        (error,) = answer.json()["errors"]
        assert error["message"].startswith(f"This took longer than {seconds} s and was given up.")
        assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        assert (await client.post("/graphql", json={"query": "{ slow(seconds: 0) }"})).json()["data"] == {
            "slow": "done"
        }


async def test_over_a_socket_it_is_that_operation_alone(place: str) -> None:
    async with connect(f"ws://{place}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"token": "ada"}}))
        await socket.recv()
        for id_, query in (("1", "{ slow(seconds: 60) }"), ("2", "{ me }")):
            await socket.send(json.dumps({"type": "subscribe", "id": id_, "payload": {"query": query}}))
        told = [json.loads(await socket.recv()) for _ in range(4)]
    assert [one["id"] + one["type"] for one in told] == ["2next", "2complete", "1next", "1complete"]
    assert told[2]["payload"]["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"


async def test_a_subscription_lasts_and_an_event_does_not(place: str) -> None:
    """Its events come for longer than one operation may take."""
    async with httpx.AsyncClient(timeout=30) as client:
        query = "subscription { count(to: 4, everyS: 0.2) { number } }"
        headers = {"accept": "text/event-stream", "authorization": "Bearer ada"}
        answer = await client.post(f"http://{place}/graphql", json={"query": query}, headers=headers)
    assert answer.text.count("event: next") == 4 and "errors" not in answer.text


async def test_a_write_whose_commit_had_begun_is_done_and_not_called_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = AsyncSession.commit

    async def slow(session: AsyncSession) -> None:
        await asyncio.sleep(0.3)
        await commit(session)

    monkeypatch.setattr(AsyncSession, "commit", slow)
    op = world.op()
    with pytest.raises(PerhapsDone, match="Whether it was done is not known"):
        async with within(0.15, writing=True), op.write(Action.NOTE_ADD) as door:
            door.about("Note:1")
    assert [line.action for line in await world.all(rows.Audit)] == ["note.add"]


async def test_a_write_that_had_not_got_so_far_left_nothing(world: World) -> None:
    before = await world.counts()
    with pytest.raises(PerhapsDone):
        async with within(0.05, writing=True), world.op().write(Action.NOTE_ADD):
            await asyncio.sleep(60)
    assert await world.counts() == before
    async with world.op().write(Action.NOTE_ADD):
        pass  # The one writer of SQLite is free again.


async def test_the_deadline_ends_the_statement_too(world: World) -> None:
    kind = "sqlite" if world.house.settings.is_sqlite else "postgresql"
    with pytest.raises(OutOfTime):
        async with within(0.2, writing=False), world.op().read(Action.GRAPH_READ) as session:
            await session.execute(text(SLOW[kind]))
    async with world.op().read(Action.GRAPH_READ) as session:
        assert await session.scalar(text("SELECT 1")) == 1
        if kind == "postgresql":
            left = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
            assert await session.scalar(text(left)) == 0


@pytest.mark.parametrize("door", ["reading", "transaction"])
async def test_a_statement_has_a_limit_of_its_own(house: House, door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = "sqlite" if house.settings.is_sqlite else "postgresql"
    monkeypatch.setattr(databases, "STATEMENT_TIMEOUT_S", 0.2)
    database = Database(house.settings.database)
    opened: Any = getattr(database, door)
    try:
        if kind == "postgresql":
            async with opened() as session:
                assert await session.scalar(text("SHOW statement_timeout")) == "200ms"
        with pytest.raises((DBAPIError, TimeoutError)) as raised:
            async with opened() as session:
                await session.execute(text(SLOW[kind]))
        assert isinstance(as_refusal(raised.value), Unavailable)
        async with opened() as session:
            assert await session.scalar(text("SELECT 1")) == 1
    finally:
        await database.close()


async def test_a_body_that_does_not_come_is_not_waited_for(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "READING_S", 0.2)
    reader, writer = await asyncio.open_connection(*place.split(":"))
    writer.write(b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    status = await asyncio.wait_for(reader.readline(), 20)
    assert status.startswith(b"HTTP/1.1 408")
    writer.close()


def test_a_late_loop_is_counted() -> None:
    before = telemetry.counters()
    for late_s in (0.001, 0.03, 0.2, 0.7):
        watchdog.judge(late_s)
    after = telemetry.counters()
    names = ("loop.looks", "loop.late_20ms", "loop.late_100ms", "loop.late_500ms")
    assert [after.get(name, 0) - before.get(name, 0) for name in names] == [4, 3, 2, 1]
