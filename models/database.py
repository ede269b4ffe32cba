"""Engines: one writer for SQLite, a pool for PostgreSQL, and readers that never queue behind a write."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiosqlite
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from foundation.errors import Unavailable
from models.failures import as_refusal
from models.reading.run import Driver, driver_for
from models.walls import NOBODY, Wall

BUSY_TIMEOUT_MS = 30_000  # how long a SQLite writer waits for DBOS's own writes, and the other way round
STATEMENT_TIMEOUT_S = 10  # the contracts' limit for one database call
READERS = 4  # SQLite connections for reads outside the planner


Session = AsyncSession  # what rooms above call it: they never import SQLAlchemy


class Releasing(aiosqlite.Connection):
    """Rolls back before it closes, and ends a statement that takes too long.

    A cancelled statement goes on in SQLite's thread while SQLAlchemy throws the connection away. Closing one with an
    unfinished statement only makes it a zombie that keeps the write lock, so every later writer would wait in vain.
    """

    async def _execute(self, fn: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Every call into SQLite's thread, interrupted when it has taken as long as a statement may, or nobody waits
        for it any more."""
        timer = asyncio.get_running_loop().call_later(STATEMENT_TIMEOUT_S, self._interrupt)
        try:
            return await super()._execute(fn, *arguments, **options)  # type: ignore[no-untyped-call]
        except asyncio.CancelledError:
            self._interrupt()
            raise
        finally:
            timer.cancel()

    def _interrupt(self) -> None:
        if self._running and self._connection is not None:
            self._connection.interrupt()

    async def close(self) -> None:
        self._release()
        await super().close()

    def stop(self) -> asyncio.Future[Any] | None:
        self._release()
        return super().stop()

    def _release(self) -> None:
        if self._running and self._connection is not None:
            self._tx.put_nowait((None, self._connection.rollback))


def _open_sqlite(path: str, **options: Any) -> Releasing:
    connection = Releasing(lambda: sqlite3.connect(path, **options), 64)
    connection._thread.daemon = True
    return connection


def _sqlite(path: str, *, begin: str, pool_size: int, pragmas: tuple[str, ...]) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        connect_args={"async_creator_fn": _open_sqlite},
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # The driver begins nothing by itself; the listener below does.
        cursor = connection.cursor()
        for pragma in (*pragmas, "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _sqlite_writer(path: str) -> AsyncEngine:
    # A deferred transaction that reads first and writes later fails at once when another wrote between
    # (SQLITE_BUSY_SNAPSHOT ignores busy_timeout). Taking the lock first makes everyone wait instead.
    # FULL: a commit that was acknowledged survives a loss of power, not only of the process.
    return _sqlite(path, begin="BEGIN IMMEDIATE", pool_size=1, pragmas=("journal_mode=WAL", "synchronous=FULL"))


def _sqlite_reader(path: str) -> AsyncEngine:
    return _sqlite(path, begin="BEGIN", pool_size=READERS, pragmas=("query_only=ON",))


def _postgres(url: str, pool_size: int) -> AsyncEngine:
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=STATEMENT_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args={
            "timeout": 5,
            "command_timeout": STATEMENT_TIMEOUT_S,
            "server_settings": {
                "jit": "off",
                "statement_timeout": str(STATEMENT_TIMEOUT_S * 1000),
                "lock_timeout": str(STATEMENT_TIMEOUT_S * 1000),
                "timezone": "UTC",
                "application_name": "casegraph",
            },
        },
    )


class Database:
    """`url` has no driver in it: `sqlite:///PATH` or `postgresql://...`."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.path = url.removeprefix("sqlite:///") if self.is_sqlite else ""
        self.engine = _sqlite_writer(self.path) if self.is_sqlite else _postgres(url, pool_size)
        self.reader = _sqlite_reader(self.path) if self.is_sqlite else self.engine
        self.planner: Driver = driver_for(url)
        self._writes = async_sessionmaker(self.engine, expire_on_commit=False)
        self._reads = async_sessionmaker(self.reader, expire_on_commit=False)
        # Neither BEGIN nor COMMIT: one trip where a transaction would take three.
        single = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._singles = async_sessionmaker(single, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self, wall: Wall = NOBODY) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end, or leaves nothing. `wall`: whose cases it may touch.

        Closing goes on in its own task, shielded: a cancelled request must neither leave the one SQLite writer inside a
        transaction nor make the commit's outcome depend on when the client hung up.
        """
        session = self._writes()
        try:
            await wall.open(session)
            yield session
        except BaseException:
            await _to_the_end(_undo(session))
            raise
        await _to_the_end(_finish(session))

    @asynccontextmanager
    async def reading(self, wall: Wall = NOBODY) -> AsyncIterator[AsyncSession]:
        """One snapshot to read from; whatever was changed in it is thrown away. What was read stays readable after."""
        session = self._reads()
        try:
            await wall.open(session)
            yield session
        finally:
            session.expunge_all()  # A rollback would expire the rows that the caller takes along.
            await _to_the_end(_undo(session))

    @asynccontextmanager
    async def counting(self) -> AsyncIterator[AsyncSession]:
        """For statements that are a whole transaction each: counters. Raises Unavailable."""
        session = self._singles()
        try:
            yield session
        except BaseException as error:
            await _to_the_end(_undo(session))
            raise (as_refusal(error) if isinstance(error, Exception) else error) from None
        await _to_the_end(_finish(session))

    async def ping(self) -> None:
        """One statement on a fresh read. Raises Unavailable when the database does not answer within 2 s."""
        try:
            async with asyncio.timeout(2), self.reading() as session:
                await session.execute(text("SELECT 1"))
        except (DBAPIError, OSError, TimeoutError) as error:
            raise Unavailable from error

    async def close(self) -> None:
        await self.planner.close()
        await self.reader.dispose()
        await self.engine.dispose()


async def _finish(session: AsyncSession) -> None:
    try:
        await session.commit()
    except BaseException:
        await _undo(session)
        raise
    await session.close()


async def _undo(session: AsyncSession) -> None:
    try:
        await session.rollback()
        await session.close()
    except BaseException:  # The connection is in doubt: a new one is cheap, a poisoned pool is not.
        await session.invalidate()
        raise


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise
            cancelled = True
        except BaseException:
            break
    task.result()
    if cancelled:
        raise asyncio.CancelledError
