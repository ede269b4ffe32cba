"""A person's second factor: set up, taken away, and the codes on paper for when the device is gone (SECURITY R6)."""

from dataclasses import dataclass

from formats.qr import as_svg_uri
from foundation.errors import Forbidden, NotFound
from foundation.ids import new_id, to_global
from models.queries import credentials, second_factors
from models.second_factors import TotpSeed
from resolvers import attempts
from resolvers.identities import session_name
from resolvers.operation import Operation
from resolvers.proofs import hold_proved, prove_password
from rules.access import totp
from rules.access.actions import Action
from rules.access.devices import DeviceNotFound
from rules.access.person import address_indexes
from rules.access.personal_data import seal, unseal
from rules.access.totp import EnrolmentOver, TotpEnrolled, TotpInvalid, TotpNotEnrolled

_PLACE = {"table": "totp_seed", "column": "seed"}


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator needs, in three forms. Shown once; the server keeps it sealed."""

    secret: str
    uri: str
    picture: str


async def begin_enrolment(op: Operation, *, password: str) -> Enrolment:
    """A new seed, good for nothing until a code of it confirms it within ten minutes. Puts one begun before away.

    Raises TotpEnrolled, InvalidCredentials, SignInLimited.
    """
    account = await prove_password(op, password, action=Action.TOTP_ENROL)
    secret, seed_id = totp.new_seed(), new_id()
    sealed = seal(op.house.keys, secret, row_id=seed_id, **_PLACE)
    async with op.write(Action.TOTP_ENROL, target=to_global("User", account.user.id), step="begun") as door:
        await hold_proved(op, door, account)
        seed = TotpSeed(id=seed_id, user_id=account.user.id, seed=sealed, begun_at=door.now)
        if not await second_factors.begin(door.session, seed):
            raise TotpEnrolled
    uri = totp.provisioning_uri(secret, name=account.user.name)
    return Enrolment(secret, uri, as_svg_uri(uri))


async def confirm_enrolment(op: Operation, *, code: str) -> tuple[str, ...]:
    """Makes the begun seed the account's second factor, and gives ten recovery codes. The code is spent by it.

    Raises EnrolmentOver where none is open, TotpInvalid (counted as a failed sign-in), SignInLimited.
    """
    async with op.read(Action.TOTP_ENROL) as session:
        account = await credentials.account_by_id(session, op.viewer.user_id)
        if account is None:
            raise Forbidden
        subject = attempts.counted_as(account, "")
        await attempts.refuse_locked(op, session, subject)
        seed = await second_factors.seed_of(session, account.user.id)
    if seed is None or seed.confirmed_at or seed.begun_at + totp.BEGUN_FOR <= op.clock.now():
        raise EnrolmentOver
    counter = totp.counter_of(unsealed(op, seed), code[: totp.MAX_CODE], now=op.clock.now(), last=None)
    if counter is None:
        await attempts.fail(op, account, subject, TotpInvalid(field="code"), action=Action.TOTP_ENROL)
    codes = totp.new_recovery_codes()
    async with op.write(Action.TOTP_ENROL, target=to_global("User", account.user.id), step="confirmed") as door:
        await attempts.refuse_locked(op, door.session, subject)
        current = await credentials.account_held(door.session, account.user.id, changing=True)
        if current is None or not await second_factors.confirm(door.session, current.user, seed.id, counter, door.now):
            raise EnrolmentOver
        digests = [totp.recovery_digest(code) for code in codes]
        await second_factors.replace_recovery_codes(door.session, current.user.id, digests, door.now)
    op.house.standings.forget(session_name(op.viewer.session_id or ""))
    return codes


async def remove(op: Operation, *, password: str) -> None:
    """Takes the second factor away, with its recovery codes and remembered devices; an enrolment only begun too.

    Raises TotpNotEnrolled, InvalidCredentials, SignInLimited.
    """
    account = await prove_password(op, password, action=Action.TOTP_REMOVE)
    async with op.write(Action.TOTP_REMOVE, target=to_global("User", account.user.id)) as door:
        current = await hold_proved(op, door, account)
        if current.user.totp_since is None:
            raise TotpNotEnrolled
        await second_factors.remove(door.session, current.user, door.now)
    op.house.standings.forget(session_name(op.viewer.session_id or ""))


async def remove_of(op: Operation, *, name: str) -> str:
    """The operator's way out, for who lost device and recovery codes. Gives the name.

    Raises NotFound, TotpNotEnrolled.
    """
    async with op.write(Action.TOTP_REMOVE_OF) as door:
        key = attempts.lookup_key(name)
        found = await credentials.account_by_login(door.session, key, address_indexes(op.house.keys, key))
        account = found and await credentials.account_held(door.session, found.user.id, changing=True)
        if account is None:
            raise NotFound(f"There is nobody who signs in as {name}.")
        door.about(to_global("User", account.user.id), organization=account.organization.id)
        if account.user.totp_since is None:
            raise TotpNotEnrolled(f"{account.user.name} has no second factor.")
        await second_factors.remove(door.session, account.user, door.now)
    return account.user.name


async def regenerate_recovery_codes(op: Operation, *, password: str) -> tuple[str, ...]:
    """Ten new codes; none of the old ones works any more. Raises as `remove` does."""
    account = await prove_password(op, password, action=Action.TOTP_RECOVER)
    codes = totp.new_recovery_codes()
    async with op.write(Action.TOTP_RECOVER, target=to_global("User", account.user.id)) as door:
        current = await hold_proved(op, door, account)
        if current.user.totp_since is None:
            raise TotpNotEnrolled
        digests = [totp.recovery_digest(code) for code in codes]
        await second_factors.replace_recovery_codes(door.session, current.user.id, digests, door.now)
    return codes


async def revoke_device(op: Operation, *, device_id: str) -> str:
    """Ends a remembered device of the caller's, at once; twice is no error. Raises DeviceNotFound."""
    async with op.write(Action.DEVICE_REVOKE, target=to_global("Device", device_id)) as door:
        if not await second_factors.revoke_device(door.session, op.viewer, device_id, door.now):
            raise DeviceNotFound(field="id")
        door.answer(device_id)
    return device_id


def unsealed(op: Operation, seed: TotpSeed) -> str:
    return unseal(op.house.keys, seed.seed, row_id=seed.id, **_PLACE)
