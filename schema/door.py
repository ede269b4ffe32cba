"""The GraphQL door: one ASGI application for HTTP and WebSocket, mounted at /graphql by app.py."""

from starlette.types import Receive, Scope, Send

from foundation.clock import Clock, SystemClock
from foundation.settings import Settings
from schema.doorman import Doorman, Numbers
from schema.http import HttpDoor
from schema.refusals import Schema
from schema.socket import SocketDoor


class GraphQLDoor:
    """Answers whatever reaches its path. Routes must lead both /graphql and /graphql/ here, without a redirect.

    `console` is the page shown to a browser in development mode; in production it is never shown.
    """

    def __init__(
        self,
        schema: Schema,
        doorman: Doorman,
        *,
        settings: Settings,
        clock: Clock | None = None,
        numbers: Numbers | None = None,
        console: str | None = None,
    ) -> None:
        clock, numbers = clock or SystemClock(), numbers or Numbers()
        page = console if settings.is_development else None
        origins = (*settings.allowed_origins, settings.public_url)
        self.http = HttpDoor(schema, doorman, clock=clock, numbers=numbers, console=page)
        self.socket = SocketDoor(schema, doorman, clock=clock, numbers=numbers, origins=origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self.http if scope["type"] == "http" else self.socket)(scope, receive, send)
