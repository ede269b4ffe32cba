"""/health tells what the last look found; /live only that the process answers."""

import asyncio

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from web.health import Health


class Parts:
    """Parts whose state a test sets, and how often they were looked at."""

    def __init__(self):
        self.database = self.events = None
        self.looks = 0

    async def ping(self):
        self.looks += 1
        if self.database == "hangs":
            await asyncio.sleep(60)
        elif self.database:
            raise OSError("postgresql://secret")

    async def wake(self):
        if self.events:
            raise OSError
        return "polling"


def house(**options):
    parts = Parts()
    health = Health({"database": parts.ping, "events": parts.wake}, version="1.2.3", every_s=0.01, **options)
    app = Starlette(routes=[Route("/health", health.health), Route("/live", health.live)])
    return parts, health, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")


def told(status, database, events):
    return {
        "status": status,
        "services": {"database": {"status": database}, "events": {"status": events}},
        "version": "1.2.3",
    }


async def test_parts_and_their_sum():
    parts, health, client = house()
    await health.look()
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, told("healthy", "up", "polling"))
    parts.events = "gone"
    await health.look()
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, told("degraded", "up", "down"))
    parts.database = "gone"
    await health.look()
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (503, told("unhealthy", "down", "down"))
    assert answer.headers["retry-after"] == "5"
    assert "secret" not in answer.text
    parts.database = parts.events = None
    await health.look()
    assert (await client.get("/health")).status_code == 200


async def test_nothing_is_known_before_the_first_look():
    _, health, client = house()
    assert (await client.get("/health")).status_code == 503
    async with health.watching():
        assert (await client.get("/health")).status_code == 200


async def test_asking_touches_nothing():
    parts, health, client = house()
    await health.look()
    for _ in range(5):
        await client.get("/health")
        await client.get("/live")
    assert parts.looks == 1


async def test_a_database_that_hangs_is_down_and_life_goes_on():
    parts, health, client = house(timeout_s=0.05)
    async with health.watching():
        parts.database = "hangs"
        while (await client.get("/health")).status_code == 200:
            await asyncio.sleep(0.01)
        assert (await client.get("/live")).json() == {"status": "alive"}
        parts.database = None
        while (await client.get("/health")).status_code == 503:
            await asyncio.sleep(0.01)
    looks = parts.looks
    await asyncio.sleep(0.05)
    assert parts.looks == looks
