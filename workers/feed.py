"""Polls of feeds, durably: a step a page, the place of the walk in the transaction that stores the page's objects.

When a feed is due stands in its row, so schedules survive restarts; the row is marked in the transaction that enqueues
the poll, so no feed is polled twice at a time, however many workers look.
"""

from typing import Any

from dbos import DBOS

from foundation.telemetry import logger
from gateways.jobs import POLL_FEED, DbosJobs
from resolvers import polling
from resolvers.operation import House, Operation
from resolvers.polling import STUCK, Ended, PollStopped
from rules.access.viewer import engine_of
from rules.feeds import MOST_PAGES, Step
from workers import steps

LOOK_S = 5.0
MOST_RECOVERIES = 10

log = logger("workers.feed")


async def begin_due(house: House) -> None:
    if jobs := await polling.begin_due(house):
        log.info("polls of feeds begin", jobs=jobs)


async def mend(house: House, jobs: DbosJobs) -> None:
    if lost := await polling.mend(house, jobs.statuses):
        log.warning("polls of feeds had ended without a word", jobs=lost)


@DBOS.workflow(name=POLL_FEED, max_recovery_attempts=MOST_RECOVERIES)
async def poll_feed(feed_id: str, organization_id: str, poll: int) -> int:
    """One poll. Returns how many pages were read."""
    async with steps.running():
        op = Operation(steps.house(), engine_of(organization_id), request_id=DBOS.workflow_id or "")
        ended = await _walk(op, feed_id, poll)

        async def end(keyed: Operation) -> dict[str, Any]:
            await polling.end_poll(keyed, feed_id=feed_id, poll=poll, ended=ended)
            return {}

        await steps.take(op, "end", end)
        return ended.pages


async def _walk(op: Operation, feed_id: str, poll: int) -> Ended:
    async def page(keyed: Operation) -> dict[str, Any]:
        try:
            return await polling.read_page(keyed, op, feed_id=feed_id, poll=poll)
        except PollStopped:
            return {"is_stopped": True}

    began_anew = 0
    for number in range(1, MOST_PAGES + 1):
        told = await steps.take(op, "page", page)
        if told.get("is_stopped"):
            return Ended(number - 1, is_stopped=True)
        if "error" in told:
            return Ended(number - 1, told["error"], told["wait_s"])
        if told["step"] == Step.DONE:
            return Ended(number)
        began_anew += "refused" in told
        if told["step"] == Step.STUCK or began_anew > 1:
            return Ended(number, told.get("refused", STUCK))
    return Ended(MOST_PAGES, has_more=True)
