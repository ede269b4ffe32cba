"""GraphQL over WebSocket: the protocol graphql-transport-ws, and no other.

Every operation, and every event of a subscription, gets a context of its own. What is wrong with one operation is told
in an `error` message; only what breaks the protocol closes the socket.
"""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import aclosing
from typing import Any, NoReturn
from urllib.parse import urlsplit

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from strawberry.types.execution import PreExecutionError

from foundation import ids, telemetry
from foundation.clock import Clock
from foundation.errors import Malformed, Refusal, TooMany, Unauthenticated
from foundation.rates import Meter
from foundation.strict_json import read_json
from schema import requests
from schema.doorman import Doorman, Numbers, Seat
from schema.refusals import Schema
from schema.requests import GraphQLRequest
from schema.socket_messages import Close, Gone, credentials_of, id_of, leaves, payload_of
from schema.trusted import TrustedDocuments
from web.places import Places, TooManyConnections

PROTOCOL = "graphql-transport-ws"

_log = telemetry.logger("casegraph.graphql")


class TooManyOperations(TooMany):
    message = "At most {limit} operations run at once on one connection."


class SocketDoor:
    """The ASGI application of /graphql for WebSockets."""

    def __init__(
        self,
        schema: Schema,
        doorman: Doorman,
        *,
        clock: Clock,
        numbers: Numbers,
        trusted: TrustedDocuments,
        places: Places,
        origins: Collection[str] = (),
    ) -> None:
        self.schema, self.doorman, self.clock, self.numbers = schema, doorman, clock, numbers
        self.trusted = trusted
        self.origins = frozenset(origin.lower().rstrip("/") for origin in origins)
        self.places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        headers = Headers(scope=scope)
        if not self.is_known_origin(headers) or self.places.is_full:
            # Closing what was never accepted is a plain 403 to the client.
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        elif PROTOCOL not in scope.get("subprotocols", ()):
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"})
        else:
            await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
            client = scope["client"][0] if scope.get("client") else ""
            await Socket(self, headers, client, receive, send).run()

    def is_known_origin(self, headers: Headers) -> bool:
        """Whether the page that connects, if it is a page, is ours: browsers connect sockets across origins freely."""
        origin = headers.get("origin")
        if origin is None or origin.lower() in self.origins:
            return True
        try:
            return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
        except ValueError:  # `http://[` is nobody's
            return False


