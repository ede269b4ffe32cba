"""Events over real connections: WebSocket and server-sent events."""

import asyncio
from random import Random

from websockets.exceptions import ConnectionClosed

from models import tables as rows
from tests.live.conftest import PATIENCE_S, announce, progressed, sign_out, until
from tests.live.serving import connection, event_stream, serving
from tests.live.test_crowds import write
from tests.world import World

EVENTS = """
subscription ($case: ID, $after: Cursor) {
  investigationEvents(investigationId: $case, after: $after) {
    ... on InvestigationEvent { cursor sequence investigation { ref progressPercent } } ... on Gap { from to reason }
  }
}
"""


async def test_a_socket_that_is_cut_at_random_and_resumes_sees_each_event_once_and_in_order(world: World) -> None:
    case = await world.case()
    chance = Random(7)
    seen: list[int] = []
    after = world.house.hub.places.seal(f"inv:{case.id}", 0)
    cuts = 0
    async with serving(world) as place, asyncio.timeout(4 * PATIENCE_S):
        writing = asyncio.ensure_future(write(world, case, writers=8, each=6))
        while (left := await unseen(world, len(seen))) or not writing.done():
            if not left:
                await asyncio.sleep(0.01)
                continue
            async with connection(place, world.viewer) as client:
                await client.subscribe(EVENTS, case=f"INV-{case.id}", after=after)
                for _ in range(min(left, chance.randint(1, 12))):
                    event = (await client.next())["investigationEvents"]
                    assert event["investigation"] == {"ref": f"INV-{case.id}", "progressPercent": 0}
                    seen.append(event["sequence"])
                    after = event["cursor"]
                if chance.random() < 0.5:
                    client.cut()  # without a word of farewell
            cuts += 1
        await writing
        await until(lambda: world.house.hub.follower_count == 0)
    written = [event.seq for event in await world.all(rows.Event)]
    assert seen == written == list(range(1, len(written) + 1))
    assert cuts > 3


async def unseen(world: World, seen: int) -> int:
    """How many events are written and not yet seen."""
    heads: list[int] = [stream.head for stream in await world.all(rows.Stream)]
    return sum(heads) - seen


async def test_server_sent_events_resume_by_their_id(world: World) -> None:
    case = await world.case()
    variables = {"case": f"INV-{case.id}"}
    async with serving(world) as place:
        listening = asyncio.ensure_future(event_stream(place, world.viewer, EVENTS, variables, count=2))
        await until(lambda: world.house.hub.follower_count == 1)
        for percent in (1, 2, 3):
            await announce(world.op(), progressed(case, percent))
        found = await listening
        assert [data["data"]["investigationEvents"]["sequence"] for _, data in found] == [1, 2]
        assert [id_ for id_, _ in found] == [data["data"]["investigationEvents"]["cursor"] for _, data in found]
        again = await event_stream(place, world.viewer, EVENTS, variables, last=found[0][0], count=2)
        assert [data["data"]["investigationEvents"]["sequence"] for _, data in again] == [2, 3]
        await until(lambda: world.house.hub.follower_count == 0)


async def test_two_hundred_subscriptions_opened_and_closed_leave_nothing(world: World) -> None:
    case = await world.case()
    async with serving(world) as place:
        tasks = len(asyncio.all_tasks())
        for _ in range(2):
            async with connection(place, world.viewer) as one, connection(place, world.admin) as other:
                for client in (one, other):
                    for n in range(50):
                        await client.subscribe(EVENTS, operation=str(n), case=f"INV-{case.id}")
                await until(lambda: world.house.hub.follower_count == 100)
                for n in range(25):
                    await one.say(id=str(n), type="complete")
                await until(lambda: world.house.hub.follower_count == 75)
                await announce(world.op(), progressed(case, 1))
                for _ in range(25):
                    assert (await one.next())["investigationEvents"]["sequence"] > 0
            await until(lambda: world.house.hub.follower_count == 0)
        await until(lambda: len(asyncio.all_tasks()) <= tasks)
        assert world.house.hub._watched == {}


async def test_nothing_comes_after_the_session_has_ended(world: World) -> None:
    case = await world.case()
    async with serving(world) as place, connection(place, world.viewer) as client:
        await client.subscribe(EVENTS, case=f"INV-{case.id}")
        await until(lambda: world.house.hub.follower_count == 1)
        await announce(world.op(), progressed(case, 1))
        assert (await client.next())["investigationEvents"]["sequence"] == 1
        await sign_out(world, world.viewer)
        world.house.standings.clear()
        try:
            message = await client.hear()
            assert message["type"] == "error", message
            await client.hear()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None and closed.rcvd.code == 4401
        await announce(world.op(), progressed(case, 2))
        await until(lambda: world.house.hub.follower_count == 0)


async def test_a_refusal_is_an_error_of_the_operation_and_not_of_the_socket(world: World) -> None:
    case = await world.case()
    async with serving(world) as place, connection(place, world.stranger) as client:
        await client.subscribe(EVENTS, case=f"INV-{case.id}")
        message = await client.hear()
        assert message["type"] == "error"
        assert [error["extensions"]["contractCode"] for error in message["payload"]] == ["INVESTIGATION_NOT_FOUND"]
        own = await world.case(world.stranger)
        await client.subscribe(EVENTS, operation="2", case=f"INV-{own.id}")
        await until(lambda: world.house.hub.follower_count == 1)
        await announce(world.op(world.stranger), progressed(own, 1))
        assert (await client.next())["investigationEvents"]["sequence"] == 1
