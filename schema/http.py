"""GraphQL over HTTP: one POST, one answer, or a stream of events for whoever accepts one.

The statuses follow the published graphql-http audits (CONTRACTS 2 and 7): under `application/graphql-response+json` a
request that is not run is 400, under `application/json` it is 200. They stand in STATUS, so that they can change.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.types.execution import ExecutionResult, PreExecutionError

from foundation import telemetry
from foundation.clock import Clock
from foundation.errors import Refusal
from schema import errors as showing
from schema import media, requests, sse
from schema.doorman import Doorman, Numbers, Seat
from schema.refusals import Schema
from schema.trusted import TrustedDocuments
from web.bodies import json_object
from web.envelopes import headers_of
from web.places import Places
from web.refusals import MethodNotAllowed, NotAcceptable

STATUS = {(media.RESPONSE, True): 400, (media.RESPONSE, False): 200, (media.JSON, True): 200, (media.JSON, False): 200}
"""(media type, whether the request was refused before it ran) -> HTTP status."""

_log = telemetry.logger("casegraph.graphql")


class HttpDoor:
    """The ASGI application of /graphql for HTTP. `console`: the page a browser gets by GET, in development mode."""

    def __init__(
        self,
        schema: Schema,
        doorman: Doorman,
        *,
        clock: Clock,
        numbers: Numbers,
        trusted: TrustedDocuments,
        places: Places,
        console: ASGIApp | None = None,
    ) -> None:
        self.schema, self.doorman, self.clock, self.numbers, self.console = schema, doorman, clock, numbers, console
        self.trusted, self.places = trusted, places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        takes = media.accepted(", ".join(request.headers.getlist("accept")))
        try:
            if self.console is not None and _wants_page(request):
                await self.console(scope, receive, send)
                return
            response: Response | None = await self._serve(request, takes, send)
        except Refusal as refusal:
            response = refusal_response(refusal, takes.json or media.JSON)
        except Exception as error:
            _log.error("A surprise at the GraphQL door", exc_info=error)
            body = requests.encode({"errors": [{"message": showing.SURPRISE, "extensions": showing.masked()}]})
            response = _response(body, takes.json or media.JSON, 500)
        if response is not None:
            await response(scope, receive, send)

    async def _serve(self, request: Request, takes: media.Accepted, send: Send) -> Response | None:
        """The response, or None when a stream has been sent."""
        check(request, takes)
        client = request.client.host if request.client else ""
        viewer = await self.doorman.admit(request.headers, client)
        most = (
            min(self.numbers.body_bytes, self.numbers.anonymous_bytes)
            if viewer.is_anonymous
            else self.numbers.body_bytes
        )
        asked = self.trusted.resolve(
            requests.GraphQLRequest.of(await json_object(request, max_bytes=most, texts_of="objects"))
        )
        agent = request.headers.get("user-agent", "")
        context = self.doorman.context(viewer, request_id=telemetry.request_id.get(), client=client, user_agent=agent)
        resume = request.headers.get("last-event-id") or None
        if takes.events and (takes.json is None or sse.is_subscription(self.schema, asked, context)):
            seat = Seat(self.doorman, self.clock, viewer, client, self.numbers.recheck_s, agent)
            resumed = sse.resumed(self.schema, asked, context, resume)
            place = self.places.take(None if viewer.is_anonymous else viewer.user_id)
            try:
                await sse.serve(self.schema, resumed, context, seat, request.receive, send, self.numbers)
            finally:
                place.leave()
            return None
        assert takes.json is not None
        answer = await self.schema.execute(
            asked.query, asked.variables, context, None, asked.operation_name, None, asked.extensions
        )
        return answer_response(answer, takes.json)


def _wants_page(request: Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def check(request: Request, takes: media.Accepted) -> None:
    """Raises what can be said no to before anybody is asked who he is."""
    if request.method != "POST":
        raise MethodNotAllowed("Send GraphQL requests by POST: a GET never runs anything.", allowed="POST")
    if takes.json is None and not takes.events:
        raise NotAcceptable(available=f"{media.RESPONSE}, {media.JSON}, {media.EVENTS}")


def answer_response(answer: ExecutionResult, type_: str) -> Response:
    status = STATUS[type_, isinstance(answer, PreExecutionError)]
    return _response(requests.encode(requests.formatted(answer)), type_, status)


def refusal_response(refusal: Refusal, type_: str) -> Response:
    """A refusal of the transport, with the headers its status asks for."""
    response = _response(requests.encode({"errors": requests.errors_of(refusal)}), type_, refusal.status)
    response.headers.update(headers_of(refusal))
    return response


def _response(body: bytes, type_: str, status: int) -> Response:
    return Response(body, status, {"Content-Type": f"{type_}; charset=utf-8"})
