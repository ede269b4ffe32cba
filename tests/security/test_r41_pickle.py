"""R41: what asks to be unpickled in the engine's tables is never executed, by whichever process comes upon it."""

import asyncio
import base64
import os
import pickle
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from dbos import DBOSClient
from sqlalchemy import inspect, text

from gateways.jobs import ANALYSE, ANALYSIS, CODEC, DbosJobs, migrate_engine
from gateways.ports import Job
from models.database import Database
from resolvers.operation import House
from workers import runtime

JOB = Job(ANALYSE, ANALYSIS, "INV-7:1:authentication", ("INV-7", "authentication", ""))
ROOT = Path(runtime.__file__).parents[1]
PATIENCE_S = 60


class Bomb:
    """Unpickled, it makes a folder."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.place),)


@pytest.fixture
def boom(tmp_path: Path) -> Path:
    pickle.loads(pickle.dumps(Bomb(tmp_path / "shown")))  # what would happen
    assert (tmp_path / "shown").is_dir()
    return tmp_path / "boom"


async def plant(house: House, boom: Path, *, status: str = "ENQUEUED") -> None:
    """A job whose every value is such a row, in every table that the engine reads values from."""
    async with house.database.transaction() as session:
        await session.run_sync(lambda transaction: house.jobs.enqueue_within(transaction, JOB))
    bomb = base64.b64encode(pickle.dumps(Bomb(boom))).decode()
    prefix = "" if house.database.is_sqlite else "dbos."
    known = {
        "workflow_status": ("inputs", "output", "error"),
        "workflow_input": ("inputs",),
        "workflow_output": ("output", "error"),
        "operation_outputs": ("output", "error"),
    }
    async with house.database.transaction() as session:
        schema = None if house.database.is_sqlite else "dbos"
        tables = await session.run_sync(
            lambda s: {
                name: {column["name"] for column in inspect(s.connection()).get_columns(name, schema=schema)}
                for name in inspect(s.connection()).get_table_names(schema=schema)
            }
        )
        for name, values in known.items():
            columns = tables.get(name, set())
            changes = [f"{value} = :bomb" for value in values if value in columns]
            changes += ["serialization = 'py_pickle'"] if "serialization" in columns else []
            changes += [f"status = '{status}'"] if name == "workflow_status" else []
            if changes:
                await session.execute(text(f"UPDATE {prefix}{name} SET {', '.join(changes)}"), {"bomb": bomb})
        found = await session.execute(text(f"SELECT serialization FROM {prefix}workflow_status"))
        assert found.scalars().all() == ["py_pickle"]


async def status_of(database: Database) -> str:
    prefix = "" if database.is_sqlite else "dbos."
    async with database.reading() as session:
        found = await session.execute(text(f"SELECT status FROM {prefix}workflow_status"))
        return str(found.scalar_one())


async def test_it_is_listed_commanded_and_asked_for_and_nothing_runs(house: House, boom: Path) -> None:
    await plant(house, boom, status="SUCCESS")
    jobs = house.jobs
    assert isinstance(jobs, DbosJobs)
    assert await jobs.statuses([JOB.id]) == {JOB.id: "SUCCESS"}
    await jobs.cancel(JOB.id)
    await jobs.resume(JOB.id, queue=ANALYSIS)
    client = DBOSClient(system_database_url=house.database.url, serializer=CODEC, application_name="casegraph")
    try:
        await client.list_workflows_async()
        with pytest.raises(Exception, match=r"JSON only|reuse|pickle|deserial"):
            await (await client.retrieve_workflow_async(JOB.id)).get_result()
    finally:
        client.destroy()
    migrate_engine(house.database.url)
    assert not boom.exists()


async def test_the_engine_takes_it_from_the_queue_and_nothing_runs(house: House, boom: Path, caplog: Any) -> None:
    await plant(house, boom)
    await runtime.start(house)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while await status_of(house.database) == "ENQUEUED" and "JSON only" not in caplog.text:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)  # and again, should it be tried a second time
    finally:
        await runtime.stop(drain_s=0)
    assert not boom.exists()


async def test_a_process_of_its_own_takes_it_and_nothing_runs(house: House, boom: Path, tmp_path: Path) -> None:
    """`serve` on SQLite and `work` on PostgreSQL, as operators start them; they say what they refused and go on."""
    await plant(house, boom)
    named = {"CASEGRAPH_DATABASE_URL": house.database.url, "CASEGRAPH_DATA_DIR": str(tmp_path / "other")}
    command = ["serve", "--port", "0"] if house.database.is_sqlite else ["work"]
    log = tmp_path / "log"
    with log.open("wb") as writing:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli", *command, cwd=ROOT, env={**os.environ, **named}, stdout=writing, stderr=writing
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                while b"JSON only" not in log.read_bytes():
                    assert process.returncode is None, log.read_text()
                    await asyncio.sleep(0.05)
        finally:
            process.terminate()
            await process.wait()
    assert process.returncode in (0, -signal.SIGTERM), log.read_text()
    assert not boom.exists()
