"""What every HTTP request passes, whichever door it goes to. Plain ASGI: a stream and its context pass untouched.

From the outside in: the request id and the log line, the headers, the host, the limits' headers, other origins, the
masked surprises, the bound of the body. app.py takes them from `stack`, and the handlers of refusals from `handlers`.
"""

import time
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foundation import telemetry
from foundation.clock import Clock
from foundation.errors import InvalidInput, Refusal, Unauthenticated, Unavailable
from foundation.settings import Settings
from foundation.strict_json import TooLarge
from web import envelopes, rate_headers
from web.rate_headers import RateHeaders
from web.refusals import MethodNotAllowed, PathNotFound, UnknownHost

BODY_BYTES = 10 * 1024 * 1024
"""The largest body of any door (TAXII, SECURITY R25). Doors that take less count for themselves."""

_log = telemetry.logger("casegraph.web")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def stack(settings: Settings, clock: Clock) -> list[Middleware]:
    """The middleware of the application, outermost first."""
    made = [
        Middleware(RequestLog),
        Middleware(SafeHeaders, https=settings.public_url.startswith("https://")),
        Middleware(KnownHosts, hosts=settings.allowed_hosts, clock=clock),
        Middleware(RateHeaders),
    ]
    if settings.allowed_origins:
        made.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.allowed_origins,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=[
                    *("Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"),
                    *("X-Request-ID", "X-Correlation-ID"),
                ],
                expose_headers=[
                    *("X-Request-ID", "X-Correlation-ID", "Retry-After", "Location", "Content-Disposition"),
                    *rate_headers.NAMES,
                ],
            )
        )
    return [*made, Middleware(MaskedSurprises, clock=clock), Middleware(BodyBound, clock=clock)]


def handlers(clock: Clock) -> dict[Any, Callable[[Request, Exception], Response]]:
    """For Starlette's `exception_handlers`: a refusal raised anywhere answers in the envelope of its path."""

    def on_refusal(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return envelopes.refused(request.scope["path"], error, clock)

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = envelopes.refused(request.scope["path"], _as_refusal(error), clock)
        response.status_code = error.status_code
        return response

    return {Refusal: on_refusal, HTTPException: on_http}


def _as_refusal(error: HTTPException) -> Refusal:
    match error.status_code:
        case 404:
            return PathNotFound()
        case 405:
            return MethodNotAllowed(allowed=(error.headers or {}).get("Allow", ""))
        case 401:
            return Unauthenticated()
        case 413:
            return TooLarge(max_bytes=BODY_BYTES)
        case status if status >= 500:
            return Unavailable()
        case _:
            return InvalidInput(str(error.detail))


class RequestLog:
    """Gives the request its id, tells it in the answer, and writes one line when it is over.

    The line names the route, never the path with its ids, and never the query string, which may hold free text.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = telemetry.accept_id(headers.get("x-request-id"))
        correlation = headers.get("x-correlation-id")
        correlation = correlation and telemetry.accept_id(correlation)
        telemetry.request_id.set(request_id)
        started, status = time.perf_counter(), 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.accept"):
                status = message.get("status", 101)
                message.setdefault("headers", [])
                answer = MutableHeaders(scope=message)  # copies the list, which may be shared between answers
                answer["X-Request-ID"] = request_id
                if correlation:
                    answer.setdefault("X-Correlation-ID", correlation)
            elif message["type"] == "websocket.close" and not status:
                status = 403
            await send(message)

        try:
            await self.app(scope, receive, tell)
        finally:
            _log.info(
                "request",
                method=_method(scope),
                route=_route(scope),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
            telemetry.count(f"http.{status // 100}xx")


def _method(scope: Scope) -> str:
    if scope["type"] == "websocket":
        return "WEBSOCKET"
    return scope["method"] if scope["method"] in _METHODS else "OTHER"


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", None) or "none")


class SafeHeaders:
    """The headers of SECURITY R40 on every answer. An answer may carry a stricter one of its own."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.headers = {
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        if https:
            self.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                answer = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    answer.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, tell if scope["type"] == "http" else send)


class KnownHosts:
    """Refuses names this server is not called by: links and access must not rest on what a caller writes there."""

    def __init__(self, app: ASGIApp, *, hosts: tuple[str, ...], clock: Clock) -> None:
        self.app, self.clock = app, clock
        self.hosts = None if "*" in hosts else {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self.hosts is None:
            await self.app(scope, receive, send)
            return
        named = Headers(scope=scope).getlist("host")
        given = named[0].lower() if len(named) == 1 else ""  # of two, each reader would take another one
        if given in self.hosts or given.rpartition(":")[0] in self.hosts:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            await envelopes.refused(scope["path"], UnknownHost(), self.clock)(scope, receive, send)


class MaskedSurprises:
    """Logs what nobody expected, once, and answers without its text. After the answer began, it only cuts it off."""

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        self.app, self.clock = app, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def tell(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, tell)
        except Refusal as refusal:
            if started:
                raise
            await envelopes.refused(scope["path"], refusal, self.clock)(scope, receive, send)
        except Exception as error:
            telemetry.count("http.surprises")
            _log.error("A surprise in a request", exc_info=error)
            if started:
                raise
            await envelopes.surprised(scope["path"], self.clock)(scope, receive, send)


class BodyBound:
    """Counts a body while it is read; one that declares too much is refused before its first byte."""

    def __init__(self, app: ASGIApp, *, clock: Clock, limit: int = BODY_BYTES) -> None:
        self.app, self.clock, self.limit = app, clock, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and (len(declared) > 20 or int(declared) > self.limit):
            refusal = TooLarge(max_bytes=self.limit)
            await envelopes.refused(scope["path"], refusal, self.clock)(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.limit:
                raise TooLarge(max_bytes=self.limit)
            return message

        await self.app(scope, counted, send)
