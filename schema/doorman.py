"""Who comes in: what the GraphQL door asks of the rest of the house, and the watch over connections that stay open."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from foundation import telemetry
from foundation.clock import Clock
from foundation.errors import Forbidden, Refusal, Unauthenticated
from foundation.rates import Rate
from rules.access.viewer import Viewer
from schema.refusals import Context

_log = telemetry.logger("casegraph.graphql")


class Doorman(Protocol):
    """Identity and contexts, handed to the door by app.py."""

    async def admit(self, headers: Mapping[str, str], client: str) -> Viewer:
        """Who is asking: the anonymous viewer without credentials.

        `headers` has lower-case names (`authorization`); over a socket they are made from connection_init. `client`
        is the caller's address. Raises Unauthenticated for credentials that are wrong, expired or revoked.
        """
        ...

    async def recheck(self, viewer: Viewer) -> Viewer:
        """The viewer as he is now. Raises Unauthenticated when session, key or account are no longer good."""
        ...

    def context(self, viewer: Viewer, *, request_id: str, client: str, user_agent: str = "") -> Context:
        """What resolvers get as `info.context`: a new one for each operation and each event."""
        ...


@dataclass(frozen=True)
class Numbers:
    """The bounds of the door; tests make them small."""

    body_bytes: int = 8 * 1024 * 1024  # SECURITY R25
    anonymous_bytes: int = 64 * 1024  # signing in takes a kilobyte; reading JSON by the megabyte is for those we know
    frame_bytes: int = 64 * 1024  # SECURITY R29
    init_timeout_s: float = 10.0  # CONTRACTS 2, row 13
    anonymous_s: float = 60.0  # a socket nobody signed in on is closed, so that it keeps no place for long
    operations: int = 50  # at once on one socket, SECURITY R29
    sockets_per_user: int = 20  # SECURITY R29
    strangers: int = 200  # sockets without an identity, of the whole process, SECURITY R29
    messages: Rate | None = None  # of one socket, whatever they say; the setting decides
    recheck_s: float = 5.0  # SECURITY R9
    ping_s: float = 20.0  # below the 30 to 60 s after which proxies give a silent connection up
    send_s: float = 10.0  # SECURITY P5: one who does not read is sent away


class RightsChanged(Forbidden):
    """What was opened under other rights is not carried on; the same token opens it anew under those of now."""

    message = "What you may do has changed: connect again."


def _rights(viewer: Viewer) -> tuple[object, ...]:
    return viewer.organization_id, viewer.role, viewer.is_platform_admin, viewer.scopes


@dataclass
class Seat:
    """A connection that stays open, and who sits there: `viewer` changes with the session, or by a fresh token."""

    doorman: Doorman
    clock: Clock
    viewer: Viewer
    client: str
    recheck_s: float
    user_agent: str = ""

    def contexts(self, request_id: str) -> Callable[[], Context]:
        """Makes contexts for the viewer of that moment."""
        return lambda: self.doorman.context(
            self.viewer, request_id=request_id, client=self.client, user_agent=self.user_agent
        )

    async def watch(self) -> Refusal:
        """Waits until the viewer is no longer welcome, and says why."""
        while True:
            left_s = self._left_s()
            if left_s <= 0:
                return Unauthenticated("The token has expired.")
            await asyncio.sleep(min(left_s, self.recheck_s))
            if self._left_s() <= 0 or self.viewer.is_anonymous:
                continue
            try:
                refusal = await self.refusal_now()
            except Exception as error:
                # The database is away: that is no reason to send everybody off. Each event is checked by itself.
                _log.warning("A connection could not be rechecked", error=type(error).__name__)
                continue
            if refusal is not None:
                return refusal

    async def refusal_now(self) -> Refusal | None:
        """Why the viewer is no longer welcome as who he came; None while he is. To be asked before each operation
        too: what was taken away between two rounds of the watch is not to be used meanwhile (SECURITY R8)."""
        seen = self.viewer
        if seen.is_anonymous:
            return None
        try:
            now = await self.doorman.recheck(seen)
        except Unauthenticated as refusal:
            # A fresh token may have come meanwhile.
            return refusal if self.viewer is seen else None
        if self.viewer is seen:
            if _rights(now) != _rights(seen):
                return RightsChanged()
            self.viewer = now
        return None

    def _left_s(self) -> float:
        if self.viewer.expires_at is None:
            return self.recheck_s
        return (self.viewer.expires_at - self.clock.now()).total_seconds()
