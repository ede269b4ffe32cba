"""R5: guessing is counted by account, by client and over all of them, whichever door it comes through."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app import Doorman
from foundation.errors import Refusal
from foundation.rates import Rate
from models import tables as rows
from models.database import Database
from resolvers import sign_in
from resolvers.operation import House, Operation
from rest_compat.crisp import auth
from rest_compat.endpoints import routes
from rules.access.budgets import network_of
from rules.access.viewer import ANONYMOUS
from schema.door import GraphQLDoor
from tests.door import server
from tests.graph.asking import SCHEMA
from tests.identity.conftest import PASSWORD, Identity
from web import middleware
from web.identify import Identify
from web.proxies import TrustedProxies

WRONG = "Not-the-password-1"
NAMES = ("Per", "nobody", "per@example.org", "PER ")


def limited(house: House, **limits: Any) -> House:
    """The same house with other limits."""
    return replace(house, settings=house.settings.model_copy(update=limits))


async def guess(house: House, name: str, password: str = WRONG, client: str = "192.0.2.1") -> str:
    try:
        op = Operation(house, ANONYMOUS, request_id="r-1", client=client)
        await sign_in.login(op, name_or_email=name, password=password)
    except Refusal as refusal:
        return refusal.code
    return "in"


@pytest.mark.parametrize(
    ("limits", "tries", "told"),
    [
        ({}, [("Per", "192.0.2.1"), ("per@example.org", "192.0.2.2"), (" PER", "::1"), ("Per", "a"), ("Per", "")], 5),
        ({}, [("nobody", f"192.0.2.{n}") for n in range(5)], 5),
        ({"limit_account": Rate(2, 60)}, [("Per", f"192.0.2.{n}") for n in range(2)], 2),
        ({"limit_sign_in": Rate(3, 60)}, [(f"name-{n}", "192.0.2.7") for n in range(3)], 3),
        ({"limit_sign_in": Rate(3, 60)}, [(f"name-{n}", f"2001:db8::{n}") for n in range(3)], 3),
        ({"limit_sign_in_total": Rate(3, 60)}, [(f"name-{n}", f"192.0.2.{n}") for n in range(3)], 3),
    ],
    ids=["account", "no account", "account, set", "client", "network", "everybody"],
)
async def test_each_count_has_its_limit(identity: Identity, limits: Any, tries: Any, told: int) -> None:
    """The next one is not answered, though it were right, and leaves no trace; after the window it is."""
    house = limited(identity.house, **limits)
    assert [await guess(house, name, client=client) for name, client in tries] == ["INVALID_CREDENTIALS"] * told
    name, client = tries[-1]
    name = "Ada" if "name-" in name else name
    before = await identity.world.counts()
    assert await guess(house, name, PASSWORD, client) == "RATE_LIMITED"
    assert await identity.world.counts() == before
    house.clock.forward(seconds=900)  # type: ignore[attr-defined]
    assert await guess(house, name, PASSWORD, client) == ("INVALID_CREDENTIALS" if name == "nobody" else "in")


async def test_a_lock_keeps_nobody_else_out(identity: Identity) -> None:
    """Neither other accounts, nor other clients, nor whoever is signed in already, though it be the locked account."""
    token = (await identity.login("Per")).access_token
    assert [await guess(identity.house, "Per") for _ in range(6)][-1] == "RATE_LIMITED"
    assert await guess(identity.house, "Ada", PASSWORD) == "in"
    assert (await identity.admit(token)).user_id == identity.world.publisher.user_id
    house = limited(identity.house, limit_sign_in=Rate(1, 60))
    assert await guess(house, "Ada", client="192.0.2.50") == "INVALID_CREDENTIALS"
    assert await guess(house, "Ada", PASSWORD, "192.0.2.50") == "RATE_LIMITED"
    assert await guess(house, "Ada", PASSWORD, "192.0.2.51") == "in"


@pytest.mark.parametrize("name", ["Per", "nobody"])
async def test_the_lock_survives_a_restart(identity: Identity, name: str) -> None:
    for _ in range(5):
        await guess(identity.house, name)
    database = Database(identity.house.settings.database)
    try:
        assert await guess(replace(identity.house, database=database), name, PASSWORD) == "RATE_LIMITED"
    finally:
        await database.close()


async def test_sixty_names_at_once_of_one_client_get_twenty_answers(identity: Identity) -> None:
    answers = await asyncio.gather(*(guess(identity.house, f"name-{n}") for n in range(60)))
    assert Counter(answers) == {"INVALID_CREDENTIALS": 20, "RATE_LIMITED": 40}
    assert len(await identity.world.all(rows.FailedSignIn)) == 20


async def test_limits_switched_off_count_nothing(identity: Identity) -> None:
    off = limited(identity.house, rate_limits=False)
    assert {await guess(off, "Per") for _ in range(25)} == {"INVALID_CREDENTIALS"}
    one_by_one = dict.fromkeys(("limit_account", "limit_sign_in", "limit_sign_in_total"))
    assert {await guess(limited(identity.house, **one_by_one), "Per") for _ in range(25)} == {"INVALID_CREDENTIALS"}
    assert await identity.world.all(rows.FailedSignIn) == await identity.world.all(rows.RateWindow) == []


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_a_client_is_an_address_or_a_network(address: str, counted: str) -> None:
    assert network_of(address) == counted


class Doors:
    """REST and GraphQL beside each other on a real port, behind a proxy that is believed."""

    def __init__(self, place: str) -> None:
        self.place = place

    async def rest(self, client: httpx.AsyncClient, name: str, password: str = WRONG) -> tuple[int, str]:
        answer = await client.post(
            f"http://{self.place}/api/auth/login/", json={"username": name, "password": password}, headers=self._from()
        )
        return answer.status_code, answer.json().get("code", "in")

    async def graph(self, client: httpx.AsyncClient, *names: str) -> list[str]:
        """One document with an alias for each name, all of them wrong."""
        roots = " ".join(
            f'a{n}: login(input: {{username: "{name}", password: "{WRONG}"}}) {{ userErrors {{ code }} }}'
            for n, name in enumerate(names)
        )
        answer = await client.post(
            f"http://{self.place}/graphql", json={"query": f"mutation {{ {roots} }}"}, headers=self._from()
        )
        told = answer.json()
        # At most five errors of an answer are shown, whatever the number of fields they are about.
        assert {error["extensions"]["contractCode"] for error in told.get("errors", ())} <= {"RATE_LIMITED"}
        return [payload["userErrors"][0]["code"] if payload else "RATE_LIMITED" for payload in told["data"].values()]

    @staticmethod
    def _from() -> dict[str, str]:
        return {"x-forwarded-for": "198.51.100.9"}


@pytest.fixture
def doors(identity: Identity) -> Any:
    house = limited(identity.house, trusted_proxies=("127.0.0.1",), limit_anonymous=None)
    identify = Identify(house)
    app = Starlette(
        routes=[
            *routes(auth.CONTRACT, identify),
            *GraphQLDoor(SCHEMA, Doorman(identify), settings=house.settings, clock=house.clock).routes(),
        ],
        middleware=middleware.stack(house.settings, house.clock),
        exception_handlers=middleware.handlers(house.clock),
    )
    return TrustedProxies(app, trusted=("127.0.0.1",))


async def test_sixty_guesses_at_once_over_both_doors_get_five_answers(identity: Identity, doors: Any) -> None:
    """Thirty requests of REST beside thirty aliases of GraphQL: they share one count."""
    async with server.beside(doors) as place, httpx.AsyncClient(timeout=60) as client:
        asking = Doors(place)
        told = await asyncio.gather(
            *(asking.rest(client, NAMES[n % 4] if n % 4 != 1 else "Per") for n in range(30)),
            *(asking.graph(client, *["Per"] * 10) for _ in range(3)),
        )
        answers = Counter(code for one in told for code in (one if isinstance(one, list) else [one[1]]))
        assert answers == {"INVALID_CREDENTIALS": 5, "RATE_LIMITED": 55}
        assert {one for one in told if isinstance(one, tuple)} <= {(400, "INVALID_CREDENTIALS"), (429, "RATE_LIMITED")}
        locked = await client.post(f"http://{place}/api/auth/login", json={"username": "per", "password": PASSWORD})
        assert (locked.status_code, locked.json()["code"], locked.headers["retry-after"]) == (
            429,
            "RATE_LIMITED",
            "900",
        )
        assert [locked.headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining")] == ["5", "0"]
        # The address is the one the proxy tells, so the client of the guesses is limited and not the proxy.
        assert {key.partition(":")[2] for key in {row.key for row in await identity.world.all(rows.RateWindow)}} == {
            "198.51.100.9", "",
        }  # fmt: skip
