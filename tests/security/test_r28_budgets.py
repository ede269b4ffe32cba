"""R28: the documented limits, exact under concurrency, over all processes, per user and not per token."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app import make_app
from foundation.clock import FixedClock
from foundation.ids import new_id
from foundation.rates import Meter, Rate, read_rate
from foundation.settings import Settings
from gateways.ports import Windows
from gateways.redis_windows import RedisWindows
from models import tables as rows
from models.database import Database
from resolvers.operation import House, Operation
from resolvers.windows import DatabaseWindows, FallingBack, Leased, MemoryWindows
from rules.access.budgets import Budget, BudgetSpent, rate_of
from rules.access.viewer import engine_of
from tests.conftest import NOON
from tests.databases import redis_url
from tests.door import server
from tests.graph.asking import SCHEMA, Context
from tests.identity.conftest import Identity
from tests.live.serving import Connection
from tests.world import World, at

NUMBERS = {
    "sign_in": "20/60",
    "sign_in_total": "300/60",
    "registration": "5/3600",
    "reset": "10/900",
    "creation": "10/60",
    "export": "5/3600",
    "crisp": "300/60",
    "investigation": "100/60",
    "taxii": "600/60",
    "graphql": "100000/60",
    "anonymous": "60/60",
}
CREATE = """mutation($v: String!, $key: String) { createInvestigation(input: {
  entity: {type: IP, value: $v}, timeWindow: {start: "2026-11-20T12:00:00Z", end: "2026-11-21T12:00:00Z"},
  clientMutationKey: $key }) { investigation { ref } userErrors { code } } }"""


def configured(**changes: Any) -> Settings:
    return Settings(_env_file=None, **changes)


def test_each_budget_has_its_number_and_can_be_set_and_switched_off() -> None:
    plain = Settings(_env_file=None)
    assert {str(budget): str(rate_of(plain, budget)) for budget in Budget} == NUMBERS
    assert (str(plain.limit_account), plain.account_lock_s, str(plain.limit_messages)) == ("5/900", 900, "1000/60")
    for budget in Budget:
        name = f"limit_{budget}"
        assert rate_of(configured(**{name: "7/9"}), budget) == Rate(7, 9)
        assert rate_of(configured(**{name: "off"}), budget) is None
        assert rate_of(Settings(_env_file=None, rate_limits=False), budget) is None


@pytest.mark.parametrize("text", ["", "10", "10/", "/60", "0/60", "10/0", "-1/60", "10/60/1", "ten/60", "1e3/60"])
def test_what_is_no_limit_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError, match=r"limit|COUNT"):
        Settings(_env_file=None, limit_creation=text)
    assert read_rate(" 10/60 ") == Rate(10, 60)


@pytest.fixture(params=["memory", "database", "redis", "leased", "fallen back"])
async def stores(request: pytest.FixtureRequest, house: House) -> AsyncIterator[Callable[[], Windows]]:
    """Makes the counting of one process after another, which see each other's counts."""
    made: list[Windows] = []
    databases: list[Database] = []
    memory, name = MemoryWindows(), new_id()[:8]

    def one() -> Windows:
        if request.param == "memory":
            return memory
        if request.param == "redis":
            return RedisWindows(redis_url(), installation=name, answer_s=30)  # a machine under load is no fault
        databases.append(Database(house.settings.database))
        windows: Windows = DatabaseWindows(databases[-1])
        if request.param == "fallen back":
            return FallingBack(RedisWindows("redis://127.0.0.1:1", installation=name), windows)
        return Leased(windows) if request.param == "leased" else windows

    def remembered() -> Windows:
        made.append(one())
        return made[-1]

    yield remembered
    for windows in made:
        await windows.close()
    for database in databases:
        await database.close()


