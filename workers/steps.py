"""How a workflow takes a step: one write door under a key of its own, whose row is the checkpoint.

The key is the workflow's id and the number of the step in it, so inserting a step shifts the keys of running cases:
change the order of steps only together with gateways.jobs.VERSION.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from dbos import DBOS
from dbos import error as engine_error

from foundation.errors import Unavailable
from foundation.ids import from_ref
from foundation.times import from_text
from gateways.jobs import DbosJobs
from models.failures import as_refusal
from models.queries import runs
from models.walls import EVERYTHING
from resolvers.operation import House, Operation
from resolvers.running.step import RunRef, RunStopped
from rules.access.viewer import engine_of

# A database that is away comes back, or the step is repeated after a restart: ten tries take about two minutes.
TRIES, FIRST_PAUSE_S, BACKOFF = 10, 0.25, 2.0

Answer = dict[str, Any]
Seen = TypeVar("Seen")

_handed: list[tuple[House, DbosJobs]] = []  # of this process, while the engine is launched
_bodies: set["asyncio.Task[Any]"] = set()


def hand(house: House, jobs: DbosJobs) -> None:
    """Gives the workflows of this process their House and the engine's ear."""
    _handed[:] = [(house, jobs)]


def withdraw() -> None:
    """Takes both away again."""
    _handed.clear()


def house() -> House:
    return _given()[0]


def engine() -> DbosJobs:
    return _given()[1]


def _given() -> tuple[House, DbosJobs]:
    if not _handed:
        raise RuntimeError("The engine is not launched in this process.")
    return _handed[0]


def run_of(ref: str, job: str, began_at: str | None = None) -> RunRef:
    """The run that a job is about: `INV-7` and `INV-7:2`, or `INV-7:2:authentication`."""
    found = from_ref(ref)
    if found is None:
        raise ValueError(f"{ref} is no case.")
    return RunRef(found[1], int(job.split(":")[1]), None if began_at is None else from_text(began_at))


async def operation_for(house: House, investigation_id: int, job: str) -> Operation:
    """The engine at work for the organisation that the case belongs to. An owner never changes: no step is needed."""

    async def owner() -> str | None:
        async with house.database.reading(EVERYTHING) as session:
            return await runs.owner_of(session, investigation_id)

    found = await patiently(owner)
    if found is None:
        raise LookupError(f"There is no case {investigation_id}.")
    return Operation(house, engine_of(found), request_id=job)


async def patiently(read: Callable[[], Awaitable[Seen]]) -> Seen:
    """Reads between steps; a database that is away is waited for. Nothing is recorded of it."""
    for tried in range(1, TRIES + 1):
        try:
            return await read()
        except Exception as error:
            if tried == TRIES or not isinstance(as_refusal(error), Unavailable):
                raise
        await asyncio.sleep(FIRST_PAUSE_S * BACKOFF**tried)
    raise AssertionError("unreachable")


async def take(op: Operation, name: str, act: Callable[[Operation], Awaitable[Answer]]) -> Answer:
    """One step: `act` opens at most one write door. Told again what it answered when it was taken before.

    A run that is only paused must be able to take this very step later. So the step then ends as a cancelled one does,
    which DBOS does not record; whatever else it raises is recorded, and raised again when the workflow is repeated.
    """

    async def body() -> Answer:
        key = f"step:{DBOS.workflow_id}#{DBOS.step_id}"
        try:
            answer: Answer = await op.once(key, name, act)
            return answer
        except RunStopped as stop:
            raise await _ended(stop) from stop

    return await DBOS.run_step_async(
        {
            "name": name,
            "retries_allowed": True,
            "max_attempts": TRIES,
            "interval_seconds": FIRST_PAUSE_S,
            "backoff_rate": BACKOFF,
            "should_retry": lambda error: isinstance(error, Unavailable),
        },
        body,
    )


async def look(watch: Callable[[], Awaitable[Seen]]) -> Seen:
    """Reads how the case stands, between steps. What was seen must not decide which step comes next for good."""
    try:
        return await patiently(watch)
    except RunStopped as stop:
        raise await _ended(stop) from stop


def no_longer_ours() -> BaseException:
    """What the body of a workflow raises when the engine has stopped its job, or handed it to somebody else."""
    return engine_error.DBOSWorkflowCancelledError(f"{DBOS.workflow_id} is stopped.")


async def _ended(stop: RunStopped) -> BaseException:
    """What a workflow raises when its case may not be written to now."""
    job = DBOS.workflow_id or ""
    if not stop.resumable:
        return stop
    # The person's command cancels the job after its commit. Should it have crashed between the two, we do it here;
    # twice does no harm.
    await engine().cancel(job)
    return no_longer_ours()


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    """Marks the body of a workflow, so that stopping the process can end it."""
    task = asyncio.current_task()
    assert task is not None
    _bodies.add(task)
    try:
        yield
    finally:
        _bodies.discard(task)


async def end_bodies() -> None:
    """Ends what runs in this process. Each job goes on where it stood when its worker starts again."""
    bodies = list(_bodies)
    for body in bodies:
        body.cancel()
    await asyncio.gather(*bodies, return_exceptions=True)


async def breathe() -> None:
    """The optional pause between steps. It is no step: the setting may change while a case runs."""
    if pause := house().settings.analysis_step_delay_s:
        await asyncio.sleep(pause)
