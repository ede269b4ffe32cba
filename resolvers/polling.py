"""A feed is polled: page after page of another server's collection comes in, each with the place it was read up to.

Everything here may happen twice, after a crash say: a page that is read again changes nothing, since its objects are
known by then, and the place of the walk is written in the transaction that stores the last objects of the page.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from foundation.errors import Refusal
from foundation.ids import to_global
from gateways.http import AnswerTooLarge, OutgoingAnswered, OutgoingFailed
from gateways.jobs import ACTIVE, FEEDS, POLL_FEED
from gateways.ports import Job, RemotePage
from models.feeds import Feed
from models.queries import feeds
from models.walls import EVERYTHING
from resolvers.feeds import remote_of
from resolvers.indicators import MOST_OBJECTS, ImportResult, ImportStatus, import_chunk
from resolvers.operation import Door, House, Operation
from rules.access.actions import Action
from rules.access.viewer import engine_of
from rules.feeds import REFUSALS_KEPT, Place, Step, after, begun_anew
from rules.outgoing import OutgoingOff, OutgoingRefused
from rules.trust import TrustLevelName

STUCK = "The other server says that there is more, and not how to get it. The next poll begins anew."
LONGEST_WAIT: Final = timedelta(days=1)


class PollStopped(Exception):
    """The feed was paused or removed, or this poll was given up for another one. There is nothing left to do."""


@dataclass(frozen=True)
class Ended:
    """How a poll ended. `has_more`: it read as many pages as one poll does. `wait_s`: for how long the other server
    asks to be left alone. `is_stopped`: the feed was paused meanwhile."""

    pages: int = 0
    error: str | None = None
    wait_s: int = 0
    has_more: bool = False
    is_stopped: bool = False


def job_id(feed_id: str, poll: int) -> str:
    """Each poll starts once, since an id is good for one job for ever."""
    return f"feed:{feed_id}:{poll}"


async def begin_due(house: House) -> list[str]:
    """Enqueues a poll of every feed whose time has come, in the transaction that marks it; their jobs. Whichever
    process comes first does it, and none of them twice."""
    now = house.clock.now()
    async with house.database.reading(EVERYTHING) as session:
        if not await feeds.is_due(session, now):
            return []
    async with house.database.transaction() as session:
        begun = await feeds.begin_due(session, now)
        jobs = [Job(POLL_FEED, FEEDS, job_id(f.id, f.poll), (f.id, f.organization_id, f.poll)) for f in begun]
        for job in jobs:
            await session.run_sync(house.jobs.enqueue_within, job)
    return [job.id for job in jobs]


async def read_page(op: Operation, whole: Operation, *, feed_id: str, poll: int) -> dict[str, Any]:
    """Reads a page and stores its objects, a thousand a transaction, the place with the last of them.

    `op` is good for one write door (the step's own); `whole` for the transactions before. The answer says which step
    comes next, or why none does. Raises PollStopped.
    """
    async with op.read(Action.FEED_RUN) as session:
        feed = await feeds.under_way(session, feed_id, poll)
    if feed is None or feed.is_paused:
        raise PollStopped
    place = Place(feed.added_after, feed.next_page, feed.last_date, feed.empty_pages)
    try:
        page = await _fetch(op, feed, place)
    except AnswerTooLarge as refusal:
        if feed.page_limit == 1:
            return _failed(refusal)
        return await _put(op, feed, place, Step.GO_ON, page_limit=max(1, feed.page_limit // 4))
    except OutgoingAnswered as refusal:
        if place.next is None or refusal.details.get("status") in (401, 403, 429):
            return _failed(refusal)
        return await _put(op, feed, begun_anew(place), Step.GO_ON) | {"refused": refusal.text}
    except (OutgoingFailed, OutgoingOff, OutgoingRefused) as refusal:
        return _failed(refusal)
    now_at, step = after(place, page.told)
    # Definitions of markings first, wherever they stand: what refers to one that is not known is held too strictly.
    objects = sorted(page.objects, key=lambda value: not _is_marking(value))
    source, level, results = f"feed {feed.name}", TrustLevelName(feed.trust_level), list[ImportResult]()
    while len(objects) > MOST_OBJECTS:
        results += await import_chunk(whole, objects=objects[:MOST_OBJECTS], source=source, level=level)
        objects = objects[MOST_OBJECTS:]
    if not objects:
        return {"step": str(step)} if now_at == place else await _put(op, feed, now_at, step)
    answer = {"step": str(step)}

    async def beside(door: Door, last: Sequence[ImportResult]) -> None:
        await _advance(door, feed, now_at, [*results, *last])
        door.answer(answer)

    await import_chunk(op, objects=objects, source=source, level=level, beside=beside)
    return answer


async def end_poll(op: Operation, *, feed_id: str, poll: int, ended: Ended) -> None:
    """Writes down how a poll ended, and plans the next one. A poll that is over already stays as it is."""
    error, target = ended.error, to_global("Feed", feed_id)
    async with op.write(Action.FEED_RUN, target=target, poll=poll, pages=ended.pages, error=error) as door:
        feed = await feeds.under_way(door.session, feed_id, poll, held=True)
        if feed is None:
            return
        feed.polling_since = None
        if ended.is_stopped:
            return
        feed.last_polled_at = feed.updated_at = door.now
        feed.last_error = error
        feed.failures = 0 if error is None else feed.failures + 1
        if error is None:
            feed.last_worked_at = door.now
        soon = ended.has_more and error is None
        feed.next_poll_at = door.now + timedelta(seconds=0 if soon else max(feed.every_s, ended.wait_s))


async def mend(house: House, statuses: Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]) -> list[str]:
    """Ends polls whose job is no longer active: it failed, was given up, or is not known. Their feeds go on with the
    next poll where the last page left them. The jobs."""
    async with house.database.reading(EVERYTHING) as session:
        begun = await feeds.all_under_way(session)
    words = await statuses([job_id(feed.id, feed.poll) for feed in begun])
    lost = [feed for feed in begun if words.get(job_id(feed.id, feed.poll)) not in ACTIVE]
    for feed in lost:
        op = Operation(house, engine_of(feed.organization_id), request_id=job_id(feed.id, feed.poll))
        await end_poll(op, feed_id=feed.id, poll=feed.poll, ended=Ended(error="The poll ended by an error of ours."))
    return [job_id(feed.id, feed.poll) for feed in lost]


async def _fetch(op: Operation, feed: Feed, place: Place) -> RemotePage:
    taxii = op.house.taxii
    if taxii is None:
        raise OutgoingOff
    return await taxii.page(
        remote_of(op, feed), added_after=place.added_after, next_page=place.next, limit=feed.page_limit
    )


async def _put(op: Operation, feed: Feed, place: Place, step: Step, **values: Any) -> dict[str, Any]:
    """The place alone, where there are no objects."""
    answer = {"step": str(step)}
    async with op.write(Action.FEED_RUN, target=to_global("Feed", feed.id)) as door:
        await _advance(door, feed, place, (), **values)
        door.answer(answer)
    return answer


async def _advance(door: Door, feed: Feed, place: Place, results: Sequence[ImportResult], **values: Any) -> None:
    now = await feeds.under_way(door.session, feed.id, feed.poll, held=True)
    if now is None or now.is_paused:
        raise PollStopped
    refused = [
        {"stixId": one.stix_id, "type": one.type, "message": one.message}
        for one in results
        if one.status is ImportStatus.REFUSED
    ]
    if refused:
        values["refusals"] = [*refused, *feed.refusals][:REFUSALS_KEPT]
    await feeds.advance(
        door.session,
        feed.id,
        Counter(str(one.status) for one in results),
        added_after=place.added_after,
        next_page=place.next,
        last_date=place.last,
        empty_pages=place.empty,
        **values,
    )


def _failed(refusal: Refusal) -> dict[str, Any]:
    return {"error": refusal.text, "wait_s": _wait_s(refusal)}


def _wait_s(refusal: Refusal) -> int:
    """How long the other server, or our own patience with it, asks for. A date in that header is not looked at."""
    said = str(refusal.details.get("retry_after") or refusal.details.get("retry_after_s") or 0)
    return min(int(said), int(LONGEST_WAIT.total_seconds())) if said.isascii() and said.isdigit() else 0


def _is_marking(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "marking-definition"
