"""What is kept for a time only is forgotten, a piece at a time: the one writer of SQLite must not be held up."""

from datetime import datetime, timedelta

from models.queries import access_log, collections, retention, watches
from models.walls import EVERYTHING
from resolvers.operation import House
from resolvers.taxii_status import KEPT_FOR

PIECE = 1_000
"""Rows removed in one transaction: some milliseconds."""

PIECES = 50
"""Pieces of each kind in one round; the next round goes on."""

STREAMS = 100

JOBS = 50
"""In one transaction: a run of a case is some twenty steps and four jobs of its own."""


async def forget_old(house: House) -> dict[str, int]:
    """One round; how many rows of each table went. The audit trail is never touched."""
    settings, now = house.settings, house.clock.now()
    gone = {"answer": 0, "access_log": 0, "event": 0, "taxii_status": 0, "case_watch": 0, "job": 0}
    for _ in range(PIECES):
        async with house.database.transaction() as session:
            removed = await retention.forget_answers(session, now, limit=PIECE)
        gone["answer"] += removed
        if removed < PIECE:
            break
    for _ in range(PIECES):
        async with house.database.transaction() as session:
            before = now - timedelta(days=settings.access_log_days)
            removed = await access_log.forget(session, before, limit=PIECE)
        gone["access_log"] += removed
        if removed < PIECE:
            break
    for _ in range(PIECES):
        async with house.database.transaction() as session:
            removed = await collections.forget_statuses(session, now - KEPT_FOR, limit=PIECE)
        gone["taxii_status"] += removed
        if removed < PIECE:
            break
    async with house.database.transaction(EVERYTHING) as session:
        gone["case_watch"] = await watches.forget(session, now, limit=PIECE)
    if settings.event_days:
        gone["event"] = await _forget_events(house)
    if settings.job_days:
        gone["job"] = await forget_jobs(house, now - timedelta(days=settings.job_days))
    return gone


async def forget_jobs(house: House, before: datetime) -> int:
    """Jobs that ended before that time, with their steps: these first, since they are found by their jobs."""
    jobs, gone = house.jobs, 0
    for _ in range(PIECES):
        over = await jobs.over(before, limit=JOBS)
        if not over:
            break
        async with house.database.transaction() as session:
            await retention.forget_steps(session, [*over, *await jobs.parts_of(over)])
        await jobs.forget(over)
        gone += len(over)
    return gone


async def _forget_events(house: House) -> int:
    before, gone = house.clock.now() - timedelta(days=house.settings.event_days), 0
    async with house.database.reading() as session:
        streams = await retention.streams_with_old_events(session, before, limit=STREAMS)
    for stream, last in streams:
        async with house.database.transaction() as session:
            gone += await retention.forget_events(session, stream, last, limit=PIECE)
    return gone
