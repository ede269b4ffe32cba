"""What carries wake-ups, or the database itself, goes away and comes back: nothing is lost, nobody starts anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

import asyncpg
import pytest

from foundation.ids import new_id
from gateways.memory import MemoryWake
from gateways.wake import Wakes
from resolvers.hub import Hub
from resolvers.operation import House
from tests.databases import postgres_url, redis_url
from tests.live.conftest import announce, numbers, progressed, take, watch
from tests.live.test_wake import answers
from tests.world import World

NEVER_S = 3_600.0


@pytest.fixture(params=["redis", "postgresql"])
async def processes(request: pytest.FixtureRequest, house: House) -> AsyncIterator[tuple[House, House]]:
    """Two processes on one database, as far as events go: a hub each, which never looks unless it is told to."""
    url = redis_url() if request.param == "redis" else postgres_url()
    if url is None or (request.param == "redis" and not answers("127.0.0.1", 6379)):
        pytest.skip(f"{request.param} does not answer")
    installation, made = new_id(), []
    async with AsyncExitStack() as leaving:
        for _ in range(2):
            wakes = Wakes(url, installation=installation)
            one = replace(house, wake=wakes)
            object.__setattr__(one, "hub", Hub(house.database, one.hub.places, poll_s=NEVER_S))
            wakes.listen(one.hub.look)
            await wakes.open()
            leaving.push_async_callback(one.hub.close)
            leaving.push_async_callback(wakes.close)
            made.append(one)
        yield made[0], made[1]


async def test_what_one_process_writes_the_other_s_subscribers_hear(
    world: World, processes: tuple[House, House]
) -> None:
    here, there = processes
    case = await world.case()
    async with aclosing(await watch(replace(world.op(), house=there), case)) as items:
        listening = asyncio.ensure_future(take(items, 20))
        while there.hub.follower_count == 0:
            await asyncio.sleep(0.01)
        for percent in range(20):
            await announce(replace(world.op(), house=here), progressed(case, percent))
        assert numbers(await listening) == list(range(1, 21))


async def test_wake_ups_that_pour_in_do_not_drown_the_look_at_other_streams(world: World) -> None:
    busy, quiet = await world.case(), await world.case(entity_value="203.0.113.8")
    hub = world.house.hub

    async def pour() -> None:
        while True:
            hub.look({f"inv:{busy.id}"})
            await asyncio.sleep(0.01)

    async with aclosing(await watch(world.op(), busy)) as one, aclosing(await watch(world.op(), quiet)) as other:
        hearing = asyncio.ensure_future(take(one, 1))
        waiting = asyncio.ensure_future(take(other, 1))
        pouring = asyncio.ensure_future(pour())
        deaf = replace(world.op(), house=replace(world.house, wake=MemoryWake()))
        await announce(deaf, progressed(quiet, 1))
        assert numbers(await waiting) == [1]
        pouring.cancel()
        hearing.cancel()
        await asyncio.gather(pouring, hearing, return_exceptions=True)


async def test_subscribers_outlive_a_restart_of_the_database(world: World) -> None:
    if world.house.database.is_sqlite:
        pytest.skip("SQLite is no server that could go away")
    case = await world.case()
    async with aclosing(await watch(world.op(), case)) as one, aclosing(await watch(world.op(), case)) as other:
        await announce(world.op(), progressed(case, 0))
        assert numbers(await take(one, 1)) == [1]
        for turn in range(3):
            listening = asyncio.ensure_future(take(one, 1))
            await end_all_connections(world.house.database.url)
            await asyncio.sleep(0.05)
            await announce(world.op(), progressed(case, turn))
            assert numbers(await listening) == [turn + 2]
        assert numbers(await take(other, 4)) == [1, 2, 3, 4]


async def end_all_connections(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'casegraph'"
    )
    await connection.close()


async def test_a_reading_that_fails_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await world.case()
    reading, failures = world.house.database.reading, 3

    def failing(*wall: object) -> object:
        nonlocal failures
        if failures:
            failures -= 1
            raise ConnectionRefusedError
        return reading(*wall)  # type: ignore[arg-type]

    async with aclosing(await watch(world.op(), case)) as items:
        await announce(world.op(), progressed(case, 1))
        monkeypatch.setattr(world.house.hub, "_poll_s", 0.05)
        monkeypatch.setattr(world.house.database, "reading", failing)
        assert numbers(await take(items, 1)) == [1]
    assert failures == 0
