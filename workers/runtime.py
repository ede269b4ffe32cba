"""The durable engine in this process: launched on the loop of the caller, and stopped with it.

On SQLite it lives inside the one process that serves; on PostgreSQL each worker process has one. A process that only
serves requests has none: it enqueues, and commands jobs, through gateways.jobs.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from dbos import DBOS

from foundation.ids import new_id
from foundation.telemetry import logger
from gateways.jobs import DbosJobs, configuration
from resolvers.operation import House
from workers import feed, investigation, leases, mail, sole, steps
from workers.reconcile import reconcile

# The same for ever: after a crash the next process takes up what this name has left.
EMBEDDED = "embedded"
RECONCILE_S = 30.0
DRAIN_S = 10  # how long stopping waits for steps that are being written

# Every worker serves every queue, so every module with workflows is imported here: a worker that took a job it does
# not know could not run it.
WORKFLOWS = (investigation.investigate, investigation.analyse, mail.mail_to, feed.poll_feed)

log = logger("workers.runtime")


@dataclass
class Engine:
    """The launched engine."""

    house: House
    jobs: DbosJobs
    executor_id: str
    lock: int | None
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)


_launched: list[Engine] = []


async def start(house: House) -> Engine:
    """Launches the engine on the running loop. Raises AlreadyServed where another process holds the SQLite file.

    On the loop's own thread, so that workflows run on this loop and share the house's connections; launched elsewhere
    they would run on a loop of their own. It takes less than a tenth of a second.
    """
    if _launched:
        raise RuntimeError("The engine is launched already: one a process.")
    database = house.database
    lock = sole.take_alone(Path(database.path)) if database.is_sqlite else None
    executor_id = EMBEDDED if database.is_sqlite else f"worker-{new_id()}"
    engine = Engine(house, DbosJobs(database.url), executor_id, lock)
    _launched.append(engine)
    steps.hand(house, engine.jobs)
    try:
        if not database.is_sqlite:
            await leases.renew(house, executor_id)
        DBOS(config=configuration(database.url, executor_id, threads=house.settings.worker_threads))
        DBOS.launch()
    except BaseException:
        await stop(drain_s=0)
        raise
    engine.tasks = [
        asyncio.create_task(_every(RECONCILE_S, lambda: _reconcile(engine))),
        asyncio.create_task(_every(feed.LOOK_S, lambda: feed.begin_due(house))),
    ]
    if not database.is_sqlite:
        engine.tasks.append(asyncio.create_task(_every(leases.RENEW_S, lambda: _keep_lease(engine))))
    log.info("the engine runs", executor=executor_id)
    return engine


async def stop(*, drain_s: int = DRAIN_S) -> None:
    """Ends what runs, each job at the step it has reached, and shuts the engine down. Nothing to do is no error."""
    if not _launched:
        return
    engine = _launched.pop()
    for task in engine.tasks:
        task.cancel()
    await asyncio.gather(*engine.tasks, return_exceptions=True)
    loop = asyncio.get_running_loop()
    # Not on the loop: it waits for workflows that run there. Not on the loop's default executor: DBOS has put its own
    # in that place, and shuts it down.
    with ThreadPoolExecutor(1) as own:
        destroyed = loop.run_in_executor(own, lambda: DBOS.destroy(workflow_completion_timeout_sec=drain_s))
        while not destroyed.done():
            await steps.end_bodies()  # Again and again: until the queues have stopped, another may have begun.
            await asyncio.wait([destroyed], timeout=0.02)
        await destroyed
    await steps.end_bodies()
    loop.set_default_executor(ThreadPoolExecutor())  # Or name look-ups and to_thread fail from here on.
    steps.withdraw()
    if not engine.house.database.is_sqlite:
        with contextlib.suppress(Exception):  # Its lease runs out by itself, and others take its jobs.
            await leases.hand_back(engine.house, engine.jobs, engine.executor_id)
    await asyncio.to_thread(engine.jobs.close)
    if engine.lock is not None:
        sole.let_go(engine.lock)
    log.info("the engine has stopped", executor=engine.executor_id)


async def _reconcile(engine: Engine) -> None:
    await reconcile(engine.house, engine.jobs)
    await feed.mend(engine.house, engine.jobs)


async def _keep_lease(engine: Engine) -> None:
    await leases.renew(engine.house, engine.executor_id)
    await leases.take_over(engine.house, engine.jobs)


async def _every(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    """At once and then every so often. A round that fails is logged; the next one comes."""
    while True:
        try:
            await act()
        except Exception as error:
            log.warning("a round failed", exc_info=error)
        await asyncio.sleep(seconds)
