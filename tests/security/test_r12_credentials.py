"""R12: a credential comes in one header, or in a socket's first message, and from nowhere else."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app import make_app
from foundation.clock import FixedClock
from tests.identity.conftest import PASSWORD, Identity
from tests.security.callers import key_of, person
from tests.security.doors import browsing, connected
from tests.security.samples import path_of
from web import gate
from web.pollers import PollerIdentify

VIEWER = "{ viewer { user { name } } }"
BASIC = "Basic " + base64.b64encode(f"Per:{PASSWORD}".encode()).decode()
NAMES = ("access_token", "token", "authorization", "api_key", "x-api-key", "key", "jwt")


@pytest.fixture
def app(identity: Identity) -> Any:
    return make_app(identity.house, working=False)


@pytest.fixture
async def client(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(app) as made:
        yield made


async def asked(client: httpx.AsyncClient, headers: Any = None, query: str = "") -> tuple[int, Any]:
    """The status, and who GraphQL says it is: a name, None for nobody, or the code of a refusal."""
    answer = await client.post(f"/graphql{query}", json={"query": VIEWER}, headers=headers)
    told = answer.json()
    if "data" not in told:
        return answer.status_code, told["errors"][0]["extensions"]["code"]
    return answer.status_code, told["data"]["viewer"] and told["data"]["viewer"]["user"]["name"]


async def test_basic_is_refused_wherever_somebody_is_asked_for(
    app: Any, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    """Also with a right password: at these doors it would be a way in beside the second factor. Pollers know
    nothing else, and so it is taken at their doors, from those who have none."""
    opened = {}
    for route in app.routes:
        if isinstance(route, gate.Gated) and gate.public_because(route.endpoint) is None:
            if isinstance(route._identify, PollerIdentify):
                continue
            for method in (route.methods or set()) - {"HEAD"}:
                clock.at += timedelta(seconds=2)  # or nobody would have asked too often
                answer = await client.request(method, path_of(route.path), json={}, headers={"authorization": BASIC})
                if answer.status_code != 401:
                    opened[f"{method} {route.path}"] = answer.status_code
    assert opened == {}
    assert await asked(client, {"authorization": BASIC}) == (401, "UNAUTHENTICATED")
    async with connected(app) as socket:
        await socket.say(type="connection_init", payload={"authorization": BASIC})
        assert await socket.hear() == 4403
    async with connected(app, headers={"authorization": BASIC}) as socket:
        await socket.say(type="connection_init")
        assert await socket.hear() == 4403


async def test_a_query_string_and_a_cookie_carry_none(identity: Identity, app: Any, client: httpx.AsyncClient) -> None:
    """They are not looked at: who sends his token there is nobody, and the log does not get to see it."""
    signed_in = await identity.login()
    token, good = signed_in.access_token, {"authorization": f"Bearer {signed_in.access_token}"}
    assert await asked(client, good) == (200, "Per")
    query = "?" + "&".join(f"{name}={token}" for name in NAMES)
    cookie = {"cookie": "; ".join(f"{name}={token}" for name in NAMES)}
    assert await asked(client, query=query) == (200, None)
    assert await asked(client, cookie) == (200, None)
    assert (await client.post(f"/api/auth/logout/{query}", headers=cookie)).status_code == 401
    for more in ({"query": query[1:]}, {"headers": cookie}):
        async with connected(app, **more) as socket:
            await socket.say(type="connection_init")
            assert await socket.hear() == {"type": "connection_ack"}
            await socket.say(type="subscribe", id="1", payload={"query": VIEWER})
            assert (await socket.hear())["payload"]["data"] == {"viewer": None}


async def test_nothing_sets_a_cookie(identity: Identity, client: httpx.AsyncClient) -> None:
    asked_for = {"username": "Per", "password": PASSWORD}
    answer = await client.post("/api/auth/login/", json=asked_for)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_two_credentials_are_one_too_many(identity: Identity, app: Any, client: httpx.AsyncClient) -> None:
    """Both are good: which one counts would be chance, or the choice of whoever added the second."""
    first, second = (await identity.login()).access_token, (await identity.login("Ada")).access_token
    service = await person(identity.world, "publisher", kind="service")
    _, key = await key_of(identity.house, service, "read")
    assert await asked(client, {"x-api-key": key}) == (200, service.name)
    for pair in (
        [("authorization", f"Bearer {first}"), ("authorization", f"Bearer {second}")],
        [("authorization", f"Bearer {first}"), ("authorization", f"Bearer {first}")],
        [("authorization", f"Bearer {first}"), ("x-api-key", key)],
        [("authorization", f"Bearer {first}"), ("authorization", BASIC)],
        [("x-api-key", key), ("x-api-key", key)],
    ):
        assert await asked(client, pair) == (401, "UNAUTHENTICATED")
        assert (await client.post("/api/auth/logout/", headers=pair)).status_code == 401
    for payload in (
        {"authorization": f"Bearer {first}", "x-api-key": key},
        {"authorization": f"Bearer {first}", "token": second},
        {"authorization": f"Bearer {first}", "Authorization": f"Bearer {second}"},
    ):
        async with connected(app) as socket:
            await socket.say(type="connection_init", payload=payload)
            assert await socket.hear() == 4403
    assert await asked(client, {"authorization": f"Bearer {first}"}) == (200, "Per"), "and nobody was signed out by it"