@pytest.mark.parametrize(("rate", "amount"), [(Rate(10, 60), 1), (Rate(100_000, 60), 9_000)])
async def test_of_many_at_once_the_limit_gets_through(
    stores: Callable[[], Windows], clock: FixedClock, rate: Rate, amount: int
) -> None:
    """From two processes; then what was given back can be used again, and a new window begins with all of it."""
    first, second = stores(), stores()
    taken = await asyncio.gather(*(w.take("user:1", amount, rate, clock.now()) for w in [first, second] * 20))
    granted = [one for one in taken if one.granted]
    assert len(granted) == rate.amount // amount
    assert not (await second.take("user:1", amount, rate, clock.now())).granted
    assert (await second.take("user:2", amount, rate, clock.now())).used == amount
    assert {one.ends_at - clock.now() for one in granted} <= {rate.span} or all(
        timedelta(0) < one.ends_at - clock.now() <= rate.span for one in granted
    )
    await first.give_back(granted[0], amount, clock.now())
    assert (await first.take("user:1", amount, rate, clock.now())).granted
    assert not (await first.take("user:1", amount, rate, clock.now())).granted


async def test_a_window_ends_and_a_clock_that_was_set_back_locks_nobody_out(house: House, clock: FixedClock) -> None:
    for windows in (MemoryWindows(), DatabaseWindows(house.database)):
        rate, begun = Rate(2, 60), clock.now()
        for after_s, granted in (
            (0, True),
            (30, True),
            (59, False),
            (60, True),
            (-7200, True),
            (-7199, True),
            (-7198, False),
        ):
            taken = await windows.take("user:1", 1, rate, begun + timedelta(seconds=after_s))
            assert taken.granted == bool(granted), after_s


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 30_000), st.booleans()), max_size=60))
def test_processes_that_lease_never_use_more_than_there_is(steps: list[tuple[int, int, bool]]) -> None:
    """Four processes over one count: what is granted and not given back is at most the limit, in every order."""

    async def run() -> None:
        shared, rate, now = MemoryWindows(), Rate(100_000, 60), NOON
        processes = [Leased(shared) for _ in range(4)]
        out = 0
        for which, amount, back in steps:
            taken = await processes[which].take("user:1", amount, rate, now)
            if taken.granted:
                out += amount
                if back:
                    await processes[which].give_back(taken, amount // 2, now)
                    out -= amount // 2
            assert out <= rate.amount

    asyncio.run(run())


async def create(house: House, viewer: Any, number: int, key: str | None = None) -> str:
    """The code of a refusal, or the ref of the case."""
    context = Context(Operation(house, viewer, request_id="r"), "planned")
    answer = await SCHEMA.execute(CREATE, {"v": f"203.0.113.{number}", "key": key}, context_value=context)
    if answer.errors:
        extensions = answer.errors[0].extensions or {}
        assert (extensions["code"], extensions["details"]["limit"]) == ("RATE_LIMITED", 10)
        return str(extensions["contractCode"])
    assert answer.data is not None
    payload = answer.data["createInvestigation"]
    return str(payload["userErrors"][0]["code"]) if payload["userErrors"] else "made"


async def test_a_user_begins_ten_cases_a_minute_by_whatever_token(world: World, clock: FixedClock) -> None:
    """Forty at once; the trail says once that there were too many, and what is refused leaves nothing else."""
    per = world.publisher
    tokens = [at(per, session_id="s1"), at(per, session_id="s2"), at(per, session_id="s3")]
    told = await asyncio.gather(*(create(world.house, tokens[n % 3], n) for n in range(40)))
    assert sorted(told) == ["RATE_LIMIT_EXCEEDED"] * 30 + ["made"] * 10
    assert len(await world.all(rows.Investigation)) == 10
    trail = await world.all(rows.Audit, rows.Audit.action == "investigation.create")
    assert [line.outcome for line in trail].count("refused") == 1
    assert await create(world.house, world.stranger, 1) == "made"
    clock.forward(seconds=60)
    assert await create(world.house, per, 99) == "made"


async def test_what_was_not_begun_is_not_counted(world: World) -> None:
    """Neither what was refused, nor the repetition of an earlier request."""
    for n in range(9):
        assert await create(world.house, world.publisher, n, f"key-{n}") == "made"
    assert await create(world.house, world.publisher, 0) == "INVESTIGATION_ALREADY_EXISTS"
    assert await create(world.house, world.publisher, 0, "key-0") == "made"
    assert await create(world.house, world.publisher, 300) == "VALIDATION_ERROR"
    assert await create(world.house, world.publisher, 9) == "made"
    assert await create(world.house, world.publisher, 10) == "RATE_LIMIT_EXCEEDED"
    assert len(await world.all(rows.Investigation)) == 10


async def test_the_engine_is_not_limited(world: World) -> None:
    engine = engine_of(world.operator.id)
    assert await world.house.budgets.spend(Budget.GRAPHQL, engine, "") is None


async def tell(world: World, document: str, viewer: Any = None) -> Any:
    context = Context(Operation(world.house, viewer or world.publisher, request_id="r"), "planned")
    return await SCHEMA.execute(document, {}, context_value=context)


async def test_graphql_is_charged_by_cost_and_gives_back_what_did_not_come(world: World) -> None:
    for n in range(3):
        await world.case(entity_value=f"203.0.113.{n}")
    document = "{ investigations(first: 100) { edges { node { ref } } } }"
    told = await tell(world, document)
    # A connection, three edges and three nodes came, of the 101 that might have.
    assert told.extensions["cost"] == {
        "requestedQueryCost": 101,
        "maximumCost": 20_000,
        "actualQueryCost": 7,
        "throttleStatus": {"maximumAvailable": 100_000, "currentlyAvailable": 99_993, "restoreRate": 1_666},
    }
    refused = await tell(world, "{ nothing }")
    assert refused.errors and refused.extensions is None
    fields = "cost limit remaining used resetAt nodeCount"
    told = await tell(
        world, f"{{ rateLimit {{ {fields} }} investigations(first: 5) {{ edges {{ node {{ ref }} }} }} }}"
    )
    # 7 for what came, 10 for the document that was refused, and now 1 + 1 + 5.
    assert told.data["rateLimit"] == {
        "cost": 7, "limit": 100_000, "remaining": 99_976, "used": 24, "resetAt": "2026-11-21T12:01:00.000000Z",
        "nodeCount": 5,
    }  # fmt: skip


async def test_who_has_no_points_left_is_refused_before_anything_runs(world: World, clock: FixedClock) -> None:
    tight = replace(world.house, settings=world.house.settings.model_copy(update={"limit_graphql": Rate(25, 60)}))
    context = Context(Operation(tight, world.publisher), "planned")
    ask = "{ a: investigations(first: 11) { edges { node { id } } } }"
    for used in (1, 2):
        told: Any = await SCHEMA.execute(ask, {}, context_value=context)
        assert told.extensions["cost"]["throttleStatus"]["currentlyAvailable"] == 25 - used
    await tight.budgets.spend(Budget.GRAPHQL, world.publisher, "", 20)
    with pytest.raises(BudgetSpent) as refused:
        await SCHEMA.execute(ask, {}, context_value=context)
    assert refused.value.details == {"retry_after_s": 60, "limit": 25, "budget": "graphql"}
    # What asks for more than a whole window has to offer takes all of it, once.
    clock.forward(seconds=60)
    assert (await SCHEMA.execute(ask.replace("11", "100"), {}, context_value=context)).errors is None


async def test_limits_that_are_switched_off_tell_nothing(world: World) -> None:
    free = replace(world.house, settings=world.house.settings.model_copy(update={"rate_limits": False}))
    context = Context(Operation(free, world.publisher), "planned")
    told: Any = await SCHEMA.execute("{ rateLimit { cost } }", {}, context_value=context)
    assert told.data == {"rateLimit": None}
    assert told.extensions == {"cost": {"requestedQueryCost": 1, "maximumCost": 20_000, "actualQueryCost": 0}}
    assert [await create(free, world.publisher, n) for n in range(12)] == ["made"] * 12


def headers(answer: httpx.Response) -> list[str | None]:
    return [answer.headers.get(f"x-ratelimit-{name}") for name in ("limit", "remaining", "reset")]


@pytest.fixture
async def place(identity: Identity) -> AsyncIterator[str]:
    """The application itself on a real port."""
    async with server.beside(make_app(identity.house, working=False)) as at_:
        yield at_


async def test_every_reply_of_a_limited_endpoint_has_the_headers(identity: Identity, place: str) -> None:
    tokens = [(await identity.login("Per")).access_token for _ in range(2)]
    ends = str(int(identity.house.clock.now().timestamp()) + 60)
    async with httpx.AsyncClient(base_url=f"http://{place}", timeout=60) as client:
        for n, token in enumerate(tokens):
            answer = await client.post(
                "/graphql", json={"query": "{ viewer { role } }"}, headers={"authorization": f"Bearer {token}"}
            )
            assert (answer.status_code, headers(answer)) == (200, ["100000", str(100_000 - n - 1), ends])
        answer = await client.post("/api/auth/logout/", headers={"authorization": f"Bearer {tokens[0]}"})
        assert (answer.status_code, headers(answer)) == (200, ["300", "299", ends])
        assert "retry-after" not in answer.headers
        # A bad credential and none at all are nobody's, and so are public endpoints: sixty of all of them together.
        answer = await client.post("/api/auth/logout/", headers={"authorization": "Bearer stale"})
        assert (answer.status_code, headers(answer)) == (401, ["60", "59", ends])
        answer = await client.post("/api/auth/login/", json={"username": "Per"})
        assert (answer.status_code, headers(answer)) == (400, ["60", "58", ends])
        answer = await client.post("/graphql", json={"query": "{ nothing }"}, headers={"accept": "application/json"})
        assert (answer.status_code, headers(answer)) == (200, ["60", "57", ends])
        for left in range(56, -1, -1):
            assert headers(await client.post("/api/auth/refresh/", json={}))[1] == str(left)
        answer = await client.post("/api/auth/refresh/", json={})
        assert (answer.status_code, answer.json()["code"], headers(answer)) == (429, "RATE_LIMITED", ["60", "0", ends])
        assert answer.headers["retry-after"] == "60"
        answer = await client.post("/graphql", json={"query": "{ viewer { role } }"})
        assert (answer.status_code, answer.headers["retry-after"], headers(answer)[1]) == (429, "60", "0")
        (error,) = answer.json()["errors"]
        assert (error["extensions"]["code"], error["extensions"]["contractCode"]) == (
            "RATE_LIMITED",
            "RATE_LIMIT_EXCEEDED",
        )
        # Somebody is still served.
        answer = await client.post(
            "/graphql", json={"query": "{ viewer { role } }"}, headers={"authorization": f"Bearer {tokens[1]}"}
        )
        assert answer.json()["data"] == {"viewer": {"role": "PUBLISHER"}}
        assert headers(await client.get("/health")) == [None, None, None]


@asynccontextmanager
async def connected(place: str, token: str) -> AsyncIterator[Connection]:
    async with connect(f"ws://{place}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as made:
        client = Connection(made)
        await client.say(type="connection_init", payload={"token": token})
        assert await client.hear() == {"type": "connection_ack"}
        yield client


async def test_over_a_socket_it_is_an_error_and_the_socket_stays(identity: Identity, place: str) -> None:
    token = (await identity.login("Per")).access_token
    async with connected(place, token) as client:
        await identity.house.budgets.spend(Budget.GRAPHQL, identity.world.publisher, "", 100_000)
        for id_ in ("1", "2"):
            await client.subscribe("{ viewer { role } }", id_)
            message = await client.hear()
            assert (message["type"], message["id"]) == ("error", id_)
            assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        identity.house.clock.forward(seconds=60)  # type: ignore[attr-defined]
        await client.subscribe("{ viewer { role } }", "3")
        assert await client.next() == {"viewer": {"role": "PUBLISHER"}}


def test_messages_of_a_socket_are_metered(clock: FixedClock) -> None:
    meter = Meter(Rate(3, 60))
    assert [meter.retry_after_s(clock.now()) for _ in range(5)] == [None, None, None, 60, 60]
    clock.forward(seconds=60)
    assert meter.retry_after_s(clock.now()) is None
    assert [Meter(None).retry_after_s(clock.now()) for _ in range(2)] == [None, None]
