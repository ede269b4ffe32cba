"""Counting attempts to prove who one is: passwords, and whatever else may be guessed at (SECURITY R5)."""

import hashlib
from dataclasses import replace
from typing import NoReturn

from foundation.errors import Refusal
from foundation.ids import to_global
from models.database import Session
from models.queries import credentials
from models.queries.credentials import Account
from resolvers.operation import Door, Operation
from rules.access.actions import Action
from rules.access.lockout import SignInLimited
from rules.access.names import is_storable, normalised
from rules.access.viewer import ANONYMOUS


class InvalidCredentials(Refusal):
    """Wrong name, wrong password, no password: one answer, and one time to give it, for all of them."""

    code, status = "INVALID_CREDENTIALS", 400
    message = "The name or the password is not right."


def lookup_key(name_or_email: str) -> str:
    """The normal form to ask the database for; what no database can hold is nobody's name."""
    return normalised(name_or_email) if is_storable(name_or_email) else ""


def counted_as(account: Account | None, login_key: str) -> str:
    """One count an account, whichever of its names is tried. What was typed is kept as digest: it may be a password."""
    if account is not None:
        return f"user:{account.user.id}"
    return f"name:{hashlib.sha256(login_key.encode()).hexdigest()}"


async def refuse_locked(op: Operation, session: Session, subject: str) -> None:
    """Raises SignInLimited while `subject` is locked."""
    if not op.settings.rate_limits:
        return
    now = op.clock.now()
    if until := await credentials.locked_until(session, subject, now):
        raise SignInLimited.until(until, now)


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
        if op.settings.rate_limits and not await credentials.note_failure(door.session, subject, door.now):
            # Locked since this one was let in: whether it was right or wrong is not told any more.
            until = await credentials.locked_until(door.session, subject, door.now)
            raise SignInLimited.until(until or door.now, door.now)
        door.refused(refusal.code)
    raise refusal


def as_nobody(op: Operation, account: Account | None) -> Operation:
    """Nobody, in the trail of the account's organisation: its administrators are to read of failed sign-ins."""
    return op.as_viewer(replace(ANONYMOUS, organization_id=account.organization.id if account else ""))


async def forgive(op: Operation, door: Door, subject: str) -> None:
    """After a right proof the count begins anew. Raises SignInLimited where it was locked meanwhile."""
    if op.settings.rate_limits and (until := await credentials.forgive(door.session, subject, door.now)):
        raise SignInLimited.until(until, door.now)
