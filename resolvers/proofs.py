"""Who is signed in proves once more to be the account's owner, before he changes what outlives his session."""

from foundation.errors import Forbidden
from models.queries import credentials
from models.queries.credentials import Account
from resolvers import attempts
from resolvers.attempts import InvalidCredentials
from resolvers.operation import Door, Operation
from rules.access.actions import Action

WRONG = "The password is not right."


async def prove_password(op: Operation, password: str, *, action: Action, field: str = "password") -> Account:
    """The caller's account, if this is its password. A wrong one counts as a failed sign-in.

    Raises InvalidCredentials, SignInLimited, Forbidden for who is no person. Opens doors of its own.
    """
    async with op.read(action) as session:
        account = await credentials.account_by_id(session, op.viewer.user_id)
        if account is None or op.viewer.api_key_id is not None:
            raise Forbidden
        subject = attempts.counted_as(account, "")
        await attempts.refuse_locked(op, session, subject)
    if not await op.house.hashing.matches(password, account.user.password_hash):
        await attempts.fail(op, account, subject, InvalidCredentials(WRONG, field=field), action=action)
    return account


async def hold_proved(op: Operation, door: Door, account: Account) -> Account:
    """The proved account as it is now, held to be changed until the door closes.

    The count is not forgiven here: it guards the second factor too, and of that nothing was proved. Raises
    SignInLimited where it was locked meanwhile, InvalidCredentials where the password was changed.
    """
    await attempts.refuse_locked(op, door.session, attempts.counted_as(account, ""))
    current = await credentials.account_held(door.session, account.user.id, changing=True)
    if current is None or current.user.password_hash != account.user.password_hash:
        raise InvalidCredentials(WRONG)
    return current
