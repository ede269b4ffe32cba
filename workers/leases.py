"""Failover between workers: each renews a lease, and one at a time hands out the jobs of those that no longer do.

A lease, not a held lock: a lock falls when its process dies, but a frozen process keeps it. Taking a job from a worker
that only seemed dead is safe for state, since the engine fences off what the first one still writes.
"""

import contextlib

from foundation.ids import from_ref
from foundation.telemetry import logger
from gateways.jobs import DbosJobs
from models.queries import leases
from resolvers.operation import House
from resolvers.running import phases
from resolvers.running.step import RunStopped
from workers.steps import operation_for, run_of

TTL_S = 15.0  # how long a silent worker is believed to live; renewed three times in that time
RENEW_S = TTL_S / 3
FORGET_S = 24 * 3600.0
# A job that was taken from this many dead workers probably kills them.
MOST_TAKEOVERS = 5

log = logger("workers.leases")


async def renew(house: House, executor_id: str) -> None:
    """This worker lives."""
    async with house.database.transaction() as session:
        await leases.renew(session, executor_id)


async def hand_back(house: House, jobs: DbosJobs, executor_id: str) -> None:
    """A worker that has stopped of its own accord leaves nothing to take over, so no job is blamed for it."""
    for job, queue in sorted((await jobs.held_by(executor_id)).items()):
        await jobs.take_over(job, queue=queue)
    async with house.database.transaction() as session:
        await leases.end(session, executor_id)


async def take_over(house: House, jobs: DbosJobs, *, ttl_s: float = TTL_S) -> list[str]:
    """Hands out the jobs of workers without a fresh lease; the ids. Does nothing while another worker does it.

    The jobs are listed inside the lock: handing one out does not ask whose it is, so two lists would hand it out twice.
    """
    taken, poisonous = [], []
    async with house.database.transaction() as session:
        if not await leases.try_reaper(session):
            return []
        stranded = await jobs.stranded(await leases.alive(session, ttl_s))
        for job, queue in sorted(stranded.items()):
            if await leases.count_takeover(session, job) > MOST_TAKEOVERS:
                poisonous.append(job)
                continue
            await jobs.take_over(job, queue=queue)
            taken.append(job)
        await leases.forget(session, FORGET_S)
    for job in poisonous:
        await _give_up(house, jobs, job)
    if taken:
        log.warning("jobs were taken over", jobs=taken)
    return taken


async def _give_up(house: House, jobs: DbosJobs, job: str) -> None:
    """A job that goes from dead worker to dead worker fails its run: nothing else would ever end it."""
    ref, run = job.split(":")[:2]
    if from_ref(ref) is None:  # No case: a letter, or the poll of a feed, whose next one comes by itself.
        await jobs.cancel(job)
        log.error("a job was given up", job=job)
        return
    of = run_of(ref, job)
    op = await operation_for(house, of.investigation_id, job)
    with contextlib.suppress(RunStopped):  # Paused or ended since: only the job is left.
        await phases.fail_run(op, of=of, why="The run was given up: the workers that took it died.")
    await jobs.cancel(f"{ref}:{run}")
    log.error("a job was given up", job=job)
