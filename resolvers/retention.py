"""What is kept for a time only is forgotten, a piece at a time: the one writer of SQLite must not be held up."""

from datetime import timedelta

from models.queries import access_log, collections, retention
from resolvers.operation import House
from resolvers.taxii_status import KEPT_FOR

PIECE = 1_000
"""Rows removed in one transaction: some milliseconds."""

PIECES = 50
"""Pieces of each kind in one round; the next round goes on."""

STREAMS = 100


async def forget_old(house: House) -> dict[str, int]:
    """One round; how many rows of each table went. The audit trail is never touched."""
    settings, now = house.settings, house.clock.now()
    gone = {"answer": 0, "access_log": 0, "event": 0, "taxii_status": 0}
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
    if settings.event_days:
        gone["event"] = await _forget_events(house)
    return gone


async def _forget_events(house: House) -> int:
    before, gone = house.clock.now() - timedelta(days=house.settings.event_days), 0
    async with house.database.reading() as session:
        streams = await retention.streams_with_old_events(session, before, limit=STREAMS)
    for stream, last in streams:
        async with house.database.transaction() as session:
            gone += await retention.forget_events(session, stream, last, limit=PIECE)
    return gone
