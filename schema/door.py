"""The GraphQL door: one ASGI application for HTTP and WebSocket, mounted at /graphql by app.py."""

from typing import Any

from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from foundation.clock import Clock, SystemClock
from foundation.settings import Settings
from schema.doorman import Doorman, Numbers
from schema.http import HttpDoor
from schema.refusals import Schema
from schema.socket import SocketDoor
from schema.trusted import TrustedDocuments
from web.gate import public
from web.places import Places


class GraphQLDoor:
    """Answers whatever reaches its path, which `routes` lead here.

    `console` serves the page a browser sees in development mode; in production it is never asked.
    """

    def __init__(
        self,
        schema: Schema,
        doorman: Doorman,
        *,
        settings: Settings,
        clock: Clock | None = None,
        numbers: Numbers | None = None,
        console: ASGIApp | None = None,
    ) -> None:
        messages = settings.limit_messages if settings.rate_limits else None
        clock, numbers = clock or SystemClock(), numbers or Numbers(messages=messages)
        page = console if settings.is_development else None
        origins = (*settings.allowed_origins, settings.public_url)
        trusted = TrustedDocuments.of(settings.documents)
        self.places = Places(numbers.sockets_per_user, numbers.strangers)
        shared: dict[str, Any] = {"clock": clock, "numbers": numbers, "trusted": trusted, "places": self.places}
        self.http = HttpDoor(schema, doorman, console=page, **shared)
        self.socket = SocketDoor(schema, doorman, origins=origins, **shared)
        for application in (self, self.http, self.socket):
            public("The door finds out who asks; each root field says whether it needs somebody.")(application)

    def routes(self, path: str = "/graphql") -> list[BaseRoute]:
        """Both spellings of the path, for both kinds of connection; a Mount would redirect one to the other."""
        spellings = (path, f"{path}/")
        return [
            *(Route(spelling, self.http) for spelling in spellings),
            *(WebSocketRoute(spelling, self.socket) for spelling in spellings),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self.http if scope["type"] == "http" else self.socket)(scope, receive, send)
