"""The gate in front of every route: who has no identity gets no further (SECURITY R1).

A route of a REST contract is a `Gated` one. It finds out who asks before its endpoint runs, and refuses a caller who
is nobody, unless the endpoint says, with a reason, that it is public:

    @public("Nobody has a token before signing in.")
    async def login(request: Request) -> Response: ...

Every route also names the Action it asks for. The gate checks it before a body is read, and writes a refusal down;
the table of permissions is printed from it and tested by it.

Other applications (the GraphQL door, the console) carry the same mark where app.py mounts them; a test walks the
routes and fails on one that is neither gated nor marked.
"""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from foundation import telemetry
from foundation.deadlines import within
from foundation.errors import Forbidden, Refusal, Unauthenticated
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.access.budgets import Budget
from rules.access.viewer import ANONYMOUS
from web.identify import Identify

Endpoint = TypeVar("Endpoint")
_MARK = "public_because"
READING = frozenset({"GET", "HEAD"})


def public(because: str) -> Callable[[Endpoint], Endpoint]:
    """Marks an endpoint (a function or an ASGI application) as open to callers without a credential."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MARK, because)
        return endpoint

    return mark


def public_because(endpoint: object) -> str | None:
    """Why it is public; None where it is not."""
    return getattr(endpoint, _MARK, None)


def is_guarded(route: BaseRoute) -> bool:
    """Whether somebody decided who may come in: the route is gated, or what it leads to is marked public."""
    target = getattr(route, "endpoint", None) or getattr(route, "app", None)
    return isinstance(route, Gated) or public_because(target) is not None


def _noting(endpoint: Callable[..., Any], action: Action | None) -> Callable[..., Any]:
    """The endpoint; what it refuses is written down, as far as no door to data did (SECURITY R38)."""

    @functools.wraps(endpoint)
    async def noting(request: Request) -> Any:
        try:
            return await endpoint(request)
        except Refusal as refusal:
            if action is not None and (request.method not in READING or isinstance(refusal, Forbidden)):
                await operation(request).note_refusal(action, refusal)
            raise

    return noting


class Gated(Route):
    """A route that asks for an identity. What it refuses is answered by the application's handlers of refusals.

    On a public route no credential is looked at: a stale token in a header does not keep anyone from signing in.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        identify: Identify,
        action: Action | None = None,
        budget: Budget | None = Budget.CRISP,
        **options: Any,
    ) -> None:
        """`budget`: where a request of somebody counts; one of nobody counts as that. None: nothing is counted."""
        super().__init__(path, _noting(endpoint, action), **options)
        self._identify, self.action, self._budget = identify, action, budget

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Until the answer begins, for as long as a deadline allows. A download then takes the time it takes."""
        settings = self._identify.house.settings
        seconds = settings.anonymous_deadline_s if public_because(self.endpoint) else settings.deadline_s
        async with within(seconds, writing=scope["method"] not in ("GET", "HEAD")) as limit:

            async def tell(message: Message) -> None:
                if message["type"] == "http.response.start":
                    limit.reschedule(None)
                await send(message)

            await self._admit(scope, receive, tell)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        client = request.client.host if request.client else ""
        viewer = ANONYMOUS
        if public_because(self.endpoint) is None:
            viewer = await self._identify.admit(request.headers, client)
        op = self._identify.operation(
            viewer,
            request_id=telemetry.request_id.get(),
            client=client,
            user_agent=request.headers.get("user-agent", ""),
        )
        if self._budget is not None:
            await op.spend(Budget.ANONYMOUS if viewer.is_anonymous else self._budget)
        if viewer.is_anonymous and public_because(self.endpoint) is None:
            raise Unauthenticated
        if self.action is not None:
            await op.permit(self.action)
        request.state.operation = op
        await super().handle(scope, receive, send)


def operation(request: Request) -> Operation:
    """The Operation that the gate made for this request."""
    made: Operation = request.state.operation
    return made
