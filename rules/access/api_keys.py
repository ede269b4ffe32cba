"""API keys: how they look, how long they live, what they may be given (SECURITY R11)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from foundation.errors import InvalidInput
from foundation.ids import secret_text
from rules.access.actions import Scope

MARK = "cg_"
SECRET_BYTES = 32
LENGTH = len(MARK) + 43  # 32 bytes in base64url, unpadded
SHOWN = len(MARK) + 8  # what of a key is kept readable, to tell keys apart: 48 of its 256 bits

DEFAULT_DAYS = 90
LONGEST_DAYS = 365


OVERLAP_HOURS = 24
LONGEST_OVERLAP_HOURS = 7 * 24


def new_key() -> str:
    """`cg_` and 32 random bytes. Its owner sees it once; we keep the SHA-256."""
    return MARK + secret_text(SECRET_BYTES)


def shown_prefix(key: str) -> str:
    return key[:SHOWN]


def looks_like_key(text: str) -> bool:
    """Whether to take a bearer credential for an API key rather than for a token."""
    return text.startswith(MARK)


def check_scopes(scopes: Iterable[str], *, field: str = "scopes") -> list[str]:
    """The scopes, each once, sorted. Raises InvalidInput for none and for unknown ones."""
    wanted = set(scopes)
    if not wanted or not wanted <= {str(scope) for scope in Scope}:
        raise InvalidInput(f"A key has one or more of the scopes {', '.join(Scope)}.", field=field)
    return sorted(wanted)


def expiry(now: datetime, days: int | None, *, field: str = "expiresInDays") -> datetime:
    """When a key made now ends. 1 to 365 days; 90 when left out."""
    days = DEFAULT_DAYS if days is None else days
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput(f"A key lives 1 to {LONGEST_DAYS} days.", field=field)
    return now + timedelta(days=days)


def overlap_end(now: datetime, ends: datetime, hours: int | None, *, field: str = "overlapHours") -> datetime:
    """Until when a key that was replaced now is still good beside the new one: 0 to 168 hours, a day when left out,
    and never longer than it would have been."""
    hours = OVERLAP_HOURS if hours is None else hours
    if not 0 <= hours <= LONGEST_OVERLAP_HOURS:
        raise InvalidInput(f"A key that was replaced lives 0 to {LONGEST_OVERLAP_HOURS} hours more.", field=field)
    return min(ends, now + timedelta(hours=hours))
