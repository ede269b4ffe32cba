"""Whether the process lives, and whether it is able (CONTRACTS 1, row 40).

A request for health touches nothing: it tells what a background check found at most two seconds ago, so that health
answers at once while the database hangs, and nobody can load the database by asking.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import orjson
from starlette.requests import Request
from starlette.responses import Response

from foundation import telemetry
from web.gate import public

EVERY_S = 0.5
TIMEOUT_S = 1.5
"""Together at most two seconds from a change to its being told."""

Check = Callable[[], Awaitable[object]]
"""Raises when its part does not work, or returns a word on how it does (`None` means `up`)."""

_log = telemetry.logger("casegraph.health")


class Health:
    """`needed` names the parts without which the product can do nothing: 503 while one of them is down."""

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        version: str,
        needed: frozenset[str] = frozenset({"database"}),
        every_s: float = EVERY_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.checks, self.version, self.needed = checks, version, needed
        self.every_s, self.timeout_s = every_s, timeout_s
        self.found = dict.fromkeys(checks, "starting")

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Checks in the background while the application lives; the first check is done when this is entered."""
        await self.look()
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def look(self) -> None:
        """Runs every check once, each for itself."""
        words = await asyncio.gather(*(self._word(name, check) for name, check in self.checks.items()))
        for name, word in zip(self.checks, words, strict=True):
            if word != self.found[name] and "starting" not in (word, self.found[name]):
                _log.warning("health changed", part=name, before=self.found[name], now=word)
            self.found[name] = word

    @public("Whoever watches over the server has no account in it.")
    async def health(self, _request: Request) -> Response:
        """GET /health."""
        down = {name for name, word in self.found.items() if word in ("down", "starting")}
        unable = bool(down & self.needed)
        status = "unhealthy" if unable else "degraded" if down else "healthy"
        content = {
            "status": status,
            "services": {name: {"status": word} for name, word in self.found.items()},
            "version": self.version,
        }
        headers = {"Retry-After": "5"} if unable else {}
        return Response(orjson.dumps(content), 503 if unable else 200, headers, "application/json")

    @public("Whoever watches over the server has no account in it.")
    async def live(self, _request: Request) -> Response:
        """GET /live: that this is answered is the answer."""
        return Response(b'{"status":"alive"}', 200, media_type="application/json")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.every_s)
            await self.look()

    async def _word(self, name: str, check: Check) -> str:
        try:
            async with asyncio.timeout(self.timeout_s):
                word = await check()
        except Exception as error:
            if self.found[name] != "down":
                _log.warning("a part is down", part=name, error=type(error).__name__)
            return "down"
        return "up" if word is None else str(word)
