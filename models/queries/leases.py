"""Which workers live, by the database's own clock: theirs may differ. PostgreSQL only; SQLite has one process."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# One number for the workers of all versions: whoever holds it may hand out the jobs of the dead.
REAPER_LOCK = 7_203_114_557

_RENEW = text(
    "INSERT INTO worker_lease (executor_id, at) VALUES (:executor_id, clock_timestamp()) "
    "ON CONFLICT (executor_id) DO UPDATE SET at = clock_timestamp()"
)
_END = text("DELETE FROM worker_lease WHERE executor_id = :executor_id")
_LOCK = text("SELECT pg_try_advisory_xact_lock(:number)")
_ALIVE = text("SELECT executor_id FROM worker_lease WHERE at > clock_timestamp() - make_interval(secs => :ttl_s)")
_FORGET = text("DELETE FROM worker_lease WHERE at < clock_timestamp() - make_interval(secs => :ttl_s)")
_COUNT = text(
    "INSERT INTO job_takeover (job_id, count) VALUES (:job_id, 1) "
    "ON CONFLICT (job_id) DO UPDATE SET count = job_takeover.count + 1 RETURNING count"
)


async def renew(session: AsyncSession, executor_id: str) -> None:
    """This worker lives."""
    await session.execute(_RENEW, {"executor_id": executor_id})


async def end(session: AsyncSession, executor_id: str) -> None:
    """This worker stops of its own accord: its jobs may be handed out at once."""
    await session.execute(_END, {"executor_id": executor_id})


async def try_reaper(session: AsyncSession) -> bool:
    """Whether this transaction is the one that may hand out the jobs of the dead, until it ends."""
    return bool(await session.scalar(_LOCK, {"number": REAPER_LOCK}))


async def alive(session: AsyncSession, ttl_s: float) -> Collection[str]:
    """Workers whose lease is not older than `ttl_s` seconds."""
    return set((await session.scalars(_ALIVE, {"ttl_s": ttl_s})).all())


async def forget(session: AsyncSession, ttl_s: float) -> None:
    """Removes leases that ended long ago."""
    await session.execute(_FORGET, {"ttl_s": ttl_s})


async def count_takeover(session: AsyncSession, job_id: str) -> int:
    """How often this job has been taken from a dead worker, this time included."""
    return await session.scalar(_COUNT, {"job_id": job_id}) or 1
