"""R20: the table of permissions is what every root field and every route does, for every kind of caller."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app import make_app
from cli.permissions import permissions
from cli.snapshot import served
from foundation.clock import FixedClock
from resolvers.operation import House, Operation
from rules.access.actions import TABLE, Action, Grant, may
from schema.marks import action_of, public_because, roots
from tests.graph.asking import SCHEMA, Context
from tests.security.callers import KINDS, Caller, caller
from tests.security.samples import call, path_of
from tests.security.test_r40_headers import asking
from tests.world import World
from web import gate

ROOTS = list(roots(SCHEMA._schema))
REFUSED = {"UNAUTHENTICATED", "FORBIDDEN"}
PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"


def gated(house: House) -> list[gate.Gated]:
    return [route for route in make_app(house, working=False).routes if isinstance(route, gate.Gated)]


def test_every_root_field_and_every_route_says_what_it_asks_for(house: House) -> None:
    unmarked = [f"{kind} {name}" for kind, name, definition in ROOTS if action_of(definition) is None]
    unmarked += [r.path for r in gated(house) if r.action is None and not gate.public_because(r.endpoint)]
    assert unmarked == []
    assert set(TABLE) == set(Action)


def test_what_anyone_may_do_is_public_and_nothing_reaches_the_engine(house: House) -> None:
    marked = {f"{kind} {name}": (action_of(d), public_because(d)) for kind, name, d in ROOTS}
    marked |= {r.path: (r.action, gate.public_because(r.endpoint)) for r in gated(house)}
    closed = {name for name, (action, why) in marked.items() if action and TABLE[action][0] is Grant.ANYONE and not why}
    engine = {name for name, (action, _) in marked.items() if action and TABLE[action][0] is Grant.ENGINE}
    open_ = {name for name, (action, why) in marked.items() if why and action and TABLE[action][0] is not Grant.ANYONE}
    assert (closed, engine, open_) == (set(), set(), {"query viewer"})


def test_the_page_of_permissions_is_current() -> None:
    assert PAGE.read_text() == permissions(served()), "Run `make snapshot` and read the difference."


@pytest.mark.parametrize("kind", KINDS)
async def test_every_cell_over_graphql(world: World, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused is exactly what the table refuses; and what a field asks for first is what it is marked with."""
    asked: list[Action] = []
    check = Operation.check

    def noted(op: Operation, action: Action) -> None:
        asked.append(action)
        check(op, action)

    monkeypatch.setattr(Operation, "check", noted)
    wrong = {}
    for operation, name, definition in ROOTS:
        who = await caller(world, kind)
        asked.clear()
        code = await refusal_of(world, who, *call(operation, name, definition))
        action = action_of(definition)
        assert action is not None
        if TABLE[action][0] is Grant.ANYONE:  # it looks at what is sent, not at who sends it
            assert code in (None, "UNAUTHENTICATED"), name
            continue
        allowed = may(who.viewer, action) or (kind == "anonymous" and public_because(definition) is not None)
        expected = None if allowed else "UNAUTHENTICATED" if kind == "anonymous" else "FORBIDDEN"
        if code != expected or (kind != "anonymous" and asked[:1] != [action]):
            wrong[f"{operation} {name}"] = (code, expected, [*asked])
    assert wrong == {}


async def refusal_of(world: World, who: Caller, document: str, variables: dict[str, object]) -> str | None:
    """The code with which the caller himself was refused, or None. Whatever else is wrong is no matter here."""
    # Each from an address of his own: there are more root fields than one stranger may ask for in a minute.
    context = Context(Operation(world.house, who.viewer, request_id="r-1", client=document), "planned")
    async with aclosing(await SCHEMA.stream(document, variables, context)) as answers:
        answer = await anext(answers)
    codes = {str((error.extensions or {}).get("code")) for error in answer.errors or ()} & REFUSED
    return codes.pop() if codes else None


@pytest.fixture
async def rest(house: House) -> AsyncIterator[httpx.AsyncClient]:
    # There are more routes than one stranger may ask for in a minute.
    async with asking(house) as client:
        yield client


@pytest.mark.parametrize("kind", KINDS)
async def test_every_cell_over_rest(world: World, clock: FixedClock, rest: httpx.AsyncClient, kind: str) -> None:
    wrong, cells = {}, 0
    for route in gated(world.house):
        action, public = route.action, gate.public_because(route.endpoint)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            clock.at += timedelta(seconds=2)  # or nobody would have asked too often
            who, before = await caller(world, kind), await world.counts()
            answer = await rest.request(method, path_of(route.path), json={}, headers=who.headers)
            allowed = action is None or public is not None or may(who.viewer, action)
            expected = None if allowed else 401 if kind == "anonymous" else 403
            cells += 1
            if action is not None and TABLE[action][0] is Grant.ANYONE:
                assert answer.status_code != 403, route.path
                continue
            if (answer.status_code if answer.status_code in (401, 403) else None) != expected:
                wrong[f"{method} {route.path}"] = (answer.status_code, expected)
            elif expected:
                refused = {**before, "audit": before["audit"] + (expected == 403)}
                assert await world.counts() == refused, f"{method} {route.path} left something behind"
    assert (wrong, cells > 0) == ({}, True)
