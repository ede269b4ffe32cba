"""What every process does beside serving: the audit trail is sealed, reads are written down, trust begins and ends when
it says, old rows are forgotten, what has to be shared anew is, and cases are told of what newly touches them.

Every process of an installation seals; a lock of the database lets one at a time through. So it goes on whichever of
them is there, and after a crash of any. What fails is made up for by the next round.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from foundation.errors import Unavailable
from foundation.telemetry import count, logger
from resolvers.operation import House
from resolvers.resharing import share_due
from resolvers.retention import forget_old
from resolvers.sealing import seal_new
from resolvers.watching import tell_cases

EVERY_S = 0.5  # sealed, and written down, within a second (SECURITY R38)
THOROUGH_S = 600.0  # how often the whole trail is looked through for rows that committed very late
FORGET_S = 3600.0
SHARE_S = 5.0
TELL_S = 5.0

log = logger("workers.upkeep")


@asynccontextmanager
async def upkeep(house: House, *, working: bool) -> AsyncIterator[None]:
    """Goes on while it is open, and writes and seals what is left when it closes. `working`: forgets old rows and
    shares anew and tells cases of what touches them too."""
    rounds = [(EVERY_S, house.access_log.write), (EVERY_S, Sealing(house).round), (EVERY_S, lambda: _turn(house))]
    await _once(lambda: _turn(house))  # before anything is read
    if working:
        rounds += [
            (FORGET_S, lambda: _forget(house)),
            (SHARE_S, lambda: share_due(house)),
            (TELL_S, lambda: tell_cases(house)),
        ]
    tasks = [asyncio.create_task(_every(seconds, act)) for seconds, act in rounds]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _, act in rounds[:2]:
            await _once(act)


class Sealing:
    """Ordinary rounds, and now and then a thorough one: the first one of a process is."""

    def __init__(self, house: House) -> None:
        self._house, self._looked_through = house, float("-inf")

    async def round(self) -> None:
        now = asyncio.get_running_loop().time()
        thorough = now - self._looked_through >= THOROUGH_S
        done = await seal_new(self._house, thorough=thorough)
        if thorough:
            self._looked_through = now
        count("audit.sealed", done.count)


async def _turn(house: House) -> None:
    house.validity.look()
    await house.keep_validity()


async def _forget(house: House) -> None:
    gone = await forget_old(house)
    if any(gone.values()):
        log.info("old rows were forgotten", rows=gone)


async def _every(seconds: float, act: Callable[[], Awaitable[object]]) -> None:
    while True:
        await _once(act)
        await asyncio.sleep(seconds)


async def _once(act: Callable[[], Awaitable[object]]) -> None:
    try:
        await act()
    except Unavailable:
        return  # The database is away, and says so elsewhere.
    except Exception as error:
        log.error("a round failed", exc_info=error)
