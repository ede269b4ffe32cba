"""R7: a refresh token works once; used again it ends its session with everything that was signed in by it."""

import asyncio

import httpx

from app import Doorman, make_app
from foundation.clock import FixedClock
from models import tables as rows
from rules.access.tokens import digest
from schema.door import GraphQLDoor
from schema.doorman import Numbers
from tests.graph.asking import SCHEMA
from tests.identity.conftest import Identity
from tests.security.doors import browsing, connected
from web.identify import Identify

REFRESH = "mutation($token: String!) { refreshTokens(input: {refreshToken: $token}) { tokens { access refresh } } }"
VIEWER = {"query": "{ viewer { user { name } } }"}


async def refreshed(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/api/auth/refresh/", json={"refresh_token": token})


async def name_of(client: httpx.AsyncClient, access: str) -> str:
    """Who the token says it is, or the code it was refused with."""
    told = (await client.post("/graphql", json=VIEWER, headers={"authorization": f"Bearer {access}"})).json()
    return str(told["data"]["viewer"]["user"]["name"] if "data" in told else told["errors"][0]["extensions"]["code"])


async def test_a_token_used_again_ends_the_session_its_tokens_and_its_sockets(identity: Identity) -> None:
    house = identity.house
    door = GraphQLDoor(
        SCHEMA, Doorman(Identify(house)), settings=house.settings, clock=house.clock, numbers=Numbers(recheck_s=0.05)
    )
    first, other = await identity.login(), await identity.login()
    kept = {row.digest for row in await identity.world.all(rows.RefreshToken)}
    assert kept == {digest(first.refresh_token), digest(other.refresh_token)}, "as digests and in no other form"
    async with (
        browsing(make_app(house, working=False)) as client,
        connected(door.socket) as doomed,
        connected(door.socket) as spared,
    ):
        for socket, token in ((doomed, first.access_token), (spared, other.access_token)):
            await socket.say(type="connection_init", payload={"authorization": f"Bearer {token}"})
            assert await socket.hear() == {"type": "connection_ack"}
        second = (await refreshed(client, first.refresh_token)).json()["tokens"]
        assert await name_of(client, second["access"]) == "Per"
        again = await client.post("/graphql", json={"query": REFRESH, "variables": {"token": first.refresh_token}})
        assert again.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert await doomed.hear() == 4401
        for access in (first.access_token, second["access"]):
            assert await name_of(client, access) == "UNAUTHENTICATED"
        last = await refreshed(client, second["refresh"])
        assert (last.status_code, last.json()["code"]) == (401, "AUTHENTICATION_FAILED")
        assert await name_of(client, other.access_token) == "Per"
        await spared.say(type="ping")
        assert await spared.hear() == {"type": "pong"}
    ended = {s.id: s.end_reason for s in await identity.world.all(rows.LoginSession)}
    assert ended == {first.session_id: "refresh_token_reused", other.session_id: None}
    lines = [e for e in await identity.world.all(rows.Audit) if e.action == "session.refresh"]
    assert [(e.outcome, e.actor_name, e.details.get("code")) for e in lines] == [
        ("done", "Per", None), ("refused", "Per", "REFRESH_TOKEN_REUSED"),
    ]  # fmt: skip


async def test_ten_uses_at_once_give_at_most_one_pair(identity: Identity) -> None:
    first = await identity.login()
    async with browsing(make_app(identity.house, working=False)) as client:
        answers = await asyncio.gather(*(refreshed(client, first.refresh_token) for _ in range(10)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses in ([200] + [401] * 9, [401] * 10)
        pairs = [answer.json()["tokens"] for answer in answers if answer.status_code == 200]
        for pair in pairs:
            assert await name_of(client, pair["access"]) == "UNAUTHENTICATED", "nine of ten were thieves"
    assert len(await identity.world.all(rows.RefreshToken)) == 1 + len(pairs)


async def test_seven_days_are_seven_days_however_often_it_is_refreshed(identity: Identity, clock: FixedClock) -> None:
    token = (await identity.login()).refresh_token
    async with browsing(make_app(identity.house, working=False)) as client:
        for _ in range(6):
            clock.forward(days=1)
            token = (await refreshed(client, token)).json()["tokens"]["refresh"]
        clock.forward(days=1, seconds=-1)
        last = (await refreshed(client, token)).json()["tokens"]
        assert await name_of(client, last["access"]) == "Per"
        clock.forward(seconds=1)
        assert await name_of(client, last["access"]) == "UNAUTHENTICATED"
        assert (await refreshed(client, last["refresh"])).status_code == 401
