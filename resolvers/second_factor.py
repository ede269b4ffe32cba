"""What signing in asks for beside the password: a code, a recovery code, or a device that gave one (SECURITY R6)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NoReturn

from foundation.ids import to_global
from models.database import Session
from models.people import User
from models.queries import second_factors
from models.queries.credentials import Account
from models.second_factors import Device
from resolvers import attempts
from resolvers.operation import Operation
from resolvers.totp import unsealed
from rules.access import devices, totp
from rules.access.actions import Action
from rules.access.tokens import digest
from rules.access.totp import TotpInvalid, TotpRequired


class Means(StrEnum):
    """By what the second factor was given."""

    CODE = "totp"
    RECOVERY_CODE = "recovery_code"
    DEVICE = "device"


@dataclass(frozen=True)
class Given:
    """What came beside the password. `remember_device`: the caller asks for a device token."""

    totp_code: str | None = None
    device_token: str | None = None
    remember_device: bool = False


@dataclass(frozen=True)
class Proof:
    """Something that was right when it was looked at. `spend`, in the transaction that uses it, makes it work once."""

    means: Means
    key: str  # of the seed, the code or the device
    counter: int = 0

    async def spend(self, session: Session, now: datetime) -> bool:
        match self.means:
            case Means.CODE:
                return await second_factors.spend_counter(session, self.key, self.counter)
            case Means.RECOVERY_CODE:
                return await second_factors.spend_recovery_code(session, self.key, now)
            case Means.DEVICE:
                return await second_factors.note_device_used(session, self.key, now)


async def prove(op: Operation, account: Account, subject: str, given: Given) -> Proof:
    """The second factor of one whose password was right. Opens doors of its own.

    A remembered device is looked at first, so that a code that came along is not spent in vain. Raises TotpRequired
    where nothing came that could be right or wrong; TotpInvalid, counted with the wrong passwords; SignInLimited.
    """
    async with op.read(Action.SIGN_IN) as session:
        proof = await _found(op, session, account.user, given)
    if proof is not None:
        return proof
    if not given.totp_code:
        await _ask(op, account, subject)
    return await attempts.fail(op, account, subject, TotpInvalid(field="totp_code"))


def remember(session: Session, user_id: str, user_agent: str, now: datetime) -> str:
    """A new device of the user; its token, shown this once."""
    token = devices.new_device_token()
    device = Device(
        user_id=user_id,
        digest=digest(token),
        user_agent=user_agent,
        created_at=now,
        last_used_at=now,
        expires_at=now + devices.LASTS,
    )
    session.add(device)
    return token


async def _found(op: Operation, session: Session, user: User, given: Given) -> Proof | None:
    now, token, code = op.clock.now(), given.device_token, given.totp_code
    if token and len(token) <= devices.MAX_TOKEN:
        device_id = await second_factors.live_device(session, user.id, digest(token), now)
        if device_id is not None:
            return Proof(Means.DEVICE, device_id)
    if not code or len(code) > totp.MAX_CODE:
        return None
    seed = await second_factors.seed_of(session, user.id)
    if seed is not None and seed.confirmed_at is not None:
        counter = totp.counter_of(unsealed(op, seed), code, now=now, last=seed.last_counter)
        if counter is not None:
            return Proof(Means.CODE, seed.id, counter)
    code_id = await second_factors.unused_recovery_code(session, user.id, totp.recovery_digest(code))
    return None if code_id is None else Proof(Means.RECOVERY_CODE, code_id)


async def _ask(op: Operation, account: Account, subject: str) -> NoReturn:
    """Says that a code is needed, and writes down that it was said: it tells that the password is right.

    Nothing is counted and nothing forgiven: neither the right password nor its lack of a code moves the count.
    """
    target = to_global("User", account.user.id)
    async with attempts.as_nobody(op, account).write(Action.SIGN_IN, target=target, client=op.client) as door:
        await attempts.refuse_locked(op, door.session, subject)
        door.refused(TotpRequired.code)
    raise TotpRequired(field="totp_code")
