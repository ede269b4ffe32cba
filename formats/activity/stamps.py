"""Times of syslog lines, which say neither year nor zone."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_STAMP = re.compile(rb"(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) ")
# Logs run forward. A step back of more than a month is a new year; a smaller one is a clock set back, or weekly files
# put together in the wrong order. (What this cannot see is a log that is silent for eleven months.)
_NEW_YEAR = timedelta(days=31)
# A line that came late across the turn of the year: the last days of December after the first of January.
_LATE = timedelta(days=363)
# Clocks differ, and a log written in another zone than said is up to 14 hours ahead: a day is no future yet.
_TOLERANCE = timedelta(days=1)
_LEAP = 2024  # any leap year: stamps are compared in one in which every one of them exists


class Stamps:
    """Turns the stamps of one log, in its order, into times; moves on to the next year where the log does."""

    def __init__(self, *, year: int, zone: tzinfo) -> None:
        self._year = year
        self._zone = zone
        self._latest: datetime | None = None
        self._known: tuple[str, datetime] | None = None

    def read(self, stamp: str) -> datetime:
        """The time, UTC, of a stamp such as `Dec 10 06:55:46`. Raises ValueError for one that does not exist."""
        if self._known is not None and self._known[0] == stamp:
            return self._known[1]
        month, day = _MONTHS.get(stamp[:3]), int(stamp[4:6])
        if month is None:
            raise ValueError("no such month")
        hour, minute, second = int(stamp[7:9]), int(stamp[10:12]), int(stamp[13:15])
        try:
            placed = datetime(_LEAP, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 - compared with its like
        except ValueError as error:
            raise ValueError("no such day or time") from error
        moved, late = _step(self._latest, placed)
        year = self._year + moved - late
        try:
            # A leap second has no place in a datetime; it becomes the second before.
            time = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=self._zone).astimezone(UTC)
        except ValueError as error:
            raise ValueError(f"no such day in {year}") from error
        self._year += moved
        if not late:
            self._latest = placed
        self._known = (stamp, time)
        return time


def starting_year(lines: Iterable[bytes], *, zone: tzinfo, now: datetime) -> int:
    """The latest year for the first line that puts no line in the future (a day's tolerance), and in which every day
    of the log exists. Walks the lines once; they are then read from the beginning."""
    turns, latest, last = 0, None, None
    leap_turns: set[int] = set()
    known = b""
    for line in lines:
        match = _STAMP.match(line)
        if match is None or match[0] == known:
            continue
        known = match[0]
        month = _MONTHS.get(match[1].decode())
        try:
            placed = datetime(_LEAP, month or 0, *(int(part) for part in match.groups()[1:]))  # type: ignore[arg-type]  # noqa: DTZ001
        except ValueError:
            continue
        moved, late = _step(latest, placed)
        turns += moved
        if moved:
            last = None
        if not late:
            latest = placed
            last = placed if last is None else max(last, placed)
        if (placed.month, placed.day) == (2, 29):
            leap_turns.add(turns - late)
    if last is None:
        return now.year
    year = now.year - turns + 1
    while not _fits(year, turns, last, leap_turns, zone, now):
        year -= 1
        if year < now.year - turns - 8:  # leap years are at most eight apart; there is none that fits
            return now.year - turns
    return year


def _fits(year: int, turns: int, last: datetime, leap_turns: set[int], zone: tzinfo, now: datetime) -> bool:
    try:
        for turn in leap_turns:
            datetime(year + turn, 2, 29, tzinfo=UTC)
        return last.replace(year=year + turns, tzinfo=zone) <= now + _TOLERANCE
    except ValueError:
        return False


def _step(latest: datetime | None, placed: datetime) -> tuple[int, int]:
    """(1 if a new year begins here, 1 if this line still belongs to the year before)."""
    if latest is None:
        return 0, 0
    if latest - placed > _NEW_YEAR:
        return 1, 0
    return (0, 1) if placed - latest > _LATE else (0, 0)
