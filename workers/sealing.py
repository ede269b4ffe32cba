"""The audit trail is sealed while the process runs: within a second of each write (SECURITY R38).

Every process of an installation tries; a lock of the database lets one at a time through. So sealing goes on whichever
of them is there, and after a crash of any.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from foundation.errors import Unavailable
from foundation.telemetry import count, logger
from resolvers.operation import House
from resolvers.sealing import seal_new

EVERY_S = 0.5
THOROUGH_S = 600.0  # how often the whole table is looked through for rows that committed very late

log = logger("workers.sealing")


@asynccontextmanager
async def sealing(house: House) -> AsyncIterator[None]:
    """Seals while it is open, and once more when it closes."""
    task = asyncio.create_task(_seal_on(house))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await _seal(house, thorough=False)


async def _seal_on(house: House) -> None:
    passing = asyncio.get_running_loop().time
    looked_through = float("-inf")
    while True:
        thorough = passing() - looked_through >= THOROUGH_S
        if await _seal(house, thorough=thorough) and thorough:
            looked_through = passing()
        await asyncio.sleep(EVERY_S)


async def _seal(house: House, *, thorough: bool) -> bool:
    """Whether the round went through. One that failed is made up for by the next."""
    try:
        done = await seal_new(house, thorough=thorough)
    except Unavailable:
        return False
    except Exception as error:
        log.error("the audit trail could not be sealed", exc_info=error)
        return False
    count("audit.sealed", done.count)
    return True
