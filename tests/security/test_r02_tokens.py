"""R2: nothing passes for a token but what we signed for this use, whichever door it is shown at."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app import make_app
from models import tables as rows
from rules.access.keyring import KeyRing
from rules.access.tokens import BadToken, TokenKind, read
from tests.identity.conftest import Identity
from tests.security.doors import browsing, connected
from tests.security.forgeries import Forger

NOW = datetime(2026, 11, 21, 12, 0, 0, 500_000, tzinfo=UTC)
RING = KeyRing("new", {"new": b"n" * 32, "old": b"o" * 32})
FORGER = Forger(RING, TokenKind.ACCESS, "u", "s", NOW)
ELSEWHERE = {"subject is somebody else", "session of nobody"}
"""Genuine as tokens go; that they name nobody is found out in the database."""
FORGERIES = {**FORGER.forgeries(), **FORGER.unprintable(), "key of another kid": FORGER.made({"kid": "old"})}
REFRESH = "mutation($token: String!) { refreshTokens(input: {refreshToken: $token}) { tokens { access } } }"
VIEWER = {"query": "{ viewer { user { name } } }"}


@pytest.fixture
def identity(identity: Identity) -> Identity:
    """Without limits: the table is longer than what a stranger may send in a minute, and it is not the point here."""
    house = identity.house
    unlimited = replace(house, settings=house.settings.model_copy(update={"rate_limits": False}))
    return Identity(replace(identity.world, house=unlimited))


@pytest.fixture
async def client(identity: Identity) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(make_app(identity.house, working=False)) as made:
        yield made


PURE = {name: token for name, token in FORGERIES.items() if name not in ELSEWHERE}


@pytest.mark.parametrize("token", PURE.values(), ids=PURE.keys())
def test_nothing_else_is_read(token: str) -> None:
    with pytest.raises(BadToken) as refused:
        read(RING, token, TokenKind.ACCESS, now=NOW)
    assert (refused.value.code, refused.value.status) == ("UNAUTHORIZED", 401)
    assert refused.value.text == "The token is not valid, or no longer. Sign in again."


def test_the_forger_knows_how_they_are_made() -> None:
    """What he changes nothing about is read: each forgery fails by its one fault."""
    for token in (FORGER.made(), FORGER.genuine):
        assert read(RING, token, TokenKind.ACCESS, now=NOW).session_id == "s"


async def test_no_forged_access_token_opens_http(identity: Identity, client: httpx.AsyncClient) -> None:
    forger = await forger_of(identity, TokenKind.ACCESS)
    assert (await shown(client, forger.made())) == [200, 200, "Per"], "a genuine one does, and then it is used up"
    forger = await forger_of(identity, TokenKind.ACCESS)
    before, opened = await identity.world.counts(), {}
    for name, token in forger.forgeries().items():
        if (answers := await shown(client, token)) != [401, 401, "UNAUTHENTICATED"]:
            opened[name] = answers
    assert opened == {}
    assert await identity.world.counts() == before


async def test_no_forged_access_token_opens_a_socket(identity: Identity) -> None:
    app = make_app(identity.house, working=False)
    forger = await forger_of(identity, TokenKind.ACCESS)
    assert await greeted(app, forger.made()) == {"type": "connection_ack"}
    opened = {}
    for name, token in {**forger.forgeries(), **forger.unprintable()}.items():
        if (answer := await greeted(app, token)) not in (4400, 4403):  # no JSON of ours, or no token
            opened[name] = answer
    assert opened == {}


async def test_no_forged_refresh_token_is_exchanged(identity: Identity, client: httpx.AsyncClient) -> None:
    forger = await forger_of(identity, TokenKind.REFRESH)
    before, exchanged = await identity.world.counts(), {}
    for name, token in {**forger.forgeries(), **forger.unprintable()}.items():
        rest = await client.post("/api/auth/refresh/", content=as_json({"refresh_token": token}), headers=JSON)
        graph = await client.post(
            "/graphql", content=as_json({"query": REFRESH, "variables": {"token": token}}), headers=JSON
        )
        codes = [error["extensions"]["code"] for error in graph.json()["errors"]]
        if rest.status_code not in (400, 401) or codes not in (["UNAUTHENTICATED"], ["BAD_REQUEST"]):
            exchanged[name] = (rest.status_code, codes)
    assert exchanged == {}
    after = await identity.world.counts()
    assert after == before
    assert [t.used_at for t in await identity.world.all(rows.RefreshToken)] == [None]


JSON = {"content-type": "application/json"}


def as_json(value: Any) -> bytes:
    """Half a character as the escape that JSON allows."""
    return json.dumps(value).encode()


async def forger_of(identity: Identity, kind: TokenKind) -> Forger:
    """One who has a session of his own."""
    signed_in = await identity.login()
    return Forger(
        identity.house.keys, kind, identity.world.publisher.user_id, signed_in.session_id, identity.house.clock.now()
    )


async def shown(client: httpx.AsyncClient, token: str) -> list[Any]:
    """The statuses of GraphQL and of REST, and who GraphQL says it is, or why not."""
    headers = {"authorization": f"Bearer {token}"}
    graph = await client.post("/graphql", json=VIEWER, headers=headers)
    rest = await client.post("/api/auth/logout/", headers=headers)
    told = graph.json()
    who = told["data"]["viewer"]["user"]["name"] if "data" in told else told["errors"][0]["extensions"]["code"]
    return [graph.status_code, rest.status_code, who]


async def greeted(app: Any, token: str) -> Any:
    async with connected(app) as socket:
        await socket.say(type="connection_init", payload={"authorization": f"Bearer {token}"})
        return await socket.hear()
