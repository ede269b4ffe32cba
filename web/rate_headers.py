"""What a caller has left, on every reply of a limited endpoint (CONTRACTS 1, row 30).

    X-RateLimit-Limit: 100           what the budget allows in its window
    X-RateLimit-Remaining: 95        what is left of it
    X-RateLimit-Reset: 1642781400    when all of it is there again, in seconds since 1970

The budget is the door's own, or the one that refused. Retry-After goes with the 429 alone. For GraphQL the numbers are
points of cost. An operation that is not limited at all, or limits that are switched off, have no such headers.
"""

from math import ceil

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resolvers.budgets import Told, told

NAMES = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


class RateHeaders:
    """Plain ASGI: what is spent while the request is served is told when the answer begins."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        mine = Told()
        before = told.set(mine)

        async def tell(message: Message) -> None:
            spent = mine.spent
            if message["type"] == "http.response.start" and spent is not None:
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                numbers = (spent.limit, spent.remaining, ceil(spent.resets_at.timestamp()))
                for name, number in zip(NAMES, numbers, strict=True):
                    headers[name] = str(number)
            await send(message)

        try:
            await self.app(scope, receive, tell)
        finally:
            told.reset(before)
