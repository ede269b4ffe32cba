"""R9: a socket or a stream of events ends when its session, key or rights do, and nothing is delivered after; also
where another process ended them. A socket may bring a fresh token and go on."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app import Doorman
from models import tables as rows
from models.walls import EVERYTHING
from resolvers import live, sight, sign_in
from resolvers.api_keys import revoke_api_key
from resolvers.operation import House
from resolvers.standings import Standings
from rules.access.tokens import BadToken
from tests.live.conftest import PATIENCE_S, announce, awake, progressed, until
from tests.live.serving import Connection, serving
from tests.security.callers import key_of, person, session_of
from tests.world import World
from web.identify import Identify

__all__ = ["awake"]

EVENTS = """subscription ($case: ID!) { investigationProgress(investigationId: $case) {
  ... on InvestigationEvent { sequence } } }"""


@pytest.fixture
async def world(awake: House, monkeypatch: pytest.MonkeyPatch) -> World:
    """Numbers of seconds, made small: what is told and what is believed are each a fifth of one old at most."""
    monkeypatch.setattr(live, "IDLE_S", 0.2)
    monkeypatch.setattr(sight, "FRESH_S", 0.2)
    return await World.make(replace(awake, standings=Standings(fresh_s=0.2)))


@asynccontextmanager
async def followed(world: World, place: str, credential: str, case: Any) -> AsyncIterator[Connection]:
    """A socket of this credential that follows a case, and has heard of it once."""
    async with connect(f"ws://{place}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as made:
        client = Connection(made)
        await client.say(type="connection_init", payload={"authorization": f"Bearer {credential}"})
        assert await client.hear() == {"type": "connection_ack"}
        before = world.house.hub.follower_count
        await client.subscribe(EVENTS, case=f"INV-{case.id}")
        await until(lambda: world.house.hub.follower_count == before + 1)
        await announce(world.op(), progressed(case, 1))
        assert await client.next()
        yield client


async def closing_code(world: World, client: Connection, case: Any) -> int | None:
    """The code it is closed with. What happens meanwhile is not delivered; an operation's own error may be."""
    await announce(world.op(), progressed(case, 2))
    try:
        while True:
            message = await client.hear()
            assert message["type"] in ("error", "complete"), message
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


async def admitted(world: World, token: str) -> Any:
    return await Identify(world.house).admit({"authorization": f"Bearer {token}"})


async def set_user(world: World, user_id: str, **columns: Any) -> None:
    async with world.house.database.transaction(EVERYTHING) as session:
        await session.execute(update(rows.User).where(col(rows.User.id) == user_id).values(**columns))


async def log_out(world: World, user: rows.User, session_id: str, token: str) -> None:
    await sign_in.logout(world.op(await admitted(world, token)))


async def revoke(world: World, user: rows.User, session_id: str, token: str) -> None:
    """As another process does it: this one is not told."""
    async with world.house.database.transaction(EVERYTHING) as session:
        ended = update(rows.LoginSession).where(col(rows.LoginSession.id) == session_id)
        await session.execute(ended.values(ended_at=world.house.clock.now(), end_reason="revoked"))


async def disable(world: World, user: rows.User, session_id: str, token: str) -> None:
    await set_user(world, user.id, is_active=False)


async def demote(world: World, user: rows.User, session_id: str, token: str) -> None:
    await set_user(world, user.id, role="viewer")


ENDINGS = {"logout": (log_out, 4401), "revoked": (revoke, 4401), "disabled": (disable, 4401), "demoted": (demote, 4403)}


@pytest.mark.parametrize("how", ENDINGS)
async def test_a_socket_ends_with_what_opened_it(world: World, how: str) -> None:
    act, code = ENDINGS[how]
    case, user = await world.case(), await person(world, "publisher")
    session_id, token = await session_of(world.house, user)
    async with serving(world, Doorman(Identify(world.house))) as place:
        async with followed(world, place, token, case) as client:
            await act(world, user, session_id, token)
            await asyncio.sleep(0.25)  # what was believed of it is forgotten by then
            assert await closing_code(world, client, case) == code
        await until(lambda: world.house.hub.follower_count == 0)
        if code == 4403:  # he is still somebody, and comes back as what he is now
            async with followed(world, place, token, case):
                pass


