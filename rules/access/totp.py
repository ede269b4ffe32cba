"""The second factor: codes by the clock (RFC 6238), and the codes on paper for when the device is gone (SECURITY R6).

Numbers: a code of six digits every 30 s from a seed of 160 bits (RFC 4226 4, R6), which is what authenticator
applications take for granted. One step to either side is accepted: RFC 6238 5.2 advises no more, and of a million codes
three are then good at a time.
"""

import base64
import hmac
from datetime import datetime, timedelta

import pyotp

from foundation.errors import Conflict, Forbidden, InvalidInput, Refusal
from foundation.ids import secret_bytes
from rules.access.passwords import typed_secret
from rules.access.tokens import digest

STEP_S = 30
DIGITS = 6
WINDOW = 1  # steps to either side of the server's clock
SEED_BYTES = 20
ISSUER = "casegraph"

BEGUN_FOR = timedelta(minutes=10)
"""How long an enrolment may wait for its first code: the seed was shown, and must not lie about for ever."""

RECOVERY_CODES = 10
_RECOVERY_GROUPS = 6  # of four of 31 characters: 118 bits, so that a plain digest keeps them (ASVS 6.5.2)

MAX_CODE = 64  # characters of whatever is sent as a code; a recovery code has 29


class TotpRequired(Refusal):
    """The password was right, and the account has a second factor. No session is made."""

    code, status, kind = "TOTP_REQUIRED", 401, "UNAUTHENTICATED"
    message = "The password is right. Send a code of your authenticator, or a recovery code, too."


class TotpInvalid(Refusal):
    """Wrong, too old, or used before: one answer for all of them."""

    code, status, kind = "TOTP_INVALID", 401, "UNAUTHENTICATED"
    message = "The code is not right, or was used before. Each works once."


class TotpEnrolled(Conflict):
    code = "TOTP_ENROLLED"
    message = "A second factor is set up. Remove it first."


class TotpNotEnrolled(Conflict):
    code = "TOTP_NOT_ENROLLED"
    message = "There is no second factor to do this with."


class TotpEnrolmentRequired(Forbidden):
    code = "TOTP_ENROLMENT_REQUIRED"
    message = "Set up a second factor first: it is demanded of you."


class EnrolmentOver(InvalidInput):
    code = "TOTP_ENROLMENT_OVER"
    message = "No enrolment is open: they wait ten minutes. Begin again."


def new_seed() -> str:
    """160 random bits in base32, as they are typed into an authenticator."""
    return base64.b32encode(secret_bytes(SEED_BYTES)).decode()


def provisioning_uri(seed: str, *, name: str) -> str:
    """`otpauth://totp/casegraph:NAME?...`, which authenticator applications read."""
    return pyotp.TOTP(seed).provisioning_uri(name=name, issuer_name=ISSUER)


def counter_of(seed: str, code: str, *, now: datetime, last: int | None) -> int | None:
    """Which step the code belongs to; None when it is wrong, too far off, or not newer than the `last` accepted one.

    Every step of the window is compared, in constant time. The caller keeps the counter: that is what makes a code
    work once, since pyotp accepts the same one again and again.
    """
    digits = "".join(code.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    here, codes = int(now.timestamp()) // STEP_S, pyotp.HOTP(seed)
    found = None
    for counter in range(max(0, here - WINDOW), here + WINDOW + 1):
        if hmac.compare_digest(codes.at(counter), digits) and (last is None or counter > last):
            found = counter
    return found


def new_recovery_codes() -> tuple[str, ...]:
    """Ten, such as `k7mq-2xhd-9vbn-tq4r-c8ws-h3jp`. Their owner sees them once; we keep their digests."""
    return tuple(typed_secret(_RECOVERY_GROUPS) for _ in range(RECOVERY_CODES))


def recovery_digest(code: str) -> str:
    """What is kept of a recovery code: of its letters and digits, however they were grouped and written."""
    return digest("".join(character for character in code.casefold() if character.isalnum()))
