"""What every test may ask for: a database of each kind, a house on it, and a world of people in it."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foundation.clock import FixedClock
from foundation.cursors import Cursors
from foundation.settings import Settings
from gateways.memory import MemoryJobs, MemoryWake
from models.database import Database
from models.queries.installation import epoch_of
from resolvers.operation import House
from rules.access.keyring import KeyRing, Use
from tests.databases import PostgresTemplate, SqliteTemplate, postgres_url
from tests.world import World

POSTGRES = postgres_url()
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DATABASES = ["sqlite", *(["postgresql"] if POSTGRES else [])]


def pytest_report_header() -> str:
    return f"databases: {', '.join(DATABASES)}" + ("" if POSTGRES else " (no PostgreSQL answers: its half is skipped)")


@pytest.fixture(scope="session", params=DATABASES)
def template(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SqliteTemplate | PostgresTemplate]:
    if request.param == "sqlite":
        made: SqliteTemplate | PostgresTemplate = SqliteTemplate(tmp_path_factory.mktemp("template"))
    else:
        assert POSTGRES
        made = PostgresTemplate(POSTGRES)
    yield made
    made.drop()


@pytest.fixture
def url(template: SqliteTemplate | PostgresTemplate, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database."""
    with template.fresh(tmp_path) as made:
        yield made


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    return Settings(_env_file=None, database_url=url, data_dir=tmp_path / "data", mode="development", port=0)  # type: ignore[call-arg]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def house(settings: Settings, clock: FixedClock) -> AsyncIterator[House]:
    """Everything operations share, with a clock that stands still and nothing launched."""
    database = Database(settings.database)
    keys = KeyRing("k1", {"k1": b"k" * 32})
    yield House(
        settings=settings,
        database=database,
        jobs=MemoryJobs(),
        wake=MemoryWake(),
        clock=clock,
        keys=keys,
        cursors=Cursors(keys.key(Use.CURSORS)),
        epoch=await epoch_of(database),
    )
    await database.close()


@pytest.fixture
async def world(house: House) -> World:
    """An operator organisation with one person of each role, and a partner organisation."""
    return await World.make(house)
