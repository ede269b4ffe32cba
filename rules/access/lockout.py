"""When an account is locked: five wrong passwords in fifteen minutes lock it for fifteen (SECURITY R5, ASVS 6.3.1)."""

from datetime import datetime, timedelta
from math import ceil

from foundation.errors import TooMany

FAILURES = 5
WINDOW = timedelta(minutes=15)
LOCKED_FOR = timedelta(minutes=15)


class SignInLimited(TooMany):
    """Too many wrong passwords for this name, whether or not somebody has it."""

    code = "RATE_LIMITED"
    message = "Too many sign-in attempts. Try again in {retry_after_s} s."

    @classmethod
    def until(cls, moment: datetime, now: datetime) -> "SignInLimited":
        return cls(retry_after_s=max(1, ceil((moment - now).total_seconds())))
