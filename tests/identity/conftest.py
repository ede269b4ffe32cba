"""People with passwords that are cheap to check, and clients for the doors."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from models import tables as rows
from models.walls import EVERYTHING
from resolvers import sign_in
from resolvers.hashing import Hashing
from resolvers.operation import House, Operation
from resolvers.second_factor import Given
from resolvers.sign_in import SignedIn
from rest_compat.crisp import auth
from rest_compat.endpoints import routes
from rules.access.passwords import Hasher
from rules.access.person import seal_column
from rules.access.viewer import ANONYMOUS, Viewer
from tests.world import World
from web import middleware
from web.identify import Identify

PASSWORD = "Correct-horse-9"
NAMES = {"first_name": "First", "last_name": "Last"}
CHEAP = Hasher(memory_kib=64, passes=1, lanes=1)


@pytest.fixture
async def house(house: House) -> House:
    return replace(house, hashing=Hashing(CHEAP))


@dataclass
class Identity:
    """The world, seen by who signs in to it. Ada the administrator and Per the publisher have passwords."""

    world: World

    @property
    def house(self) -> House:
        return self.world.house

    @property
    def anonymous(self) -> Operation:
        return Operation(self.house, ANONYMOUS, request_id="r-1", client="192.0.2.1")

    async def login(
        self, name: str = "Per", password: str = PASSWORD, *, user_agent: str = "", **given: Any
    ) -> SignedIn:
        """`given`: what comes beside the password, by the names of `second_factor.Given`."""
        op = replace(self.anonymous, user_agent=user_agent)
        return await sign_in.login(op, name_or_email=name, password=password, given=Given(**given))

    async def change(self, model: Any, key: str, **columns: Any) -> None:
        async with self.house.database.transaction(EVERYTHING) as session:
            row = await session.get(model, key)
            for name, value in columns.items():
                setattr(row, name, value)

    async def admit(self, token: str) -> Viewer:
        return await Identify(self.house).admit({"authorization": f"Bearer {token}"})

    async def signed_in_op(self, name: str = "Per") -> Operation:
        return Operation(self.house, await self.admit((await self.login(name)).access_token), request_id="r-2")


@pytest.fixture
async def identity(world: World) -> Identity:
    made = Identity(world)
    for person in (world.admin, world.publisher):
        names = {n: seal_column(world.house.keys, person.user_id, n, t) for n, t in NAMES.items()}
        await made.change(rows.User, person.user_id, password_hash=CHEAP.hash(PASSWORD), **names)
    return made


@pytest.fixture
async def rest(identity: Identity) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the /api/auth routes, with what app.py puts around them."""
    clock = identity.house.clock
    app = Starlette(
        routes=routes(auth.CONTRACT, Identify(identity.house)),
        middleware=middleware.stack(identity.house.settings, clock),
        exception_handlers=middleware.handlers(clock),
    )
    transport = httpx.ASGITransport(app=app, client=("192.0.2.9", 5))
    named = {"x-request-id": "req-7"}
    async with httpx.AsyncClient(transport=transport, base_url="http://casegraph.test", headers=named) as client:
        yield client
