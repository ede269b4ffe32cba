"""Removing what is kept for a time only: answers to callers' keys, steps of old jobs, events. In bounded pieces."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from models.database import Session
from models.events import Event, Stream
from models.idempotency import Answer
from models.leases import JobTakeover
from models.unit import KEY_LASTS


async def forget_answers(session: Session, now: datetime, *, limit: int) -> int:
    """Answers to callers' keys that stand for nothing any more. Those of durable steps stay: their run may go on."""
    old = (
        select(col(Answer.key))
        .where(col(Answer.key).startswith("user:", autoescape=True), col(Answer.at) <= now - KEY_LASTS)
        .limit(limit)
    )
    gone = await session.execute(delete(Answer).where(col(Answer.key).in_(old.scalar_subquery())))
    return int(gone.rowcount)  # type: ignore[attr-defined]


async def forget_steps(session: Session, job_ids: Sequence[str]) -> int:
    """What the steps of these jobs answered, and how often the jobs were taken over: nobody takes them again."""
    gone = 0
    for job_id in job_ids:
        first, after = f"step:{job_id}#", f"step:{job_id}$"  # `$` follows `#`
        steps = delete(Answer).where(col(Answer.key) >= first, col(Answer.key) < after)
        gone += int((await session.execute(steps)).rowcount)  # type: ignore[attr-defined]
    await session.execute(delete(JobTakeover).where(col(JobTakeover.job_id).in_(job_ids)))
    return gone


async def streams_with_old_events(session: Session, before: datetime, *, limit: int) -> list[tuple[str, int]]:
    """(stream, number of its last event older than that), for some streams that have any."""
    wanted = select(col(Event.stream), func.max(col(Event.seq))).where(col(Event.at) < before)
    found = await session.execute(wanted.group_by(col(Event.stream)).limit(limit))
    return [(stream, last) for stream, last in found.all()]


async def forget_events(session: Session, stream: str, upto: int, *, limit: int) -> int:
    """Removes the events of a stream up to that number, at most `limit`, from the first one on; how many it were.

    The stream says first up to where they are gone, so whoever resumes from before is told of the gap.
    """
    first = await session.scalar(select(func.min(col(Event.seq))).where(col(Event.stream) == stream))
    if first is None or first > upto:
        return 0
    last = min(upto, first + limit - 1)
    await session.execute(update(Stream).where(col(Stream.key) == stream, col(Stream.low) < last).values(low=last))
    gone = await session.execute(delete(Event).where(col(Event.stream) == stream, col(Event.seq) <= last))
    return int(gone.rowcount)  # type: ignore[attr-defined]
