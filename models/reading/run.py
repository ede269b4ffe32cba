"""Two drivers of the same steps: asyncpg on the event loop, and sqlite3 inside one visit to a reader's thread."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext
from typing import Any, Protocol

import asyncpg

from foundation import telemetry
from foundation.errors import Unavailable
from models.reading.level import DatabaseTrouble
from models.reading.parts import Call
from models.reading.plan import Plans
from models.reading.statements import Run
from models.reading.stored import Dialect

STATEMENT_TIMEOUT_S = 10  # the contracts' limit for one database call
CONNECTIONS = 4  # of one driver
SLOTS_OF_A_REQUEST = 2  # so that one document with many roots cannot take them all

Slots = asyncio.Semaphore


class Driver(Protocol):
    dialect: Dialect
    plans: Plans

    async def drive(self, steps: Generator[Any, Any, Any], slots: Slots | None = None) -> Any: ...
    async def close(self) -> None: ...


def driver_for(url: str, *, connections: int = CONNECTIONS) -> "Driver":
    """`url` has no driver in it: `sqlite:///PATH` or `postgresql://...`. Nothing is opened before the first read."""
    if url.startswith("sqlite"):
        return Sqlite(url.removeprefix("sqlite:///"), connections)
    return Postgres(url, connections)


async def called(call: Call) -> Any:
    """An asynchronous batch's values, or what it raised: that belongs to its field, so it goes back into the plan."""
    try:
        return await call.call(call.rows, **call.keywords)
    except Exception as error:
        return error


class Postgres:
    """A connection is held between two asynchronous batches, never across one: a batch may read for itself."""

    dialect: Dialect = "postgresql"

    def __init__(self, url: str, connections: int = CONNECTIONS) -> None:
        self.plans = Plans()
        self._url, self._connections = url, connections
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def _opened(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    max_size=self._connections,
                    timeout=5,
                    command_timeout=STATEMENT_TIMEOUT_S,
                    statement_cache_size=1024,
                    max_cached_statement_lifetime=0,
                    # Only selects run here, so no session state can leak from one borrower to the next.
                    reset=_nothing,
                    server_settings={
                        "jit": "off",
                        "statement_timeout": str(STATEMENT_TIMEOUT_S * 1000),
                        "default_transaction_read_only": "on",
                        "timezone": "UTC",
                        "application_name": "casegraph reading",
                    },
                )
        return self._pool

    async def drive(self, steps: Generator[Any, Any, Any], slots: Slots | None = None) -> Any:
        pool = self._pool or await self._opened()
        try:
            step = steps.send(None)
            while True:
                if isinstance(step, Call):
                    step = steps.send(await called(step))
                    continue
                async with slots or nullcontext(), pool.acquire(timeout=STATEMENT_TIMEOUT_S) as connection:
                    while isinstance(step, Run):
                        telemetry.count("reading.steps")
                        step = steps.send(await connection.fetch(step.text, *step.parameters[0]))
        except StopIteration as stop:
            return stop.value
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise _meant(error) from error
        finally:
            steps.close()

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None


async def _nothing(_connection: Any) -> None:
    return None


def _meant(error: Exception) -> Exception:
    """Away, overrun or cancelled by its timeout: Unavailable. Anything else is a surprise."""
    state = getattr(error, "sqlstate", None) or ""
    if isinstance(error, OSError | asyncpg.InterfaceError) or state.startswith(("08", "53", "57P0", "57014")):
        return Unavailable()
    return DatabaseTrouble(str(error))


class Reader:
    """One read-only connection and the one thread that ever touches it."""

    def __init__(self, path: str) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._path = path
        self.connection: sqlite3.Connection | None = None

    def opened(self) -> sqlite3.Connection:
        if self.connection is None:
            self.connection = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=5
            )
            self.connection.execute("pragma query_only = on")
        return self.connection

    def visit(self, steps: Generator[Any, Any, Any], given: Any) -> tuple[bool, Any]:
        """Every step up to the next asynchronous batch, and the shaping too, of one snapshot: (is done, value)."""
        connection = self.opened()
        execute = connection.execute
        execute("begin")
        try:
            step = steps.send(given)
            while isinstance(step, Run):
                telemetry.count("reading.steps")
                text, parameters = step
                if len(parameters) == 1:
                    rows = execute(text, parameters[0]).fetchall()
                else:
                    rows = [row for each in parameters for row in execute(text, each)]
                step = steps.send(rows)
        except StopIteration as stop:
            return True, stop.value
        finally:
            # A snapshot left open would keep the write-ahead log from ever shrinking.
            execute("rollback")
        return False, step

    def close(self) -> None:
        if self.connection is not None:
            self.thread.submit(self.connection.close).result()
        self.thread.shutdown()


class Sqlite:
    dialect: Dialect = "sqlite"

    def __init__(self, path: str, connections: int = CONNECTIONS) -> None:
        self.plans = Plans()
        self._path = path
        self._free = asyncio.Semaphore(connections)
        self._idle: list[Reader] = []
        self._readers: list[Reader] = []

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[Reader]:
        try:
            async with asyncio.timeout(STATEMENT_TIMEOUT_S):
                await self._free.acquire()
        except TimeoutError as error:
            raise Unavailable from error
        if self._idle:
            reader = self._idle.pop()
        else:
            reader = Reader(self._path)
            self._readers.append(reader)
        try:
            yield reader
        finally:
            self._idle.append(reader)
            self._free.release()

    async def drive(self, steps: Generator[Any, Any, Any], slots: Slots | None = None) -> Any:
        given: Any = None
        try:
            while True:
                async with slots or nullcontext(), self._borrowed() as reader:
                    done, value = await _interruptible(reader, steps, given)
                if done:
                    return value
                assert isinstance(value, Call)
                given = await called(value)
        finally:
            steps.close()

    async def close(self) -> None:
        for reader in self._readers:
            await asyncio.to_thread(reader.close)
        self._readers.clear()
        self._idle.clear()


async def _interruptible(reader: Reader, steps: Generator[Any, Any, Any], given: Any) -> tuple[bool, Any]:
    """One visit, ended after the time limit or when the request is given up; the reader is free again only when its
    thread has really stopped."""
    visit = asyncio.get_running_loop().run_in_executor(reader.thread, reader.visit, steps, given)
    try:
        done, _ = await asyncio.wait((visit,), timeout=STATEMENT_TIMEOUT_S)
        if not done:
            await _stopped(reader, visit)
            raise Unavailable
        return visit.result()
    except asyncio.CancelledError:
        await _stopped(reader, visit)
        raise
    except sqlite3.Error as error:
        raise DatabaseTrouble(str(error)) from error


async def _stopped(reader: Reader, visit: "asyncio.Future[Any]") -> None:
    """Interrupts until the visit ends: a statement that begins just after an interrupt is not touched by it."""
    while not visit.done():
        if reader.connection is not None:
            reader.connection.interrupt()
        await asyncio.wait((visit,), timeout=0.05)
    if not visit.cancelled():
        visit.exception()
