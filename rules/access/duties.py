"""What has to be done first, and what is said to who has not done it: over every door, by `Operation.check`."""

from collections.abc import Collection

from foundation.errors import Forbidden
from foundation.settings import RequireTotp
from rules.access.totp import TotpEnrolmentRequired
from rules.access.viewer import Duty


class PasswordChangeRequired(Forbidden):
    code = "PASSWORD_CHANGE_REQUIRED"
    message = "Choose a password of your own first: this one was for one time only."


_REFUSALS: dict[Duty, type[Forbidden]] = {
    Duty.PASSWORD: PasswordChangeRequired,
    Duty.TOTP: TotpEnrolmentRequired,
}


def duties_of(
    demand: RequireTotp, *, must_change_password: bool, has_totp: bool, is_person: bool, is_admin: bool
) -> frozenset[Duty]:
    """What this one has to do first. Services sign in by keys: there is no password to change or to add a factor to."""
    if not is_person:
        return frozenset()
    is_meant = demand is RequireTotp.ALL or (demand is RequireTotp.ADMINS and is_admin)
    owed = {Duty.PASSWORD: must_change_password, Duty.TOTP: is_meant and not has_totp}
    return frozenset(duty for duty, is_owed in owed.items() if is_owed)


def duty_refusal(duties: Collection[Duty]) -> Forbidden:
    """About the first of them, in the order in which they are done."""
    return next(refusal() for duty, refusal in _REFUSALS.items() if duty in duties)
