"""When an account is locked: five wrong passwords in fifteen minutes lock it for fifteen (SECURITY R5, ASVS 6.3.1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.errors import TooMany
from foundation.rates import Rate
from foundation.settings import Settings
from rules.access.budgets import seconds_until


@dataclass(frozen=True)
class Lockout:
    """As many failures as `rate` says lock for `locked_for`."""

    rate: Rate
    locked_for: timedelta


def lockout_of(settings: Settings) -> Lockout | None:
    """The rule in force; None where accounts are never locked."""
    if not settings.rate_limits or settings.limit_account is None:
        return None
    return Lockout(settings.limit_account, timedelta(seconds=settings.account_lock_s))


class SignInLimited(TooMany):
    """Too many wrong proofs for this name, whether or not somebody has it, from this client, or from everywhere."""

    code = "RATE_LIMITED"
    message = "Too many sign-in attempts. Try again in {retry_after_s} s."

    @classmethod
    def until(cls, moment: datetime, now: datetime) -> "SignInLimited":
        return cls(retry_after_s=seconds_until(moment, now))
