"""Who asks for a list: firewalls know Basic alone, so an API key is taken as its name or its password."""

import base64
import binascii
from collections.abc import Mapping

from foundation.errors import Unauthenticated
from resolvers import identities
from rules.access.api_keys import looks_like_key
from rules.access.budgets import Budget
from rules.access.viewer import ANONYMOUS, Viewer
from web.identify import MAX_CREDENTIAL, BadCredentials, Identify


class ListIdentify(Identify):
    """Beside what every door takes: `Authorization: Basic`, with an API key in it."""

    async def admit(self, headers: Mapping[str, str], client: str = "") -> Viewer:
        scheme, _, sent = headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() != "basic":
            return await super().admit(headers, client)
        try:
            return await identities.viewer_of_key(self.house, _key_in(sent.strip()))
        except Unauthenticated:
            await self.house.budgets.spend(Budget.ANONYMOUS, ANONYMOUS, client)
            raise


def _key_in(sent: str) -> str:
    """Raises BadCredentials."""
    try:
        plain = base64.b64decode(sent[:MAX_CREDENTIAL] + "=" * (-len(sent) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise BadCredentials from error
    name, _, password = plain.partition(":")
    for part in (password, name):
        if looks_like_key(part):
            return part
    raise BadCredentials
