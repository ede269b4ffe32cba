"""Times as text, in the one form the product writes: UTC, six digits, Z (CONTRACTS 1, row 55)."""

import re
from datetime import UTC, datetime, timedelta

from foundation.errors import InvalidInput

_ACCEPTED = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)


def to_text(time: datetime) -> str:
    """`2026-01-02T03:04:05.678901Z`. Its alphabetical order is the order of time, so SQLite sorts it right."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if time.year >= 1000 else _early(time)


def to_rest_text(time: datetime) -> str:
    """The same as the REST contracts write it: without a fraction where that is zero."""
    return to_text(time).replace(".000000Z", "Z")


def _early(time: datetime) -> str:
    # strftime does not pad years below 1000 on every platform.
    time = time.astimezone(UTC)
    return f"{time.year:04d}-" + time.strftime("%m-%dT%H:%M:%S.%fZ")


# PostgreSQL's driver takes the first and the last moment that can be written for minus and plus infinity, and gives
# these back without an offset: whoever then compares them fails.
_EARLIEST = datetime(1, 1, 1, microsecond=1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC)


def from_text(text: str, *, field: str | None = None) -> datetime:
    """Reads RFC 3339 with an offset and 0 to 9 digits of a fraction, cut to six. The very first and last microsecond
    are read as their neighbours. Raises InvalidInput."""
    match = _ACCEPTED.fullmatch(text)
    if match is None:
        raise InvalidInput("Write a time as 2026-01-02T03:04:05Z, with an offset.", field=field)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        zone = "+00:00" if zone in "Zz" else zone
        written = f"{year}-{month}-{day}T{hour}:{minute}:{second}.{(fraction or '')[:6]:0<6}{zone}"
        return min(max(datetime.fromisoformat(written).astimezone(UTC), _EARLIEST), _LATEST)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("There is no such time.", field=field) from error


_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(time: datetime) -> int:
    """Since 1970, exactly: a float of seconds would lose the last digit."""
    return (time - _BEGINNING) // timedelta(microseconds=1)


def from_microseconds(count: int) -> datetime:
    return _BEGINNING + timedelta(microseconds=count)


def whole_millisecond(count: int) -> int:
    """The next whole millisecond, in microseconds: where a client that cuts to milliseconds still stands right."""
    return -(-count // 1000) * 1000
