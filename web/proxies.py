"""The caller's address, as a trusted proxy tells it (SECURITY R5, trap 21)."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

LONGEST_CHAIN = 20  # addresses looked at, from the right; no real chain of proxies is half as long


class TrustedProxies:
    """Puts the real caller into `scope["client"]`. Without configured proxies the header is not even read.

    Each proxy appends whom it got the request from, so the list is read from the right for as long as the address
    belongs to a trusted proxy. What stands further left was written by the caller and may say anything.
    """

    def __init__(self, app: ASGIApp, trusted: Iterable[str]) -> None:
        self._app = app
        self._trusted: list[IPv4Network | IPv6Network] = [ip_network(one, strict=False) for one in trusted]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._trusted and scope["type"] in ("http", "websocket") and scope.get("client"):
            peer = scope["client"][0]
            told = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
            if told and (caller := self.caller(peer, told)) != peer:
                scope = {**scope, "client": (caller, 0)}
        await self._app(scope, receive, send)

    def caller(self, peer: str, told: str) -> str:
        """The first address from the right that is not a trusted proxy's; the last readable one before nonsense."""
        caller = peer
        for part in reversed(told.split(",")[-LONGEST_CHAIN:]):
            if not self._is_trusted(caller):
                return caller
            try:
                caller = str(ip_address(part.strip()))
            except ValueError:
                return caller
        return caller

    def _is_trusted(self, address: str) -> bool:
        try:
            known = ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._trusted)
