"""So much in so long: what a limit allows, and what a count of it says."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

_RATE = re.compile(r"(\d{1,9})/(\d{1,6})", re.ASCII)


@dataclass(frozen=True)
class Rate:
    """`amount` in a window of `seconds`, which begins with the first use. Written `10/60`."""

    amount: int
    seconds: int

    def __post_init__(self) -> None:
        if self.amount < 1 or self.seconds < 1:
            raise ValueError("a limit is at least 1/1; switch it off with `off`")

    def __str__(self) -> str:
        return f"{self.amount}/{self.seconds}"

    @property
    def span(self) -> timedelta:
        return timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class Taken:
    """How a window stands after something was asked of it: `used` of it is gone until `ends_at`."""

    key: str
    used: int
    ends_at: datetime
    granted: bool


def read_rate(value: object) -> object:
    """`10/60` as a Rate and `off` as None; anything that is no text as it is. Raises ValueError."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == "off":
        return None
    found = _RATE.fullmatch(value.strip())
    if found is None:
        raise ValueError("write COUNT/SECONDS, such as 10/60, or off")
    return Rate(int(found[1]), int(found[2]))


class Meter:
    """Counts for one connection, in the process that holds it. Made for each; nobody else knows of it."""

    def __init__(self, rate: Rate | None) -> None:
        self._rate, self._used, self._ends_at = rate, 0, datetime.min.replace(tzinfo=UTC)

    def retry_after_s(self, now: datetime) -> int | None:
        """Counts one; None while there is room, else for how long there is none. `now` is aware."""
        if self._rate is None:
            return None
        if not now < self._ends_at <= now + 2 * self._rate.span:
            self._used, self._ends_at = 0, now + self._rate.span
        self._used += 1
        if self._used <= self._rate.amount:
            return None
        return max(1, ceil((self._ends_at - now).total_seconds()))
