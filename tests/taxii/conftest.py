"""The TAXII door in the loop of the test: by httpx, and on a real port for the clients of others."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from app import make_app
from foundation.words import Tlp
from models import tables as rows
from models.queries import rights
from resolvers.hashing import Hashing
from resolvers.operation import House
from rules.access.passwords import Hasher
from rules.access.viewer import Viewer
from rules.trust import ANY_AGE, EVERY_KIND, TLP_RANK
from tests.door.server import beside
from tests.security.callers import key_of
from tests.world import World

PASSWORD = "Correct-horse-9"
TAXII = "application/taxii+json;version=2.1"
ROOT = "/taxii2/main"
HERE = "http://127.0.0.1:8000"


def basic(name: str, password: str = "") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@dataclass
class Door:
    """`key`: of Per, who publishes for the operator; `strange`: of Sven, who does for the partner."""

    world: World
    client: httpx.AsyncClient
    key: str
    strange: str
    homes: dict[str, str] = field(default_factory=dict)  # keys of collections: own, theirs, shared

    async def get(self, path: str, key: str | None = None, **params: Any) -> httpx.Response:
        """`path` below the api root; `match_type` is `match[type]`."""
        named = {
            f"match[{name[6:]}]" if name.startswith("match_") else name: value
            for name, value in params.items()
            if value is not None
        }
        headers = {"x-api-key": key or self.key}
        return await self.client.get(f"{ROOT}/{path}", params=named, headers=headers)

    async def objects(self, collection: str = "own", **params: Any) -> dict[str, Any]:
        """A page of one of the three collections, as its reader sees it."""
        key = self.strange if collection == "theirs" else params.pop("key", None)
        answer = await self.get(f"collections/{self.homes[collection]}/objects/", key, **params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def push(self, *objects: Any, key: str | None = None) -> dict[str, Any]:
        """The status. Into the collection of whoever's key it is."""
        home = self.homes["theirs" if key == self.strange else "own"]
        answer = await self.client.post(
            f"{ROOT}/collections/{home}/objects/",
            json={"objects": list(objects)},
            headers={"x-api-key": key or self.key, "content-type": TAXII},
        )
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def grant(self, reader: Viewer, producer: Viewer, level: int) -> None:
        """What the reader may see of the producer from now on; 0: nothing."""
        house, now = self.world.house, self.world.house.clock.now()
        async with house.database.transaction() as session:
            values: dict[str, Any] = {
                "granted": level,
                "tlp": TLP_RANK[Tlp.AMBER],
                "kinds": EVERY_KIND,
                "max_age": ANY_AGE,
            }
            pair: dict[str, Any] = {"trustor_id": producer.organization_id, "trustee_id": reader.organization_id}
            found = [one for one in await self.world.all(rows.TrustRelationship) if one.trustee_id in pair.values()]
            if found:
                await session.merge(rows.TrustRelationship(**{**found[0].model_dump(), **values}))
            else:
                dates: dict[str, Any] = {"valid_from": now, "created_at": now, "updated_at": now}
                session.add(rows.TrustRelationship(**pair, level="trusted", **values, **dates))
            await session.flush()
            touched = rights.of_pair(reader_id=reader.organization_id, producer_id=producer.organization_id)
            await rights.apply(session, touched, now)

    async def later(self, by: timedelta) -> None:
        """Time passes, and the keys are good for another day."""
        house = self.world.house
        house.clock.at += by  # type: ignore[attr-defined]
        house.standings.clear()
        async with house.database.transaction() as session:
            for key in await self.world.all(rows.ApiKey):
                ends = house.clock.now() + timedelta(days=1)
                await session.merge(rows.ApiKey(**{**key.model_dump(), "expires_at": ends}))

    @asynccontextmanager
    async def on_a_port(self) -> AsyncIterator[str]:
        """The same application for clients that block: gives `http://127.0.0.1:PORT`."""
        async with beside(self.client._transport.app) as address:  # type: ignore[attr-defined]
            yield f"http://{address}"


async def blocking(act: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return await asyncio.to_thread(partial(act, *args, **named))


@pytest.fixture
async def house(house: House) -> House:
    return replace(house, hashing=Hashing(Hasher(memory_kib=64, passes=1, lanes=1)))


@pytest.fixture
async def door(world: World) -> AsyncIterator[Door]:
    app = make_app(world.house, working=False)
    keys = []
    for viewer in (world.publisher, world.stranger):
        (user,) = await world.all(rows.User, rows.User.id == viewer.user_id)
        keys.append((await key_of(world.house, user, "read", "indicator:write"))[1])
    transport = httpx.ASGITransport(app=app, client=("192.0.2.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        made = Door(world, client, key=keys[0], strange=keys[1])
        for key, name in ((keys[0], "own"), (keys[1], "theirs")):
            found = (await made.get("collections/", key)).json()["collections"]
            made.homes |= {"shared": found[0]["id"], name: found[1]["id"]}
        yield made
