"""Credentials in every form that pollers send them (POLLERS T16), each led back to a token, a key or a password.

    Basic base64(name:password)     a person without a second factor, or an API key as the name or as the password
    Basic cg_...                    an API key as it is
    Bearer ..., Token ...           an access token or an API key
    X-API-Key: cg_...               an API key

Elsewhere only the last two are taken (SECURITY R12).
"""

import base64
import binascii
from collections.abc import Mapping
from typing import NamedTuple

from foundation import telemetry
from foundation.errors import InvalidInput, Unauthenticated
from resolvers import identities
from resolvers.attempts import InvalidCredentials
from resolvers.operation import House, Operation
from resolvers.password_sign_ins import PasswordSignIns
from rules.access.api_keys import looks_like_key
from rules.access.budgets import Budget
from rules.access.viewer import ANONYMOUS, Viewer
from web.identify import MAX_CREDENTIAL, BadCredentials, Identify, credential_of, sole


class WrongPassword(Unauthenticated):
    message = "The name or the password is not right."


class Login(NamedTuple):
    name: str
    password: str


class PollerIdentify(Identify):
    """Who asks at a door for pollers and firewalls. Made once: it remembers right passwords for a minute. `door`: what
    the access log calls it."""

    def __init__(self, house: House, door: str = "lists") -> None:
        super().__init__(house)
        self._door = door
        self._sign_ins = PasswordSignIns(house)

    async def admit(self, headers: Mapping[str, str], client: str = "") -> Viewer:
        try:
            return await self._admit(headers, client)
        except Unauthenticated:
            await self.house.budgets.spend(Budget.ANONYMOUS, ANONYMOUS, client)
            raise

    async def _admit(self, headers: Mapping[str, str], client: str) -> Viewer:
        given = given_by(headers)
        if given is None:
            return ANONYMOUS
        if isinstance(given, str):
            of = identities.viewer_of_key if looks_like_key(given) else identities.viewer_of_token
            return await of(self.house, given)
        op = self.operation(ANONYMOUS, request_id=telemetry.request_id.get(), client=client)
        try:
            return await self._sign_ins.viewer_of(op, given.name, given.password)
        except (InvalidCredentials, InvalidInput) as refusal:  # counted and written down; in this door's word for it
            raise WrongPassword from refusal

    def operation(
        self, viewer: Viewer, *, request_id: str, client: str, user_agent: str = "", door: str = ""
    ) -> Operation:
        return super().operation(
            viewer, request_id=request_id, client=client, user_agent=user_agent, door=door or self._door
        )


def given_by(headers: Mapping[str, str]) -> str | Login | None:
    """The one credential of a request: a key or a token, or a name and a password. Raises BadCredentials."""
    sent = sole(headers, "authorization")
    scheme, _, credential = (sent or "").strip().partition(" ")
    credential = credential.strip()
    match scheme.lower():
        case "basic":
            given: str | Login = _basic(credential)
        case "token":
            given = credential
        case _:
            return credential_of(headers)
    if sole(headers, "x-api-key") is not None or not given or len(credential) > MAX_CREDENTIAL:
        raise BadCredentials
    if isinstance(given, str) and not given.isascii():
        raise BadCredentials
    return given


def _basic(credential: str) -> str | Login:
    if looks_like_key(credential):
        return credential
    try:
        plain = base64.b64decode(credential + "=" * (-len(credential) % 4), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise BadCredentials from error
    name, _, password = plain.partition(":")
    return next((part for part in (password, name) if looks_like_key(part)), Login(name, password))
