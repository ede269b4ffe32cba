"""Many who write and many who listen: nothing lost, nothing twice, nothing left behind."""

import asyncio
import gc
import tracemalloc
from contextlib import aclosing
from random import Random

from models import tables as rows
from resolvers.stream_items import Delivered
from tests.live.conftest import PATIENCE_S, announce, first, numbers, progressed, status_changed, take, until, watch
from tests.world import World


async def write(world: World, case: rows.Investigation, writers: int, each: int, *, half_sleep: bool = False) -> None:
    """`writers` tasks at once, `each` writes of one to three events; half of them may dawdle before the commit."""

    async def one(n: int) -> None:
        chance = Random(n)
        for _ in range(each):
            events = [progressed(case, n) for _ in range(chance.randint(1, 3))]
            await announce(world.op(), *events, pause_s=0.02 if half_sleep and n % 2 else 0)
            await asyncio.sleep(chance.random() * 0.01)

    await asyncio.gather(*(one(n) for n in range(writers)))


async def test_one_that_hangs_up_at_random_and_resumes_sees_each_event_once_and_in_order(world: World) -> None:
    case = await world.case()
    chance = Random(2026)
    writing = asyncio.ensure_future(write(world, case, writers=8, each=12))
    seen: list[int] = []
    after = world.house.hub.places.seal(f"inv:{case.id}", 0)
    cuts = 0
    async with asyncio.timeout(PATIENCE_S):
        while not writing.done() or not seen or seen[-1] < (await world.all(rows.Stream))[0].head:
            listening = asyncio.ensure_future(listen(world, case, after, seen, chance.randint(1, 9)))
            if chance.random() < 0.5:  # Cut in the middle of whatever it is doing; else it hangs up after some events.
                await asyncio.sleep(chance.random() * 0.05)
                listening.cancel()
            await asyncio.wait([listening], timeout=0.5)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            after = world.house.hub.places.seal(f"inv:{case.id}", seen[-1] if seen else 0)
            cuts += 1
    await writing
    written = [event.seq for event in await world.all(rows.Event)]
    assert seen == written == list(range(1, len(written) + 1))
    assert cuts >= 5
    await until(lambda: world.house.hub.follower_count == 0)


async def listen(world: World, case: rows.Investigation, after: str, seen: list[int], count: int) -> None:
    async with aclosing(await watch(world.op(), case, after)) as items:
        for _ in range(count):
            item = await anext(items)
            assert isinstance(item, Delivered)
            seen.append(item.sequence)


async def test_commit_order_is_number_order(world: World) -> None:
    """Twenty writers on one stream, half of them asleep before they commit: a reader at N never sees N + 2 first."""
    case = await world.case()
    async with aclosing(await watch(world.op(), case)) as items:
        writing = asyncio.ensure_future(write(world, case, writers=20, each=3, half_sleep=True))
        found = await take(items, 60)
        await writing
        head = (await world.all(rows.Stream))[0].head
        found += await take(items, head - 60)
    assert numbers(found) == list(range(1, head + 1))


async def test_five_hundred_who_subscribe_at_once_all_hear(world: World) -> None:
    case = await world.case()
    listening = [asyncio.ensure_future(first(await watch(world.op(), case), 2)) for _ in range(500)]
    await until(lambda: world.house.hub.follower_count == 500)
    await announce(world.op(), progressed(case, 1))
    await announce(world.op(), progressed(case, 2))
    async with asyncio.timeout(PATIENCE_S):
        assert [numbers(found) for found in await asyncio.gather(*listening)] == [[1, 2]] * 500
    assert world.house.hub.follower_count == 0


async def test_one_that_never_reads_holds_nothing_and_nobody(world: World) -> None:
    case = await world.case()
    async with aclosing(await watch(world.op(), case)) as stuck, aclosing(await watch(world.op(), case)) as quick:
        await announce(world.op(), progressed(case, 0))
        await take(stuck, 1)
        for _ in range(10):
            await announce(world.op(), *(progressed(case, n) for n in range(100)))
        assert numbers(await take(quick, 1_001)) == list(range(1, 1_002))
        watched = world.house.hub._watched[f"inv:{case.id}"]
        assert len(watched.tail) == watched.tail.maxlen == 256
        assert numbers(await take(stuck, 1_000)) == list(range(2, 1_002))


async def test_subscriptions_that_come_and_go_leave_no_task_and_no_memory(world: World) -> None:
    case, other = await world.case(), await world.case(entity_value="203.0.113.8")

    async def come_and_go(count: int) -> None:
        listening = [
            asyncio.ensure_future(first(await watch(world.op(), (case, other, None)[n % 3]), 5)) for n in range(count)
        ]
        await until(lambda: world.house.hub.follower_count == count)
        await announce(world.op(), status_changed(case), progressed(other, 1))
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)

    await come_and_go(50)  # what is made once and kept: compiled statements, pools
    await until(lambda: not any(task.get_name() == "hub" for task in asyncio.all_tasks()))
    tasks = len(asyncio.all_tasks())
    gc.collect()
    tracemalloc.start()
    for _ in range(4):
        await come_and_go(50)
    await until(lambda: len(asyncio.all_tasks()) == tasks)
    assert world.house.hub.follower_count == 0
    assert world.house.hub._watched == {}
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2_000_000, f"{kept} bytes after 200 subscriptions"


async def test_a_subscription_holds_no_connection_between_events(world: World) -> None:
    """More subscribers than either database's pool has connections, all waiting, and everybody else goes on."""
    case = await world.case()
    listening = [asyncio.ensure_future(first(await watch(world.op(), case), 1)) for _ in range(40)]
    await until(lambda: world.house.hub.follower_count == 40)
    await asyncio.gather(*(announce(world.op(), progressed(case, n)) for n in range(20)))
    async with asyncio.timeout(PATIENCE_S):
        assert all(numbers(found) == [1] for found in await asyncio.gather(*listening))
