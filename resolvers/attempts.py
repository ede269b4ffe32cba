"""Counting attempts to prove who one is: passwords, and whatever else may be guessed at (SECURITY R5).

Three counts, all in the database, where they outlast a restart: of the account, of the client's address, and of all
clients together. A guess is answered only while all of them have room, and what is not answered is not counted.
"""

from dataclasses import replace
from datetime import datetime
from typing import NoReturn

from foundation.errors import Refusal
from foundation.ids import to_global
from foundation.rates import Rate
from models.database import Session
from models.queries import credentials, rate_windows
from models.queries.credentials import Account
from resolvers import budgets
from resolvers.operation import Door, Operation
from rules.access.actions import Action
from rules.access.budgets import Budget, Spent, key_of, rate_of
from rules.access.lockout import SignInLimited, lockout_of
from rules.access.names import is_storable, normalised
from rules.access.viewer import ANONYMOUS


class InvalidCredentials(Refusal):
    """Wrong name, wrong password, no password: one answer, and one time to give it, for all of them."""

    code, status = "INVALID_CREDENTIALS", 400
    message = "The name or the password is not right."


def lookup_key(name_or_email: str) -> str:
    """The normal form to ask the database for; what no database can hold is nobody's name."""
    return normalised(name_or_email) if is_storable(name_or_email) else ""


def counted_as(account: Account | None, index: str) -> str:
    """One count an account, whichever of its names is tried; else of what was typed, by its blind index.

    It may be somebody's address, or a password in the wrong field: nobody without the keys can guess at it.
    """
    if account is not None:
        return f"user:{account.user.id}"
    return f"name:{index}"


async def refuse_locked(op: Operation, session: Session, subject: str) -> None:
    """Raises SignInLimited while `subject` is locked, or its client or everybody has guessed too often."""
    now = op.clock.now()
    rule = lockout_of(op.settings)
    if rule is not None and (until := await credentials.locked_until(session, subject, now)):
        raise _limited(rule.rate, until, now)
    limits = _limits(op)
    standing = await rate_windows.standing(session, limits, now) if limits else {}
    for key, taken in standing.items():
        if taken.used >= limits[key].amount:
            raise _limited(limits[key], taken.ends_at, now)


async def fail(
    op: Operation, account: Account | None, subject: str, refusal: Refusal, *, action: Action = Action.SIGN_IN
) -> NoReturn:
    """Counts and writes down the failure, both for good, and refuses. Opens a door of its own.

    Signing in fails as nobody, of the account's organisation. Who is signed in and failed to prove it once more, for
    another `action`, is named by the audit line.
    """
    by = as_nobody(op, account) if action is Action.SIGN_IN else op
    target = to_global("User", account.user.id) if account else None
    async with by.write(action, target=target, client=op.client) as door:
        await _count(op, door, subject)
        door.refused(refusal.code)
    refusal.is_noted = True
    raise refusal


def as_nobody(op: Operation, account: Account | None) -> Operation:
    """Nobody, in the trail of the account's organisation: its administrators are to read of failed sign-ins."""
    return op.as_viewer(replace(ANONYMOUS, organization_id=account.organization.id if account else ""))


async def forgive(op: Operation, door: Door, subject: str) -> None:
    """After a right proof the count of the account begins anew. Raises SignInLimited where it was locked meanwhile."""
    await refuse_locked(op, door.session, subject)
    if lockout_of(op.settings) is not None and (until := await credentials.forgive(door.session, subject, door.now)):
        raise SignInLimited.until(until, door.now)


async def _count(op: Operation, door: Door, subject: str) -> None:
    """Counts a wrong proof. Raises SignInLimited where some count had reached its limit since this one was let in:
    whether it was right or wrong is then not told, and the transaction leaves all counts as they were."""
    rule = lockout_of(op.settings)
    if rule is not None and not await credentials.note_failure(door.session, subject, door.now, rule):
        until = await credentials.locked_until(door.session, subject, door.now)
        raise _limited(rule.rate, until or door.now, door.now)
    # The order is the same for everybody, and the count that all share comes last: nobody waits in a circle.
    for key, rate in _limits(op).items():
        taken = await rate_windows.take(door.session, key, 1, rate, door.now)
        if not taken.granted:
            raise _limited(rate, taken.ends_at, door.now)
    await rate_windows.tidy(door.session, door.now)


def _limits(op: Operation) -> dict[str, Rate]:
    """The counts beside that of the account: of the client, and of everybody."""
    return {
        key_of(budget, ANONYMOUS, op.client): rate
        for budget in (Budget.SIGN_IN, Budget.SIGN_IN_TOTAL)
        if (rate := rate_of(op.settings, budget)) is not None and (op.client or budget is Budget.SIGN_IN_TOTAL)
    }


def _limited(rate: Rate, until: datetime, now: datetime) -> SignInLimited:
    budgets.note(Spent("sign_in", rate.amount, rate.amount, until, rate.seconds, granted=False))
    return SignInLimited.until(until, now)
