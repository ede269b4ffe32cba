"""Wake-ups reach the other processes, and come back by themselves when what carries them was away."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from foundation.ids import new_id
from foundation.settings import Settings
from gateways.wake import Wakes, carrier_url
from tests.databases import postgres_url, redis_url
from tests.live.conftest import PATIENCE_S, until

Make = Callable[[str], "Ear"]


class Ear:
    """One process's wake-ups, and what it has heard."""

    def __init__(self, url: str, installation: str) -> None:
        self.wakes = Wakes(url, installation=installation, ping_s=0.1)
        self.wakes.listen(self._hear)
        self.streams: list[str] = []
        self.everything = 0

    def _hear(self, streams: frozenset[str] | None) -> None:
        if streams is None:
            self.everything += 1
        else:
            self.streams += sorted(streams)


@pytest.fixture
def installation() -> str:
    return new_id()


@pytest.fixture
async def ears(installation: str) -> AsyncIterator[Make]:
    """Makes ears; closes them, and proves that nothing goes on behind them."""
    before = asyncio.all_tasks()
    made: list[Ear] = []

    def make(url: str) -> Ear:
        made.append(Ear(url, installation))
        return made[-1]

    yield make
    mine = asyncio.current_task()
    for ear in made:
        await ear.wakes.close()
    await until(lambda: asyncio.all_tasks() <= {*before, mine})


def answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


@pytest.fixture(params=["redis", "postgresql"])
def shared(request: pytest.FixtureRequest) -> str:
    """Where processes meet."""
    url = redis_url() if request.param == "redis" else postgres_url()
    if url is None or (request.param == "redis" and not answers("127.0.0.1", 6379)):
        pytest.skip(f"{request.param} does not answer")
    return url


class OwnRedis:
    """A Redis of this test's own, to stop and start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(self._folder),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server to start")
    made = OwnRedis(tmp_path)
    yield made
    made.stop()


def test_redis_carries_where_there_is_one_else_the_database_else_memory(tmp_path: Path) -> None:
    def url(**given: str) -> str:
        return carrier_url(Settings(_env_file=None, data_dir=tmp_path, **given))  # type: ignore[arg-type]

    assert url() == "memory://"
    assert url(database_url="postgresql://h/d") == "postgresql://h/d"
    assert url(database_url="postgresql://h/d", redis_url="redis://r") == "redis://r"


async def test_this_process_hears_at_once(ears: Make) -> None:
    ear = ears("memory://")
    ear.wakes.soon(["inv:1"])  # Not even open yet.
    await ear.wakes.open()
    assert ear.wakes.is_carrying
    ear.wakes.soon(["inv:3", "inv:2"])
    ear.wakes.soon([])
    assert ear.streams == ["inv:1", "inv:2", "inv:3"]


async def test_other_processes_hear(ears: Make, shared: str) -> None:
    here, there = ears(shared), ears(shared)
    await here.wakes.open()
    await there.wakes.open()
    here.wakes.soon(["inv:1", "org:a"])
    await until(lambda: "org:a" in there.streams)
    assert there.streams == ["inv:1", "org:a"]


async def test_a_burst_is_few_messages_and_the_long_are_split(ears: Make, shared: str) -> None:
    here, there = ears(shared), ears(shared)
    await here.wakes.open()
    await there.wakes.open()
    streams = [f"org:{n:036d}" for n in range(1_000)]  # 41 kB in all; a notification holds 8 kB
    for stream in streams:
        here.wakes.soon([stream])
    await until(lambda: len(set(there.streams)) == len(streams))
    assert sorted(there.streams) == streams


async def test_twenty_who_write_at_once_are_all_heard(ears: Make, shared: str) -> None:
    here, there = ears(shared), ears(shared)
    await here.wakes.open()
    await there.wakes.open()

    async def write(n: int) -> None:
        for turn in range(5):
            here.wakes.soon([f"inv:{n}:{turn}"])
            await asyncio.sleep(0)

    await asyncio.gather(*(write(n) for n in range(20)))
    await until(lambda: len(set(there.streams)) == 100)


async def test_redis_that_was_away_comes_back_and_everybody_is_woken(ears: Make, own_redis: OwnRedis) -> None:
    here, there = ears(own_redis.url), ears(own_redis.url)
    own_redis.start()
    await here.wakes.open()
    await there.wakes.open()
    await until(lambda: here.wakes.is_carrying and there.wakes.is_carrying)
    own_redis.stop()
    await until(lambda: not here.wakes.is_carrying and not there.wakes.is_carrying)
    here.wakes.soon(["inv:1"])  # Neither waits nor raises.
    woken = there.everything
    own_redis.start()
    await until(lambda: here.wakes.is_carrying and there.wakes.is_carrying)
    assert there.everything > woken
    here.wakes.soon(["inv:2"])
    await until(lambda: "inv:2" in there.streams)


async def test_a_redis_that_never_was_there_hinders_nobody(ears: Make, own_redis: OwnRedis) -> None:
    ear = ears(own_redis.url)
    await ear.wakes.open()
    assert not ear.wakes.is_carrying
    for n in range(10_000):
        ear.wakes.soon([f"inv:{n}"])
    assert len(ear.streams) == 10_000


async def test_a_silent_loss_is_noticed_by_pings(ears: Make, own_redis: OwnRedis) -> None:
    """The connection that listens dies and the one that publishes lives: broadcaster alone would stay deaf for ever."""
    own_redis.start()
    ear = ears(own_redis.url)
    await ear.wakes.open()
    await until(lambda: ear.wakes.is_carrying)
    woken = ear.everything
    async with Redis.from_url(own_redis.url) as client:
        assert await client.client_kill_filter(_type="pubsub") == 1
    await until(lambda: ear.everything > woken and ear.wakes.is_carrying)


async def test_postgresql_that_ends_the_connection_is_listened_to_again(ears: Make, installation: str) -> None:
    url = postgres_url()
    if url is None:
        pytest.skip("PostgreSQL does not answer")
    here, there = ears(url), ears(url)
    await here.wakes.open()
    await there.wakes.open()
    connection = await asyncpg.connect(url)
    woken = (here.everything, there.everything)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
        f"casegraph_wake_{installation}",
    )
    await connection.close()
    await until(lambda: here.everything > woken[0] and there.everything > woken[1])
    await until(lambda: here.wakes.is_carrying and there.wakes.is_carrying)
    here.wakes.soon(["inv:9"])
    await until(lambda: "inv:9" in there.streams)


async def test_closing_in_any_state_is_quiet(own_redis: OwnRedis) -> None:
    own_redis.start()
    for turns in (0, 1, 3, 10, 30):
        wakes = Wakes(own_redis.url, ping_s=0.01)
        opening = asyncio.ensure_future(wakes.open())
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        async with asyncio.timeout(PATIENCE_S):
            await wakes.close()
