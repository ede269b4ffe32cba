"""How late the event loop is: what keeps it busy keeps everybody waiting (SECURITY R24)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from foundation import telemetry

EVERY_S = 0.25
BOUNDS_MS = (20, 100, 500)
"""20 ms is what work on the loop may take; above half a second something is wrong, and the log says so."""

_log = telemetry.logger("casegraph.web")


def judge(late_s: float) -> None:
    """Counts one look at the loop: `loop.looks`, and `loop.late_20ms` and so on for each bound it passed."""
    telemetry.count("loop.looks")
    for bound in BOUNDS_MS:
        if late_s * 1000 >= bound:
            telemetry.count(f"loop.late_{bound}ms")
    if late_s * 1000 >= BOUNDS_MS[-1]:
        _log.warning("the event loop was kept busy", ms=round(late_s * 1000))


@asynccontextmanager
async def watching(*, every_s: float = EVERY_S) -> AsyncIterator[None]:
    """Looks while the application lives."""
    task = asyncio.create_task(_watch(every_s))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _watch(every_s: float) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every_s
        await asyncio.sleep(every_s)
        judge(loop.time() - due)
