"""The databases that tests run on: made by the migrations, one a worker process, emptied between tests.

`CASEGRAPH_TEST_DATABASE_URL` names a PostgreSQL whose role may create databases; without it the standard port on this
machine is tried. Where nothing answers, the suite runs on SQLite alone and says so; CI treats that as a failure.
"""

import os
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.schema import sort_tables
from sqlalchemy.util import LRUCache

from foundation.ids import new_id
from gateways.jobs import migrate_engine
from migrations.run import upgrade
from models.tables import METADATA

OURS = (PGDialect_asyncpg, PGDialect_psycopg, SQLiteDialect_aiosqlite, SQLiteDialect_pysqlite)
KEPT = {"installation"}
ENGINE_TABLES = (
    "workflow_status",
    "workflow_input",
    "workflow_output",
    "operation_outputs",
    "notifications",
    "workflow_events",
    "workflow_events_history",
    "streams",
)
SEQUENCES = "SELECT schemaname || '.' || sequencename FROM pg_sequences WHERE schemaname = 'public'"
CANDIDATES = (
    "postgresql://postgres@127.0.0.1:5432/postgres",
    "postgresql://postgres:postgres@127.0.0.1:5432/postgres",
)


ROLE = "casegraph_test"
# Superusers pass by row level security, so the product is tested as what it should be run as: an ordinary role.
ORDINARY = f"""
DO $$ BEGIN CREATE ROLE {ROLE} LOGIN NOSUPERUSER PASSWORD '{ROLE}';
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
"""


def postgres_url() -> str | None:
    """Where PostgreSQL answers, or None."""
    given = os.environ.get("CASEGRAPH_TEST_DATABASE_URL")
    for url in (given,) if given else CANDIDATES:
        try:
            psycopg.connect(url, connect_timeout=3).close()
        except psycopg.OperationalError:
            continue
        return url
    if given:
        raise RuntimeError("CASEGRAPH_TEST_DATABASE_URL is set, and nothing answers there.")
    return None


def mighty(url: str) -> str:
    """The same database as the server's own role, who may do what the product may not."""
    server = postgres_url()
    assert server
    return f"{server.rpartition('/')[0]}/{url.rpartition('/')[2]}"


def redis_url() -> str:
    return os.environ.get("CASEGRAPH_TEST_REDIS_URL", "redis://127.0.0.1:6379")


def migrate(url: str) -> None:
    migrate_engine(url, polling_interval_s=0.1)
    upgrade(url)


def compile_once() -> None:
    """Each test has engines of its own, and they say the same things: what one has compiled, those of its kind use."""
    caches: defaultdict[type, LRUCache[Any, Any]] = defaultdict(lambda: LRUCache(2000))
    made = Engine.__init__

    def make(self: Engine, pool: Any, dialect: Any, *arguments: Any, **named: Any) -> None:
        made(self, pool, dialect, *arguments, **named)
        if type(dialect) in OURS:
            self._compiled_cache = caches[type(dialect)]

    Engine.__init__ = make  # type: ignore[method-assign]
    for ours in OURS:  # The dialect is a part of the key.
        ours.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
        ours.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]


class SqliteTemplate:
    """A migrated file; each test gets a copy."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._file = folder / "template.db"
        migrate(f"sqlite:///{self._file}")
        # One file without a log beside it, so that a copy is whole.
        connection = sqlite3.connect(self._file)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[str]:
        path = folder / "casegraph.db"
        shutil.copyfile(self._file, path)
        yield f"sqlite:///{path}"

    def drop(self) -> None:
        pass


class PostgresTemplate:
    """One database for this worker process, emptied before each test: quicker than a copy of a template."""

    name = "postgresql"

    def __init__(self, server: str) -> None:
        self._server = server
        self._administer(ORDINARY)
        self._database = f"casegraph_test_{new_id().replace('-', '')[:12]}"
        self._administer(f'CREATE DATABASE "{self._database}" OWNER {ROLE}')
        self._everything = f"{server.rpartition('/')[0]}/{self._database}"
        self.url = f"postgresql://{ROLE}:{ROLE}@{self._everything.rpartition('@')[2]}"
        # No test ends the server, so none has to wait for its disk.
        self._administer(f'ALTER DATABASE "{self._database}" SET synchronous_commit = off')
        migrate(self.url)
        tables = [table.name for table in reversed(sort_tables(METADATA.tables.values())) if table.name not in KEPT]
        with psycopg.connect(self.url) as connection:
            sequences = [row[0] for row in connection.execute(SEQUENCES)]
            known = {row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'dbos'")}
        self._emptier = psycopg.connect(self._everything, autocommit=True)  # kept: a new one has all tables to learn
        self._emptying = "; ".join(
            [
                # Neither foreign keys nor the audit's trigger stand in the way.
                "SET session_replication_role = replica",
                *(f'DELETE FROM "{name}"' for name in tables),
                "DELETE FROM installation WHERE key <> 'epoch'",
                *(f'DELETE FROM dbos."{name}"' for name in ENGINE_TABLES if name in known),
                *(f"SELECT setval('{name}', 1, false)" for name in sequences),
                "SET session_replication_role = origin",
            ]
        )

    def _administer(self, statement: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[str]:
        self._emptier.execute(self._emptying)
        yield self.url

    def drop(self) -> None:
        self._emptier.close()
        self._administer(f'DROP DATABASE IF EXISTS "{self._database}" WITH (FORCE)')
