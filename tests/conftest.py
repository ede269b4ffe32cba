"""What every test may ask for: a database of each kind, a house on it, and a world of people in it."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from foundation.clock import FixedClock
from foundation.settings import Settings
from gateways.jobs import DbosJobs
from gateways.memory import MemoryWake
from gateways.patterns import PatternMatcher
from models.database import Database
from models.queries.installation import epoch_of
from resolvers.operation import House
from rules.access.keyring import KeyRing
from tests.databases import PostgresTemplate, SqliteTemplate, compile_once, postgres_url
from tests.world import World

# A machine under load is no fault of the code: nothing here is timed.
hypothesis_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("unhurried")

POSTGRES = postgres_url()
if POSTGRES is None and os.environ.get("CASEGRAPH_TEST_REQUIRE_ALL"):
    raise RuntimeError("PostgreSQL does not answer, and this run must not do without it.")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DATABASES = ["sqlite", *(["postgresql"] if POSTGRES else [])]


# Half a million objects of modules and of tests live to the end. While they are made nothing is to be collected, and
# later they are not to be walked through again and again: that was a third of what the suite costs.
gc.disable()
compile_once()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


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
    # The deadline of strangers is for machines that do one thing at a time.
    return Settings(
        _env_file=None,
        database_url=url,
        data_dir=tmp_path / "data",
        mode="development",
        port=0,
        anonymous_deadline_s=30,
    )


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def house(settings: Settings, clock: FixedClock) -> AsyncIterator[House]:
    """Everything operations share, with a clock that stands still and nothing launched."""
    database, jobs = Database(settings.database), DbosJobs(settings.database)
    matcher = PatternMatcher(settings.pattern_seconds)
    yield House(
        settings=settings,
        database=database,
        jobs=jobs,
        wake=MemoryWake(),
        clock=clock,
        key_source=KeyRing("k1", {"k1": b"k" * 32}),
        epoch=await epoch_of(database),
        sharing_secret=b"s" * 32,
        matcher=matcher,
    )
    await matcher.close()
    jobs.close()
    await database.close()


@pytest.fixture
async def world(house: House) -> World:
    """An operator organisation with one person of each role, and a partner organisation."""
    return await World.make(house)
