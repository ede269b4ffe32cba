"""What has to be done first, and what is said to who has not done it: over every door, by `Operation.check`."""

from collections.abc import Collection

from foundation.errors import Forbidden
from rules.access.viewer import Duty


class PasswordChangeRequired(Forbidden):
    code = "PASSWORD_CHANGE_REQUIRED"
    message = "Choose a password of your own first: this one was for one time only."


_REFUSALS: dict[Duty, type[Forbidden]] = {Duty.PASSWORD: PasswordChangeRequired}


def duty_refusal(duties: Collection[Duty]) -> Forbidden:
    """About the first of them, in the order in which they are done."""
    return next(refusal() for duty, refusal in _REFUSALS.items() if duty in duties)
