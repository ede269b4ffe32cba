"""A forgotten password: asked for at a door, answered by mail, changed by who holds the mailbox (SECURITY R10).

A token is 32 random bytes, kept as its SHA-256 alone, good for half an hour and for one use; a newer one ends it. It is
made where the letter is made, in the step that sends it: no queue, log or copy of the database ever holds it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from foundation.errors import NotFound, Refusal
from foundation.ids import new_id, secret_text, to_global
from models.people import PasswordReset
from models.queries import credentials, members, resets
from models.queries.credentials import Account
from resolvers import attempts
from resolvers.letters import Kind, post
from resolvers.operation import Door, Operation
from resolvers.passwords import after_new_password, known_of
from rules.access.actions import Action
from rules.access.budgets import Budget
from rules.access.names import check_email, normalised
from rules.access.passwords import check_confirmed, check_new_password
from rules.access.person import address_indexes
from rules.access.tokens import digest
from rules.access.viewer import ANONYMOUS

SECRET_BYTES = 32
LONGEST = 128  # characters; ours have 43
LASTS = timedelta(minutes=30)
LETTERS_AN_HOUR = 3
"""Letters that one person is sent, however often somebody asks: a mailbox is not to be filled by strangers."""


class InvalidResetToken(Refusal):
    """Used, old, followed by a newer one, or never given out: one answer for all of them."""

    code, status = "INVALID_RESET_TOKEN", 400
    message = "This link is not good any more. Ask for a new one."


class NoSuchPerson(NotFound):
    code = "USER_NOT_FOUND"
    message = "There is no active person of this name or address."


@dataclass(frozen=True)
class Issued:
    """The link is there once."""

    account: Account
    link: str


async def request_reset(op: Operation, *, email: str) -> None:
    """Has a letter sent to whom the address belongs. For an address that nobody has the same work is done here: the
    letter that is put in the queue is then to nobody. Raises InvalidInput, BudgetSpent."""
    email = check_email(email)
    await op.spend(Budget.RESET)
    async with op.read(Action.PASSWORD_FORGET) as session:
        account = await credentials.account_by_login(session, "", address_indexes(op.house.keys, normalised(email)))
    whom = account.user.id if account else new_id()
    nobody = op.as_viewer(replace(ANONYMOUS, organization_id=account.organization.id if account else ""))
    target = to_global("User", whom) if account else None
    async with nobody.write(Action.PASSWORD_FORGET, target=target, client=op.client) as door:
        post(door, Kind.PASSWORD_RESET, whom)


async def check_token(op: Operation, *, token: str) -> datetime:
    """Until when the token is good. Raises InvalidResetToken, BudgetSpent."""
    await op.spend(Budget.RESET)
    return (await _standing(op, token)).expires_at


async def reset_password(op: Operation, *, token: str, new: str, confirm: str) -> None:
    """Sets a new password and ends every session; who did it then signs in, with the second factor where there is one.

    A password that is refused leaves the token good. Raises InvalidResetToken, WeakPassword, InvalidInput, BudgetSpent.
    """
    await op.spend(Budget.RESET)
    reset = await _standing(op, token)
    async with op.read(Action.PASSWORD_RESET) as session:
        account = await credentials.account_of(session, reset.user_id)
    if account is None:
        raise InvalidResetToken
    check_confirmed(new, confirm, field="newPasswordConfirm")
    check_new_password(new, known=known_of(op, account), field="newPassword")
    stored = await op.house.hashing.hash(new)
    nobody = op.as_viewer(replace(ANONYMOUS, organization_id=account.organization.id))
    target = to_global("User", reset.user_id)
    async with nobody.write(Action.PASSWORD_RESET, target=target, client=op.client) as door:
        if await resets.person_held(door.session, reset.user_id) is None:
            raise InvalidResetToken
        if not await resets.use(door.session, digest(token), door.now):
            raise InvalidResetToken
        await members.set_password(door.session, reset.user_id, stored, door.now)
        await after_new_password(door, reset.user_id, "password_reset")
        await resets.unlock(door.session, attempts.counted_as(account, ""))
        post(door, Kind.PASSWORD_CHANGED, reset.user_id)
    op.house.forget_everybody()


async def _standing(op: Operation, token: str) -> PasswordReset:
    async with op.read(Action.PASSWORD_RESET) as session:
        known = len(token) <= LONGEST and await resets.standing(session, digest(token), op.clock.now())
    if not known:
        raise InvalidResetToken(field="token")
    return known


async def issue_by_mail(op: Operation, *, user_id: str, reset_id: str) -> Issued | None:
    """A token for the letter that is being written; None where nobody is to be written to, or enough was written.

    Repeated under the same `reset_id` it is another token in place of the first: a letter that was not sent.
    """
    async with op.write(Action.PASSWORD_RESET_SEND, target=to_global("User", user_id)) as door:
        if await resets.person_held(door.session, user_id) is None:
            door.refused(NoSuchPerson.code)
            return None
        an_hour = door.now - timedelta(hours=1)
        if await resets.issued_since(door.session, user_id, an_hour, but=reset_id) >= LETTERS_AN_HOUR:
            door.refused("RATE_LIMITED")
            return None
        return await _issue(op, door, user_id, reset_id)


async def issue_by_operator(op: Operation, *, name_or_email: str) -> Issued:
    """A link for who has the shell to hand over: where no mail is sent, or none arrives. Raises NoSuchPerson."""
    key = attempts.lookup_key(name_or_email)
    async with op.read(Action.PASSWORD_RESET_OF) as session:
        account = await credentials.account_by_login(session, key, address_indexes(op.house.keys, key))
    if account is None:
        raise NoSuchPerson
    async with op.write(Action.PASSWORD_RESET_OF, target=to_global("User", account.user.id)) as door:
        if await resets.person_held(door.session, account.user.id) is None:
            raise NoSuchPerson
        return await _issue(op, door, account.user.id, new_id())


async def _issue(op: Operation, door: Door, user_id: str, reset_id: str) -> Issued:
    token = secret_text(SECRET_BYTES)
    account = await credentials.account_of(door.session, user_id)
    assert account is not None
    await resets.issue(
        door.session,
        PasswordReset(
            id=reset_id,
            user_id=user_id,
            digest=digest(token),
            created_at=door.now,
            expires_at=door.now + LASTS,
        ),
    )
    return Issued(account, link_of(op, token))


def link_of(op: Operation, token: str) -> str:
    """The host is the configured one, never the request's. The token stands behind a `#`, where no server, proxy or
    log sees it: the page there sends it in a body."""
    return f"{op.settings.public_url.rstrip('/')}/reset-password#token={token}"
