"""So much in so long: what a limit allows, and what a count of it says."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

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