@pytest.mark.parametrize("how", ENDINGS)
async def test_what_is_asked_on_it_afterwards_is_not_done(world: World, how: str) -> None:
    """R8 holds for requests on an open socket too, whenever its next recheck is due."""
    act, code = ENDINGS[how]
    case, user = await world.case(), await person(world, "publisher")
    session_id, token = await session_of(world.house, user)
    async with (
        serving(world, Doorman(Identify(world.house)), recheck_s=60) as place,
        followed(world, place, token, case) as client,
    ):
        await act(world, user, session_id, token)
        await asyncio.sleep(0.25)  # what was believed of it is forgotten by then
        await client.say(type="subscribe", id="late", payload={"query": "{ viewer { role } }"})
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                assert (await client.hear()).get("id") != "late"
        assert closed.value.rcvd is not None and closed.value.rcvd.code == code


async def test_a_revoked_key_ends_its_socket_and_no_other(world: World) -> None:
    case, service = await world.case(), await person(world, "publisher", kind="service")
    (key_id, key), (_, other) = await key_of(world.house, service, "read"), await key_of(world.house, service, "read")
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(serving(world, Doorman(Identify(world.house))))
        going = await stack.enter_async_context(followed(world, place, key, case))
        staying = await stack.enter_async_context(followed(world, place, other, case))
        assert await going.next()
        await revoke_api_key(world.op(world.admin), key_id=key_id)
        await asyncio.sleep(0.25)
        assert await closing_code(world, going, case) == 4401
        assert await staying.next()


async def test_a_fresh_token_carries_a_socket_on(world: World) -> None:
    case, user = await world.case(), await person(world, "publisher")
    first, token = await session_of(world.house, user)
    _, fresh = await session_of(world.house, user)
    async with (
        serving(world, Doorman(Identify(world.house))) as place,
        followed(world, place, token, case) as client,
    ):
        await client.say(type="complete", id="1")
        await client.say(type="ping", payload={"authorization": f"Bearer {fresh}"})
        assert await client.hear() == {"type": "pong"}
        await revoke(world, user, first, token)
        await asyncio.sleep(0.5)  # two rechecks later it is still open
        await client.subscribe(EVENTS, operation="2", case=f"INV-{case.id}")
        await until(lambda: world.house.hub.follower_count == 1)
        await announce(world.op(), progressed(case, 3))
        assert await client.next()


@pytest.mark.parametrize("how", ["revoked", "demoted"])
async def test_a_stream_of_events_ends_too(world: World, how: str) -> None:
    case, user = await world.case(), await person(world, "publisher")
    session_id, token = await session_of(world.house, user)
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {token}"}
    asked = {"query": EVENTS, "variables": {"case": f"INV-{case.id}"}}
    heard: list[Any] = []
    async with (
        asyncio.timeout(PATIENCE_S),
        serving(world, Doorman(Identify(world.house))) as place,
        httpx.AsyncClient(timeout=PATIENCE_S) as client,
        client.stream("POST", f"http://{place}/graphql", json=asked, headers=headers) as answer,
    ):
        await until(lambda: world.house.hub.follower_count == 1)
        await announce(world.op(), progressed(case, 1))
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                heard.append(json.loads(line.removeprefix("data: ")))
            if len(heard) == 1 and line == "":
                await ENDINGS[how][0](world, user, session_id, token)
                await asyncio.sleep(0.25)
                await announce(world.op(), progressed(case, 2))
    codes = [{error["extensions"]["code"] for error in one.get("errors", ())} for one in heard]
    assert codes[0] == set() and len(heard) > 1
    assert all(one and one <= {"UNAUTHENTICATED", "FORBIDDEN"} for one in codes[1:]), heard


async def test_requests_are_refused_at_once(world: World) -> None:
    """The process that ended it forgets at once what it believed; any other within two seconds (test_identify.py)."""
    user = await person(world, "publisher")
    session_id, token = await session_of(world.house, user)
    viewer = await admitted(world, token)
    await log_out(world, user, session_id, token)
    with pytest.raises(BadToken):
        await admitted(world, token)
    assert viewer.session_id == session_id
