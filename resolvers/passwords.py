"""A password is changed by who knows it."""

from foundation.ids import to_global
from models.queries import credentials, members, second_factors
from models.queries.credentials import Account
from resolvers import attempts
from resolvers.attempts import InvalidCredentials
from resolvers.letters import Kind, post
from resolvers.operation import Door, Operation
from resolvers.personal import personal_of
from rules.access.actions import Action
from rules.access.passwords import WeakPassword, check_confirmed, check_new_password


async def change_password(op: Operation, *, current: str, new: str, confirm: str) -> str:
    """Sets a new password and ends every other session of this person; the one that asks goes on.

    The current one is a guess like any other and counted as one. Raises InvalidCredentials, SignInLimited,
    WeakPassword, InvalidInput.
    """
    viewer = op.viewer
    await op.permit(Action.PASSWORD_CHANGE)
    async with op.read(Action.PASSWORD_CHANGE) as session:
        account = await credentials.account_of(session, viewer.user_id)
        counted_as = attempts.counted_as(account, viewer.user_id)
        await attempts.refuse_locked(op, session, counted_as)
    if account is None:
        raise InvalidCredentials
    check_confirmed(new, confirm, field="newPasswordConfirm")
    check_new_password(new, known=known_of(op, account), field="newPassword")
    if not await op.house.hashing.matches(current, account.user.password_hash):
        wrong = InvalidCredentials(field="currentPassword")
        await attempts.fail(op, account, counted_as, wrong, action=Action.PASSWORD_CHANGE)
    if current == new:
        raise WeakPassword("This is the password that is to be replaced.", field="newPassword")
    stored = await op.house.hashing.hash(new)
    async with op.write(Action.PASSWORD_CHANGE, target=to_global("User", viewer.user_id)) as door:
        await attempts.forgive(op, door, counted_as)
        if not await members.set_password(
            door.session, viewer.user_id, stored, door.now, instead_of=account.user.password_hash
        ):
            raise InvalidCredentials  # Another change came first.
        await after_new_password(door, viewer.user_id, "password_changed", but=viewer.session_id)
        post(door, Kind.PASSWORD_CHANGED, viewer.user_id)
    op.house.forget_everybody()
    return viewer.user_id


def known_of(op: Operation, account: Account) -> tuple[str, ...]:
    """What everybody knows of a person, and what is no password for that reason."""
    return account.user.name, personal_of(op, account.user).email or ""


async def after_new_password(door: Door, user_id: str, reason: str, *, but: str | None = None) -> None:
    """What was signed in by the old password ends, with the devices it made known and whatever else would set a new
    password. A second factor stays."""
    await members.put_out(door.session, user_id, door.now, reason, but=but)
    await second_factors.revoke_devices(door.session, user_id, door.now)
