"""How long anything may take: an operation that runs out of time is ended, and says what is known of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from foundation.errors import Unavailable


class OutOfTime(Unavailable):
    """Nothing was changed by it: it only read."""

    message = "This took longer than {seconds} s and was given up. Ask for less, or try again later."


class PerhapsDone(OutOfTime):
    """A commit that has begun goes on to its end, whatever becomes of the request: to say that it failed would be a lie
    as often as to say that it was done."""

    message = (
        "This took longer than {seconds} s. Whether it was done is not known: send it again under the same key "
        "(clientMutationKey, or Idempotency-Key), which tells the answer and does nothing twice."
    )


@asynccontextmanager
async def within(seconds: float, *, writing: bool) -> AsyncIterator[asyncio.Timeout]:
    """Ends what is inside after so long, or when it is rescheduled to. Raises OutOfTime, or PerhapsDone for a write.

    The end comes as a cancellation, so that it interrupts whatever is awaited; statements under way are cancelled in
    the database too. A TimeoutError from inside passes as it is.
    """
    try:
        async with asyncio.timeout(seconds) as limit:
            yield limit
    except TimeoutError:
        if not limit.expired():
            raise
        raise (PerhapsDone if writing else OutOfTime)(seconds=f"{seconds:g}") from None