class Socket:
    """One connection, from its acceptance to its end."""

    def __init__(self, door: SocketDoor, headers: Headers, client: str, receive: Receive, send: Send) -> None:
        self.door, self.numbers = door, door.numbers
        self.headers, self.client = headers, client
        self.receive, self.send = receive, send
        self.sending = asyncio.Lock()
        self.initialised = asyncio.Event()
        self.seat: Seat | None = None
        self.operations: dict[str, asyncio.Task[None]] = {}
        self.tasks = asyncio.TaskGroup()
        self.meter = Meter(self.numbers.messages)

    async def run(self) -> None:
        """Serves until somebody ends it. Every task below ends the others by raising."""
        self.place = self.door.places.take()
        ending: Close | None = None
        try:
            async with self.tasks:
                self.tasks.create_task(self._expect_init())
                self.tasks.create_task(self._ping())
                self.tasks.create_task(self._read())
        except* Gone:
            pass
        except* Close as group:
            ending = next(error for error in leaves(group) if isinstance(error, Close))
        except* Exception as group:
            _log.error("A surprise on a socket", exc_info=next(iter(leaves(group))))
            ending = Close(4500, "Internal server error")
        finally:
            self.place.leave()
        if ending is not None:
            await self._close(ending)

    async def _read(self) -> NoReturn:
        while True:
            message = await self.receive()
            if message["type"] == "websocket.disconnect":
                raise Gone
            text = message.get("text")
            if text is None:
                raise Close(4400, "Send text frames")
            data = text.encode("utf-8", "surrogatepass")
            if len(data) > self.numbers.frame_bytes:
                raise Close(1009, "Message too big")
            try:
                await self._take(read_json(data, max_bytes=self.numbers.frame_bytes, texts_of="objects"))
            except Malformed as refusal:
                raise Close(4400, refusal.text) from refusal

    async def _take(self, message: dict[str, Any]) -> None:
        wait_s = self.meter.retry_after_s(self.door.clock.now())
        if wait_s is not None and message.get("type") == "subscribe":
            await self._error(id_of(message), requests.errors_of(TooMany(retry_after_s=wait_s)))
            return
        if wait_s is not None and message.get("type") == "ping":
            return  # What must not be lost is still taken: the end of an operation.
        match message.get("type"):
            case "connection_init":
                await self._initialise(payload_of(message))
            case "ping":
                await self._renew(payload_of(message))
                await self._put(b'{"type":"pong"}')
            case "pong":
                payload_of(message)
            case "subscribe":
                await self._subscribe(id_of(message), message.get("payload"))
            case "complete":
                task = self.operations.pop(id_of(message), None)
                if task is not None:
                    task.cancel()
            case _:
                raise Close(4400, "Unknown message type")

    async def _initialise(self, payload: Mapping[str, Any]) -> None:
        if self.initialised.is_set():
            raise Close(4429, "Too many initialisation requests")
        self.initialised.set()
        credentials = credentials_of(payload)
        try:
            # Clients that are no browsers may send the token with the upgrade instead.
            given = self.headers if credentials is None else credentials
            viewer = await self.door.doorman.admit(given, self.client)
        except Refusal as refusal:
            raise _closing(refusal) from refusal
        agent = self.headers.get("user-agent", "")
        self.seat = Seat(self.door.doorman, self.door.clock, viewer, self.client, self.numbers.recheck_s, agent)
        self._count_in()
        self.tasks.create_task(self._watch(self.seat))
        if viewer.is_anonymous:
            self.tasks.create_task(self._expect_credentials(self.seat))
        await self._put(b'{"type":"connection_ack"}')

    async def _renew(self, payload: Mapping[str, Any]) -> None:
        """A ping may bring a fresh token; the connection then goes on for as long as that one is good."""
        credentials = credentials_of(payload)
        if credentials is None or self.seat is None:
            return
        try:
            viewer = await self.door.doorman.admit(credentials, self.client)
        except Refusal as refusal:
            raise _closing(refusal) from refusal
        before = self.seat.viewer
        if not before.is_anonymous and (before.user_id, before.organization_id) != (
            viewer.user_id,
            viewer.organization_id,
        ):
            raise Close(4403, "Forbidden: another identity")
        self.seat.viewer = viewer
        self._count_in()

    async def _subscribe(self, id_: str, payload: Any) -> None:
        if self.seat is None:
            raise Close(4401, "Unauthorized")
        if not isinstance(payload, dict):
            raise Close(4400, "subscribe needs a payload")
        asked = GraphQLRequest.of(payload)
        if id_ in self.operations:
            raise Close(4409, f"Subscriber for {id_} already exists")
        if len(self.operations) >= self.numbers.operations:
            await self._error(id_, requests.errors_of(TooManyOperations(limit=self.numbers.operations)))
            return
        try:
            asked = self.door.trusted.resolve(asked)
        except Refusal as refusal:
            await self._error(id_, requests.errors_of(refusal))
            return
        self.operations[id_] = self.tasks.create_task(self._operate(id_, asked, self.seat))

    async def _operate(self, id_: str, asked: GraphQLRequest, seat: Seat) -> None:
        request_id = ids.new_id()
        telemetry.request_id.set(request_id)
        try:
            unwelcome = await seat.refusal_now()
        except Refusal as refusal:
            self._forget(id_)
            await self._error(id_, requests.errors_of(refusal))
            return
        if unwelcome is not None:
            raise _unwelcome(unwelcome)
        contexts = seat.contexts(request_id)
        head = b'{"id":' + orjson.dumps(id_) + b',"type":'
        answers = await self.door.schema.stream(
            asked.query,
            asked.variables,
            contexts(),
            None,
            asked.operation_name,
            asked.extensions,
            fresh_context=contexts,
        )
        async with aclosing(answers):
            async for answer in answers:
                if isinstance(answer, PreExecutionError):
                    self._forget(id_)
                    await self._error(id_, requests.formatted(answer)["errors"])
                    return
                await self._put(head + b'"next","payload":' + requests.encode(requests.formatted(answer)) + b"}")
        self._forget(id_)
        await self._put(head + b'"complete"}')

    def _forget(self, id_: str) -> None:
        """Frees the id before the client hears of the end, for it may use the id again at once."""
        if self.operations.get(id_) is asyncio.current_task():
            del self.operations[id_]

    async def _error(self, id_: str, errors: list[dict[str, Any]]) -> None:
        await self._put(requests.encode({"id": id_, "type": "error", "payload": errors}))

    async def _put(self, message: bytes) -> None:
        try:
            async with asyncio.timeout(self.numbers.send_s), self.sending:
                await self.send({"type": "websocket.send", "text": message.decode()})
        except TimeoutError as error:
            raise Close(1013, "Too slow") from error
        except OSError as error:
            raise Gone from error

    async def _close(self, ending: Close) -> None:
        try:
            # One who does not read does not take a close frame either.
            async with asyncio.timeout(2):
                await self.send({"type": "websocket.close", "code": ending.code, "reason": ending.reason})
        except (OSError, TimeoutError, RuntimeError):
            telemetry.count("graphql.sockets.unclosed")

    async def _expect_init(self) -> None:
        try:
            async with asyncio.timeout(self.numbers.init_timeout_s):
                await self.initialised.wait()
        except TimeoutError as error:
            raise Close(4408, "Connection initialisation timeout") from error

    async def _expect_credentials(self, seat: Seat) -> None:
        await asyncio.sleep(self.numbers.anonymous_s)
        if seat.viewer.is_anonymous:
            raise Close(4401, "Sign in")

    async def _watch(self, seat: Seat) -> NoReturn:
        raise _unwelcome(await seat.watch())

    async def _ping(self) -> NoReturn:
        while True:
            await asyncio.sleep(self.numbers.ping_s)
            if self.seat is not None:
                await self._put(b'{"type":"ping"}')

    def _count_in(self) -> None:
        if self.seat is None or self.seat.viewer.is_anonymous:
            return
        try:
            self.place.name(self.seat.viewer.user_id)
        except TooManyConnections as refusal:
            raise Close(1013, "Too many connections") from refusal


def _unwelcome(refusal: Refusal) -> Close:
    """How a connection ends whose viewer is no longer who he was."""
    return Close(4401 if isinstance(refusal, Unauthenticated) else 4403, refusal.text)


def _closing(refusal: Refusal) -> Close:
    """How a connection ends whose credential was refused: for ever, or until later."""
    return Close(4403, "Forbidden") if isinstance(refusal, Unauthenticated) else Close(1013, refusal.text)
