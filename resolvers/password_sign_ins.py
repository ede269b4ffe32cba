"""A name and a password with every request, of clients that know nothing else (SECURITY R12, CONTRACTS 1, row 47).

Each is a sign-in and counts as one; a right one is remembered for a minute, so that a poller does not pay for a hash at
every page. What is remembered is no password and no hash of one: an HMAC under a key that ends with the process.
"""

import hashlib
import hmac
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from foundation.errors import Unauthenticated
from foundation.ids import secret_bytes, to_global
from models.queries import credentials
from models.queries.credentials import Account
from resolvers import attempts
from resolvers.attempts import InvalidCredentials
from resolvers.identities import viewer_of
from resolvers.operation import House, Operation
from resolvers.sign_in import AccountDisabled, by_password
from rules.access.actions import Action
from rules.access.viewer import ANONYMOUS, Viewer

REMEMBERED: Final = timedelta(seconds=60)
_MOST: Final = 10_000


class KeyNeeded(Unauthenticated):
    """Told only to who knows the password."""

    message = "This account has a second factor: use an API key as the password."


@dataclass(frozen=True, slots=True)
class _Known:
    user_id: str
    password_hash: str
    until: datetime


class PasswordSignIns:
    """Of one process."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._key = secret_bytes()
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def viewer_of(self, op: Operation, name: str, password: str) -> Viewer:
        """Who it is. Raises InvalidCredentials, AccountDisabled, KeyNeeded, SignInLimited, Unavailable."""
        said = f"{len(name)}:{name}{password}".encode("utf-8", "surrogatepass")
        mark = hmac.digest(self._key, said, hashlib.sha256)
        known = self._known.get(mark)
        if known is not None and known.until > op.clock.now():
            viewer = await self._standing(known)
            if viewer is not None:
                return viewer
        self._known.pop(mark, None)
        account = await self._prove(op, name, password)
        self._known[mark] = _Known(account.user.id, account.user.password_hash or "", op.clock.now() + REMEMBERED)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return self._viewer(account)

    async def _standing(self, known: _Known) -> Viewer | None:
        """The one who was right a moment ago, as he is now; None where he has to prove it again."""

        async def load() -> Viewer | None:
            async with Operation(self._house, ANONYMOUS).read(Action.SIGN_IN) as session:
                account = await credentials.account_of(session, known.user_id)
            if account is None or _closed(account) or account.user.password_hash != known.password_hash:
                return None
            return self._viewer(account)

        name = hmac.digest(self._key, f"{known.user_id}:{known.password_hash}".encode(), hashlib.sha256).hex()
        return await self._house.standings.get(f"password:{name}", load)

    async def _prove(self, op: Operation, name: str, password: str) -> Account:
        account, counted_as = await by_password(op, name, password)
        if account.user.totp_since is not None:
            raise KeyNeeded
        as_himself = op.as_viewer(self._viewer(account))
        target = to_global("User", account.user.id)
        async with as_himself.write(Action.SIGN_IN, target=target, client=op.client, door=op.door) as door:
            await attempts.forgive(op, door, counted_as)
            current = await credentials.account_held(door.session, account.user.id)
            if current is None or current.user.password_hash != account.user.password_hash:
                raise InvalidCredentials
            if not current.is_active:
                raise AccountDisabled
            return current

    def _viewer(self, account: Account) -> Viewer:
        return viewer_of(account, demand=self._house.settings.require_totp)


def _closed(account: Account) -> bool:
    return not account.is_active or account.user.totp_since is not None
