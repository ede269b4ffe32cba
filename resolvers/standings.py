"""What was lately found out about a session or an API key, so that not every request asks the database again."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from rules.access.viewer import Viewer

FRESH_S = 2.0
"""How long an answer is believed. The contract allows 5 s from revocation to silence; a stream that looks every two
seconds and is told what is two seconds old keeps it with room to spare."""

KEPT = 10_000


class Standings:
    """Viewers by session or key, each believed for two seconds; forgotten at once when this process ends the session.

    Only what exists is kept: whoever makes up keys finds the database each time, and pushes nobody out.
    """

    def __init__(self, *, fresh_s: float = FRESH_S, now: Callable[[], float] = time.monotonic) -> None:
        self._fresh_s = fresh_s
        self._now = now
        self._held: OrderedDict[str, tuple[float, Viewer]] = OrderedDict()
        self._forgotten = 0

    async def get(self, name: str, load: Callable[[], Awaitable[Viewer | None]]) -> Viewer | None:
        """The viewer under this name (`session:<id>`, `key:<digest>`), or None where `load` finds none."""
        held = self._held.get(name)
        if held is not None and self._now() - held[0] < self._fresh_s:
            return held[1]
        began, forgotten = self._now(), self._forgotten
        viewer = await load()
        # Read before a revocation and come back after it: such an answer is used once and not kept.
        if viewer is not None and forgotten == self._forgotten:
            self._held[name] = (began, viewer)
            self._held.move_to_end(name)
            if len(self._held) > KEPT:
                self._held.popitem(last=False)
        elif viewer is None:
            self._held.pop(name, None)
        return viewer

    def forget(self, *names: str) -> None:
        """To be called after the commit that changed who these are."""
        self._forgotten += 1
        for name in names:
            self._held.pop(name, None)

    def clear(self) -> None:
        self._forgotten += 1
        self._held.clear()
