"""From what a request carries to the one who asks. Nobody is anybody without a credential that is good now.

Credentials are taken from a header and nowhere else (SECURITY R12): `Authorization: Bearer` with an access token or an
API key (`cg_...`), or `X-API-Key`. The GraphQL door makes such a header of a socket's `connection_init`. A credential
that is not good is refused; it never makes its bearer an anonymous caller.
"""

from collections.abc import Mapping

from foundation.errors import Unauthenticated
from resolvers import identities
from resolvers.operation import House, Operation
from rules.access.api_keys import looks_like_key
from rules.access.budgets import Budget
from rules.access.viewer import ANONYMOUS, Viewer

MAX_CREDENTIAL = 4096  # characters; ours have under 600


class BadCredentials(Unauthenticated):
    message = "Send one credential: `Authorization: Bearer` with a token or an API key, or `X-API-Key`."


class Identify:
    """Made once, with the house; asked for every request, socket and recheck."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def admit(self, headers: Mapping[str, str], client: str = "") -> Viewer:
        """Who is asking: the anonymous viewer where no credential was sent. Header names are lower-case.

        Raises Unauthenticated for a credential that is malformed, forged, expired or revoked, and for two at once; and
        BudgetSpent for one such too many: who sends them is nobody, and counts as that.
        """
        try:
            credential = credential_of(headers)
            if credential is None:
                return ANONYMOUS
            if looks_like_key(credential):
                return await identities.viewer_of_key(self.house, credential)
            return await identities.viewer_of_token(self.house, credential)
        except Unauthenticated:
            await self.house.budgets.spend(Budget.ANONYMOUS, ANONYMOUS, client)
            raise

    async def recheck(self, viewer: Viewer) -> Viewer:
        """The same one as he is now, for connections that stay open. Raises Unauthenticated."""
        return await identities.recheck(self.house, viewer)

    def operation(
        self, viewer: Viewer, *, request_id: str, client: str, user_agent: str = "", door: str = "rest"
    ) -> Operation:
        return Operation(self.house, viewer, request_id=request_id, client=client, user_agent=user_agent, door=door)


def credential_of(headers: Mapping[str, str]) -> str | None:
    """The one credential of a request, or None. Raises BadCredentials."""
    bearer, key = sole(headers, "authorization"), sole(headers, "x-api-key")
    if bearer is None and key is None:
        return None
    if bearer is not None and key is not None:
        raise BadCredentials
    if key is not None:
        credential = key.strip()
        if not looks_like_key(credential):
            raise BadCredentials
    else:
        scheme, _, credential = (bearer or "").strip().partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer":
            raise BadCredentials
    if not credential or len(credential) > MAX_CREDENTIAL or not credential.isascii():
        raise BadCredentials
    return credential


def sole(headers: Mapping[str, str], name: str) -> str | None:
    """The value of a header that may come once: of two that differ it would be chance which one counts. Raises
    BadCredentials."""
    getlist = getattr(headers, "getlist", None)
    values = list(getlist(name)) if getlist is not None else [headers[name]] if name in headers else []
    if len(values) > 1:
        raise BadCredentials
    return values[0] if values else None
