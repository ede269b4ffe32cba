"""A circuit breaker a host: one that fails again and again is left alone for a while, so that nobody waits for it."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FAILURES = 5  # in a row
REST_S = 60.0  # as long as one request may take
KEPT = 1000  # hosts remembered; the one not seen for longest is forgotten first


@dataclass
class _Host:
    failures: int = 0
    open_until: float = 0.0


class Breaker:
    """Closed: requests pass. Open, after FAILURES in a row: none does for REST_S. Then one is let through to try."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._now = monotonic
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    def left_s(self, host: str) -> float:
        """For how long this host is still left alone; 0 when a request may pass. The one that tries takes its turn."""
        known = self._hosts.get(host)
        if known is None or known.failures < FAILURES:
            return 0.0
        left = known.open_until - self._now()
        if left <= 0:
            known.open_until = self._now() + REST_S  # others wait for how the one that tries fares
        return max(left, 0.0)

    def worked(self, host: str) -> None:
        self._hosts.pop(host, None)

    def failed(self, host: str) -> None:
        known = self._hosts.setdefault(host, _Host())
        self._hosts.move_to_end(host)
        known.failures += 1
        known.open_until = self._now() + REST_S
        while len(self._hosts) > KEPT:
            self._hosts.popitem(last=False)
