"""GraphQL over HTTP: one POST, one answer, or a stream of events for whoever accepts one.

The statuses follow the published graphql-http audits (CONTRACTS 2 and 7): under `application/graphql-response+json` a
request that is not run is 400, under `application/json` it is 200. They stand in STATUS, so that they can change.
"""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.types.execution import ExecutionResult, PreExecutionError

from foundation import telemetry
from foundation.clock import Clock
from foundation.errors import Refusal, TooMany, Unauthenticated
from foundation.strict_json import TooLarge, read_json
from schema import errors as showing
from schema import media, requests, sse
from schema.doorman import Doorman, Numbers, Seat
from schema.refusals import Schema

STATUS = {(media.RESPONSE, True): 400, (media.RESPONSE, False): 200, (media.JSON, True): 200, (media.JSON, False): 200}
"""(media type, whether the request was refused before it ran) -> HTTP status."""

_log = telemetry.logger("casegraph.graphql")


class MethodNotAllowed(Refusal):
    code, status, kind = "METHOD_NOT_ALLOWED", 405, "BAD_REQUEST"
    message = "Send GraphQL requests by POST: a GET never runs anything."


class NotAcceptable(Refusal):
    code, status, kind = "NOT_ACCEPTABLE", 406, "BAD_REQUEST"
    message = f"Accept one of {media.RESPONSE}, {media.JSON}, {media.EVENTS}."


class UnsupportedMediaType(Refusal):
    code, status, kind = "UNSUPPORTED_MEDIA_TYPE", 415, "BAD_REQUEST"
    message = "Send application/json in UTF-8, not compressed."


class HttpDoor:
    """The ASGI application of /graphql for HTTP. `console`: the page a browser gets by GET, in development mode."""

    def __init__(
        self, schema: Schema, doorman: Doorman, *, clock: Clock, numbers: Numbers, console: str | None = None
    ) -> None:
        self.schema, self.doorman, self.clock, self.numbers, self.console = schema, doorman, clock, numbers, console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        takes = media.accepted(", ".join(request.headers.getlist("accept")))
        try:
            if self._wants_console(request):
                response: Response | None = HTMLResponse(self.console)
            else:
                response = await self._serve(request, takes, send)
        except Refusal as refusal:
            response = refusal_response(refusal, takes.json or media.JSON)
        except ClientDisconnect:
            return
        except Exception as error:
            _log.error("A surprise at the GraphQL door", exc_info=error)
            body = requests.encode({"errors": [{"message": showing.SURPRISE, "extensions": showing.masked()}]})
            response = _response(body, takes.json or media.JSON, 500)
        if response is not None:
            await response(scope, receive, send)

    def _wants_console(self, request: Request) -> bool:
        return self.console is not None and request.method == "GET" and "text/html" in request.headers.get("accept", "")

    async def _serve(self, request: Request, takes: media.Accepted, send: Send) -> Response | None:
        """The response, or None when a stream has been sent."""
        check_headers(request, takes)
        client = request.client.host if request.client else ""
        viewer = await self.doorman.admit(request.headers, client)
        body = await _body(request, self.numbers.body_bytes)
        asked = requests.GraphQLRequest.of(read_json(body, max_bytes=self.numbers.body_bytes))
        context = self.doorman.context(viewer, request_id=telemetry.request_id.get(), client=client)
        resume = request.headers.get("last-event-id") or None
        if takes.events and (takes.json is None or sse.is_subscription(self.schema, asked, context)):
            seat = Seat(self.doorman, self.clock, viewer, client, self.numbers.recheck_s)
            resumed = sse.resumed(self.schema, asked, context, resume)
            await sse.serve(self.schema, resumed, context, seat, request.receive, send, self.numbers)
            return None
        assert takes.json is not None
        answer = await self.schema.execute(
            asked.query, asked.variables, context, None, asked.operation_name, None, asked.extensions
        )
        return answer_response(answer, takes.json)


def check_headers(request: Request, takes: media.Accepted) -> None:
    """Raises what can be said no to without reading the body."""
    if request.method != "POST":
        raise MethodNotAllowed
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType
    if not media.is_json_request(request.headers.get("content-type")):
        raise UnsupportedMediaType
    if takes.json is None and not takes.events:
        raise NotAcceptable


def answer_response(answer: ExecutionResult, type_: str) -> Response:
    status = STATUS[type_, isinstance(answer, PreExecutionError)]
    return _response(requests.encode(requests.formatted(answer)), type_, status)


def refusal_response(refusal: Refusal, type_: str) -> Response:
    """A refusal of the transport, with the headers its status asks for."""
    response = _response(requests.encode({"errors": requests.errors_of(refusal)}), type_, refusal.status)
    if isinstance(refusal, MethodNotAllowed):
        response.headers["Allow"] = "POST"
    elif isinstance(refusal, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(refusal, TooMany) and "retry_after_s" in refusal.details:
        response.headers["Retry-After"] = str(refusal.details["retry_after_s"])
    return response


def _response(body: bytes, type_: str, status: int) -> Response:
    return Response(body, status, {"Content-Type": f"{type_}; charset=utf-8"})


async def _body(request: Request, limit: int) -> bytes:
    """Counts while it reads: a chunked body has no length to look at beforehand."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise TooLarge(max_bytes=limit)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(max_bytes=limit)
        parts.append(part)
    return b"".join(parts)
