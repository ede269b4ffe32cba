"""R11: keys of agents: shown once, scoped, ending, replaced with an overlap, never in a URL."""

from typing import Any

import httpx
import pytest

from app import make_app
from foundation.clock import FixedClock
from foundation.ids import to_global
from models import tables as rows
from resolvers import api_keys
from resolvers.api_keys import TooManyKeys
from rules.access.tokens import digest
from rules.access.viewer import Role
from tests.graph.asking import Graph
from tests.identity.conftest import Identity
from tests.world import World, at

CREATE = """mutation { createApiKey(input: {name: "agent", scopes: [READ, ACTIVITY_WRITE]}) {
  secret apiKey { id } } }"""
ROTATE = """mutation($input: RotateApiKeyInput!) { rotateApiKey(input: $input) {
  secret apiKey { id name scopes expiresAt user { name } } userErrors { field code } } }"""


async def made(world: World) -> tuple[str, str]:
    """(key, its global id)"""
    told = (await Graph(world.house, "planned").ask(world.admin, CREATE))["createApiKey"]
    return told["secret"], told["apiKey"]["id"]


async def rotate(world: World, key_id: str, viewer: Any = None, **more: Any) -> dict[str, Any]:
    told = await Graph(world.house, "planned").ask(viewer or world.admin, ROTATE, input={"id": key_id, **more})
    found: dict[str, Any] = told["rotateApiKey"]
    return found


async def is_good(identity: Identity, key: str) -> bool:
    identity.house.standings.clear()
    try:
        await identity.admit(key)
    except Exception:
        return False
    return True


async def test_a_key_is_replaced_while_the_old_one_goes_on(identity: Identity, clock: FixedClock) -> None:
    world = identity.world
    old, old_id = await made(world)
    await identity.admit(old)
    told = await rotate(world, old_id, overlapHours=48, expiresInDays=30)
    new = told["secret"]
    assert told["apiKey"] == {
        "id": told["apiKey"]["id"],
        "name": "agent",
        "scopes": ["READ", "ACTIVITY_WRITE"],
        "expiresAt": "2026-12-21T12:00:00.000000Z",
        "user": {"name": "agent"},
    }
    assert (await identity.admit(old)).user_id == (await identity.admit(new)).user_id
    clock.forward(hours=47, minutes=59)
    assert (await is_good(identity, old), await is_good(identity, new)) == (True, True)
    clock.forward(minutes=1)
    assert (await is_good(identity, old), await is_good(identity, new)) == (False, True)
    (line,) = [e for e in await world.all(rows.Audit) if e.action == "api_key.rotate"]
    assert (line.target, line.details) == (old_id, {"to": told["apiKey"]["id"]})


async def test_without_an_overlap_the_old_one_ends_at_once(identity: Identity) -> None:
    old, old_id = await made(identity.world)
    await identity.admit(old)
    told = await rotate(identity.world, old_id, overlapHours=0)
    with pytest.raises(Exception, match="not valid"):
        await identity.admit(old)
    await identity.admit(told["secret"])
    again = await rotate(identity.world, old_id)
    assert again["userErrors"] == [{"field": None, "code": "API_KEY_NOT_FOUND"}]


async def test_an_overlap_never_lengthens_a_life(world: World, clock: FixedClock) -> None:
    _, old_id = await made(world)
    clock.forward(days=89, hours=23)
    await rotate(world, old_id, overlapHours=168)
    ends = sorted(key.expires_at for key in await world.all(rows.ApiKey))
    assert ends[0] == clock.now().replace(hour=12)


async def test_who_may_replace_what(world: World) -> None:
    _, old_id = await made(world)
    before = await world.counts()
    for wrong in (to_global("ApiKey", "none"), to_global("User", world.admin.user_id), "nonsense", "\0"):
        assert (await rotate(world, wrong))["userErrors"] == [{"field": None, "code": "API_KEY_NOT_FOUND"}]
    stranger = at(world.stranger, role=Role.ADMIN)
    assert (await rotate(world, old_id, stranger))["userErrors"] == [{"field": None, "code": "API_KEY_NOT_FOUND"}]
    for hours in (-1, 169):
        told = await rotate(world, old_id, overlapHours=hours)
        assert told["userErrors"] == [{"field": "overlapHours", "code": "VALIDATION_ERROR"}]
    refused = await Graph(world.house, "planned").tell(world.publisher, ROTATE, input={"id": old_id})
    assert refused.codes == {"rotateApiKey": "FORBIDDEN"}
    assert {**await world.counts(), "audit": 0} == {**before, "audit": 0}


async def test_a_repetition_is_told_no_secret_and_the_number_of_keys_is_bounded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, old_id = await made(world)
    first, again = [await rotate(world, old_id, clientMutationKey="k") for _ in range(2)]
    assert (first["apiKey"], again["secret"]) == (again["apiKey"], None)
    monkeypatch.setattr(api_keys, "MAX_LIVE_KEYS", 2)
    assert (await rotate(world, old_id))["userErrors"] == [{"field": None, "code": TooManyKeys.code}]
    for row in [*await world.all(rows.ApiKey), *await world.all(rows.Audit), *await world.all(rows.Answer)]:
        for secret in (old, first["secret"]):
            assert secret not in str(row.model_dump())
    assert {key.digest for key in await world.all(rows.ApiKey)} == {digest(old), digest(first["secret"])}


async def test_a_key_in_a_url_is_no_key(identity: Identity) -> None:
    key, _ = await made(identity.world)
    app = make_app(identity.house, working=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        for name in ("key", "api_key", "access_token", "token", "x-api-key", "authorization"):
            answer = await client.get("/api/auth/verify/", params={name: key})
            assert answer.status_code == 401
        good = await client.get("/api/auth/verify/", headers={"x-api-key": key})
        assert (good.status_code, good.json()["user"]["username"], good.json()["user"]["email"]) == (200, "agent", None)
