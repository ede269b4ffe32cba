"""Credentials at the gate: where they may stand, and what is not one."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from models import tables as rows
from resolvers.standings import Standings
from rules.access.tokens import BadToken
from rules.access.viewer import ANONYMOUS, Viewer
from tests.identity.conftest import Identity
from web import middleware
from web.gate import Gated, is_guarded, operation, public, public_because
from web.identify import BadCredentials, Identify
from web.proxies import TrustedProxies


async def test_no_credential_is_nobody(identity: Identity) -> None:
    assert await Identify(identity.house).admit({}) is ANONYMOUS


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
async def test_a_bearer_token_is_its_owner(identity: Identity, scheme: str) -> None:
    token = (await identity.login()).access_token
    viewer = await Identify(identity.house).admit({"authorization": f"{scheme} {token}"})
    assert viewer.user_id == identity.world.publisher.user_id


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "")],
        [("authorization", "Bearer")],
        [("authorization", "Bearer  ")],
        [("authorization", "Basic cGVyOnB3")],
        [("authorization", "Token abc")],
        [("authorization", "abc")],
        [("authorization", "Bearer abc"), ("authorization", "Bearer def")],
        [("authorization", "Bearer abc"), ("x-api-key", "cg_abc")],
        [("x-api-key", "abc")],
        [("x-api-key", "")],
        [("authorization", "Bearer " + "x" * 5000)],
        [("authorization", "Bearer caf\xe9")],
    ],
)
async def test_what_is_no_single_credential_is_refused(identity: Identity, headers: list[tuple[str, str]]) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    with pytest.raises(BadCredentials) as refused:
        await Identify(identity.house).admit(Headers(raw=raw))
    assert (refused.value.status, refused.value.kind) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("token", ["x", "a.b.c", "cg_short", "cg_" + "A" * 43, "cg_" + "A" * 44, "cg_"])
async def test_a_bad_credential_is_refused_and_not_nobody(identity: Identity, token: str) -> None:
    before = await identity.world.counts()
    with pytest.raises(BadToken):
        await identity.admit(token)
    assert await identity.world.counts() == before


async def test_an_ended_session_is_believed_for_two_seconds_at_most() -> None:
    """Elsewhere, that is: the process that ends it forgets it at once."""
    at, asked = [0.0], 0
    viewer = Viewer(ANONYMOUS.kind, "u", "o", ANONYMOUS.role, "n")
    found: Viewer | None = viewer

    async def load() -> Viewer | None:
        nonlocal asked
        asked += 1
        return found

    standings = Standings(now=lambda: at[0])
    for at[0], expected in ((0.0, 1), (1.9, 1), (2.0, 2), (3.9, 2)):
        assert await standings.get("session:s", load) == viewer
        assert asked == expected
    standings.forget("session:s")
    found = None
    assert await standings.get("session:s", load) is None
    assert await standings.get("session:s", load) is None
    assert asked == 4, "what does not exist is not kept"


async def test_an_answer_from_before_a_revocation_is_not_kept() -> None:
    standings = Standings()
    viewer = Viewer(ANONYMOUS.kind, "u", "o", ANONYMOUS.role, "n")

    async def overtaken() -> Viewer | None:
        standings.forget("session:s")
        return viewer

    async def gone() -> Viewer | None:
        return None

    assert await standings.get("session:s", overtaken) == viewer
    assert await standings.get("session:s", gone) is None


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(operation(request).viewer.name)


@public("A test says so.")
async def open_to_all(request: Request) -> PlainTextResponse:
    return PlainTextResponse(operation(request).viewer.name)


async def test_the_gate_lets_nobody_through_unmarked(identity: Identity) -> None:
    identify = Identify(identity.house)
    routes = [Gated(path, end, identify=identify) for path, end in (("/in", hello), ("/o", open_to_all))]
    shown = middleware.handlers(identity.house.clock)
    transport = httpx.ASGITransport(app=Starlette(routes=routes, exception_handlers=shown))
    mine = {"authorization": f"Bearer {(await identity.login()).access_token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://casegraph.test") as client:
        answers = [
            await client.get(path, headers=headers)
            for path, headers in (("/in", {}), ("/in", mine), ("/in", {"authorization": "Bearer x"}), ("/o", {}))
        ]
    assert [(a.status_code, a.text if a.status_code == 200 else "") for a in answers] == [
        (401, ""), (200, "Per"), (401, ""), (200, "anonymous"),
    ]  # fmt: skip


async def test_a_gate_closed_by_the_database_says_so(identity: Identity) -> None:
    token = (await identity.login()).access_token
    identity.house.standings.clear()
    await identity.change(rows.User, identity.world.publisher.user_id, is_active=False)
    with pytest.raises(BadToken):
        await identity.admit(token)


def test_routes_say_whether_somebody_decided(identity: Identity) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None: ...

    assert public_because(open_to_all) == "A test says so."
    assert not is_guarded(Route("/", hello))
    assert is_guarded(Route("/", open_to_all))
    assert not is_guarded(Mount("/m", app))
    assert is_guarded(Mount("/m", public("It has a gate of its own.")(app)))
    assert is_guarded(Gated("/", hello, identify=Identify(identity.house)))


@pytest.mark.parametrize(
    ("peer", "told", "caller"),
    [
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:99", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("fe80::1", "203.0.113.9", "203.0.113.9"),
        ("not an address", "203.0.113.9", "not an address"),
    ],
)
def test_a_callers_address_comes_from_a_trusted_proxy_alone(peer: str, told: str, caller: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None: ...

    assert TrustedProxies(app, ["10.0.0.0/24", "fe80::1"]).caller(peer, told) == caller


async def test_the_header_is_not_read_without_proxies() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"][0])
        await PlainTextResponse("")(scope, receive, send)

    for trusted in ((), ("192.0.2.9",)):
        transport = httpx.ASGITransport(app=TrustedProxies(app, trusted), client=("192.0.2.9", 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://casegraph.test") as client:
            await client.get("/", headers={"x-forwarded-for": "203.0.113.9"})
    assert seen == ["192.0.2.9", "203.0.113.9"]
