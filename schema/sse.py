"""GraphQL over server-sent events, in the distinct connections mode of graphql-sse.

Each event carries its cursor as `id:`, so a client that lost the connection says by Last-Event-ID where it was. Lines
end in LF, because widespread clients split on nothing else (CONTRACTS 2, row 8).
"""

import asyncio
from contextlib import aclosing
from dataclasses import replace

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    parse_type,
    print_ast,
)
from starlette.types import Message, Receive, Send

from foundation import telemetry
from schema import requests
from schema.doorman import Numbers, Seat
from schema.refusals import Context, Event, Schema, is_closed_to
from schema.requests import GraphQLRequest

KEEP_ALIVE = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back until its buffer is full
]
RESUME = "lastEventId"


def is_subscription(schema: Schema, asked: GraphQLRequest, context: Context) -> bool:
    operation = schema.documents.get(asked.query, closed=is_closed_to(context)).operation(asked.operation_name)
    return operation is not None and operation.operation is OperationType.SUBSCRIPTION


def resumed(schema: Schema, asked: GraphQLRequest, context: Context, last_event_id: str | None) -> GraphQLRequest:
    """The request with `after` set to Last-Event-ID, where the subscription takes one.

    The header wins over what the request says: a client that reconnects by itself repeats its first request word by
    word, and the header is what it has seen since.
    """
    document = schema.documents.get(asked.query, closed=is_closed_to(context))
    operation = document.operation(asked.operation_name)
    root = schema._schema.subscription_type
    if last_event_id is None or document.tree is None or operation is None or root is None:
        return asked
    field = operation.selection_set.selections[0]
    if not isinstance(field, FieldNode) or "after" not in root.fields[field.name.value].args:
        return asked
    given = next((argument for argument in field.arguments or () if argument.name.value == "after"), None)
    if given is not None and isinstance(given.value, VariableNode):
        return replace(asked, variables={**(asked.variables or {}), given.value.name.value: last_event_id})
    type_ = str(root.fields[field.name.value].args["after"].type)
    variable = VariableNode(name=NameNode(value=RESUME))
    others = [argument for argument in field.arguments or () if argument.name.value != "after"]
    first = FieldNode(
        alias=field.alias,
        name=field.name,
        arguments=(*others, ArgumentNode(name=NameNode(value="after"), value=variable)),
        directives=field.directives,
        selection_set=field.selection_set,
    )
    copied = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=(
            *(operation.variable_definitions or ()),
            VariableDefinitionNode(variable=variable, type=parse_type(type_)),
        ),
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=(first, *operation.selection_set.selections[1:])),
    )
    tree = DocumentNode(definitions=tuple(copied if node is operation else node for node in document.tree.definitions))
    # As text again, so that every cache that knows documents by their text sees another document.
    return replace(asked, query=print_ast(tree), variables={**(asked.variables or {}), RESUME: last_event_id})


async def serve(
    schema: Schema,
    asked: GraphQLRequest,
    context: Context,
    seat: Seat,
    receive: Receive,
    send: Send,
    numbers: Numbers,
) -> None:
    """Streams until the operation ends, the client leaves or stops reading, or the viewer is no longer welcome."""
    outlet = _Outlet(send, numbers.send_s)
    await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
    writing = asyncio.create_task(_write(schema, asked, context, seat, outlet))
    watching = asyncio.create_task(seat.watch())
    others = [asyncio.create_task(_until_gone(receive)), asyncio.create_task(_keep_alive(outlet, numbers.ping_s))]
    try:
        done, _ = await asyncio.wait({writing, watching, *others}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (writing, watching, *others):
            task.cancel()
        await asyncio.gather(writing, watching, *others, return_exceptions=True)
    if watching in done:
        await outlet.put(_event(requests.encode({"errors": requests.errors_of(watching.result())}), None))
    if watching in done or (writing in done and writing.exception() is None):
        await outlet.put(COMPLETE, more=False)


async def _write(schema: Schema, asked: GraphQLRequest, context: Context, seat: Seat, outlet: "_Outlet") -> None:
    answers = await schema.stream(
        asked.query,
        asked.variables,
        context,
        None,
        asked.operation_name,
        asked.extensions,
        fresh_context=seat.contexts(telemetry.request_id.get()),
    )
    async with aclosing(answers):
        async for answer in answers:
            cursor = answer.cursor if isinstance(answer, Event) else None
            await outlet.put(_event(requests.encode(requests.formatted(answer)), cursor))


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _keep_alive(outlet: "_Outlet", every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        await outlet.put(KEEP_ALIVE)


class _Outlet:
    """Writes one chunk at a time. A client that does not take one in time gets no more."""

    def __init__(self, send: Send, deadline_s: float) -> None:
        self._send, self._deadline_s, self._lock = send, deadline_s, asyncio.Lock()

    async def put(self, chunk: bytes, *, more: bool = True) -> None:
        message: Message = {"type": "http.response.body", "body": chunk, "more_body": more}
        async with asyncio.timeout(self._deadline_s), self._lock:
            await self._send(message)


def _event(data: bytes, cursor: str | None) -> bytes:
    line = f"id: {cursor}\n".encode() if cursor and not set(cursor) & set("\r\n\0") else b""
    return b"event: next\n" + line + b"data: " + data + b"\n\n"
