"""The Schema class: runs documents, shows refusals, hides surprises.

Strawberry converts the types; running an operation is graphql-core's public Executor, phase by phase, so that each kind
of error is known by where it arose instead of being guessed from its text, so that every event of a subscription gets
a context of its own, and so that an event's cursor reaches the transport.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, NamedTuple, Protocol, cast

import strawberry
from graphql import ExecutionResult as CoreResult
from graphql import (
    Executor,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.types.execution import ExecutionContext, ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType as AllowedType

from foundation.deadlines import OutOfTime, within
from foundation.errors import Forbidden, Refusal
from resolvers.operation import Operation
from rules.access.budgets import Budget, key_of
from schema import errors as showing
from schema.anonymous import refused_roots
from schema.charging import Charge, charge, enter, objects_in, settle
from schema.coercion import variable_errors
from schema.costs import FREE, Cost, too_costly
from schema.documents import Documents
from schema.limits import Limits, long_lists
from schema.marks import action_of
from schema.pacing import Pacing


class Context(Protocol):
    """What resolvers get as `info.context`. One for each operation, and for each event of a subscription."""

    @property
    def operation(self) -> Operation: ...

    @property
    def reading(self) -> str:
        """`planned` or `reference`."""
        ...


@dataclass
class Event(ExecutionResult):
    """An answer of a subscription, with the cursor after which a client may resume."""

    cursor: str | None = None


class Ready(NamedTuple):
    """An operation that may run, and what its answers carry in `extensions`."""

    executor: Executor[Any]
    extensions: dict[str, Any] | None
    cost: Cost = FREE
    charge: Charge | None = None


class Schema(strawberry.Schema):
    """A Strawberry schema whose `execute` and `stream` answer as the doors show it. Extensions are not run."""

    def __init__(
        self,
        *args: Any,
        limits: Limits | None = None,
        pacing: Pacing | None = None,
        gated: bool = False,
        **kwargs: Any,
    ) -> None:
        """`limits` bound documents, variables and cost; without them only the parser does. `pacing` shares out the
        time of reading. `gated`: callers without an identity reach public roots alone."""
        super().__init__(*args, **kwargs)
        self.documents = Documents(self._schema, limits=limits)
        self.limits, self.pacing, self.gated = limits, pacing, gated

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[AllowedType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Runs a query or mutation. A PreExecutionError says that nothing was run. Raises BudgetSpent, OutOfTime."""
        ready = await self._charged(
            query, variable_values, context_value, root_value, operation_name, operation_extensions, streaming=False
        )
        if isinstance(ready, ExecutionResult):
            return ready
        answer = await self._run(ready, is_closed_to(context_value))
        return await self._settled(ready, answer, context_value)

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[AllowedType] | None = None,
        fresh_context: Callable[[], Any] | None = None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Runs any operation; a query or mutation answers once.

        `fresh_context` makes the context of each event: one context for the hours a subscription lasts would show
        rows as they were when it began, to a viewer as he was then. A PreExecutionError ends the stream.
        """
        closed = is_closed_to(context_value)
        ready: Ready | ExecutionResult
        try:
            ready = await self._charged(
                query, variable_values, context_value, root_value, operation_name, operation_extensions, streaming=True
            )
        except Refusal as refusal:
            ready = PreExecutionError(None, showing.field_errors([showing.located(refusal)], closed))
        return self._answers(ready, closed, fresh_context, context_value)

    async def _charged(
        self,
        query: str | None,
        variables: dict[str, Any] | None,
        context: Any,
        root: Any,
        name: str | None,
        extensions: dict[str, Any] | None,
        *,
        streaming: bool,
    ) -> "Ready | ExecutionResult":
        """An operation that may run and is paid for; or why it does not run, which is paid for too."""

        def read() -> Ready | ExecutionResult:
            return self._ready(query, variables, context, root, name, extensions, streaming=streaming)

        op: Operation | None = getattr(context, "operation", None)
        if self.limits is None or op is None:
            return read()
        receipt = await enter(op)
        if self.pacing is None or self.documents.holds(query or "", closed=is_closed_to(context)):
            ready = read()
        else:
            caller = key_of(Budget.GRAPHQL, op.viewer, op.client)
            await self.pacing.turn(caller)
            ready = self.pacing.read(caller, read, is_refused=lambda made: isinstance(made, ExecutionResult))
        if isinstance(ready, ExecutionResult):
            await charge(op, None, receipt)
            return ready
        return ready._replace(charge=await charge(op, ready.cost, receipt))

    async def _settled(self, ready: "Ready", answer: ExecutionResult, context: Any) -> ExecutionResult:
        """The answer with what it came to; what was charged beyond that is given back."""
        if ready.charge is not None and answer.extensions is not None:
            objects = getattr(ready.executor, "objects", 0) + objects_in(answer.data)
            told = await settle(context.operation, ready.charge, objects)
            answer.extensions = {**answer.extensions, "cost": {**answer.extensions["cost"], **told}}
        return answer

    def _ready(
        self,
        query: str | None,
        variables: dict[str, Any] | None,
        context: Any,
        root: Any,
        name: str | None,
        extensions: dict[str, Any] | None,
        *,
        streaming: bool,
    ) -> "Ready | ExecutionResult":
        closed = is_closed_to(context)
        document = self.documents.get(query or "", closed=closed)
        if document.tree is None:
            return refused(document.errors, document.code, closed)
        operation = document.operation(name)
        if operation is None:
            return refused([GraphQLError(_undetermined(name))], "OPERATION_RESOLUTION_FAILURE", closed)
        if is_subscription(operation) and not streaming:
            text = "A subscription needs a stream: graphql-transport-ws, or POST with Accept: text/event-stream."
            return refused([GraphQLError(text)], "OPERATION_RESOLUTION_FAILURE", closed)
        anonymous = is_anonymous(context)
        shown, cost, raw, over = None, Cost(), variables or {}, list[GraphQLError]()
        if self.limits is not None:
            cost = document.costs.of(self._schema, document, operation, raw)
            maximum = self.limits.anonymous_cost if anonymous else self.limits.cost
            shown = {"cost": {"requestedQueryCost": cost.cost, "maximumCost": maximum}}
            over = too_costly(cost, maximum, self.limits)
        if self.gated and anonymous:
            root_type = self._schema.get_root_type(operation.operation)
            if (nobody := refused_roots(root_type, operation, document.fragments)) is not None:
                return _answered(nobody, closed, shown, streaming=streaming and is_subscription(operation))
        if self.limits is not None and not over:
            over = long_lists(raw, self.limits.items)
        if over:
            return refused(over, "BAD_USER_INPUT", closed, shown)
        executor = self.execution_context_class.build(
            self._schema,
            document.tree,
            root,
            context,
            variables,
            name,
            is_awaitable=cast("Any", optimized_is_awaitable),
            hide_suggestions=closed,
            max_coercion_errors=showing.SHOWN,
            operation_extensions=extensions,
        )
        if isinstance(executor, list):
            errors = variable_errors(self._schema, operation, raw, showing.SHOWN)
            return refused(errors, "BAD_USER_INPUT", closed, shown)
        if self.gated and anonymous:
            cast("Any", executor).closed_to_caller = True
        return Ready(executor, shown, cost)

    async def _answer(self, ready: "Ready", closed: bool) -> ExecutionResult:
        """What it answers; running out of time is an error like another one."""
        try:
            return await self._run(ready, closed)
        except OutOfTime as refusal:
            shown = showing.field_errors([showing.located(refusal)], closed)
            return ExecutionResult(data=None, errors=shown, extensions=ready.extensions)

    async def _run(self, ready: "Ready", closed: bool) -> ExecutionResult:
        """Raises OutOfTime."""
        op: Operation | None = getattr(ready.executor.context_value, "operation", None)
        try:
            async with _deadline(op, writing=ready.executor.operation.operation is OperationType.MUTATION):
                running = ready.executor.execute_operation()
                # @defer and @stream are no part of the schema, so there is never more than one result.
                result = cast("CoreResult", await running if isawaitable(running) else running)
        except OutOfTime:
            raise
        except Exception as error:
            result = CoreResult(None, [showing.located(error)])
        if result.errors:
            await self._written_down(ready.executor.operation, ready.executor.context_value, result.errors)
        shown = showing.field_errors(result.errors, closed) if result.errors else None
        return ExecutionResult(data=result.data, errors=shown, extensions=ready.extensions)

    async def _written_down(
        self, operation: OperationDefinitionNode, context: Any, errors: Iterable[GraphQLError]
    ) -> None:
        """Refusals of a whole root that no door to data has written down: of a write all, of a read those about who
        asks (SECURITY R38)."""
        op: Operation | None = getattr(context, "operation", None)
        root = self._schema.get_root_type(operation.operation)
        for error in errors:
            refusal = error.original_error
            if op is None or root is None or not isinstance(refusal, Refusal) or len(error.path or ()) != 1:
                continue
            is_read = operation.operation is not OperationType.MUTATION
            node = next(iter(error.nodes or ()), None)
            field = root.fields.get(node.name.value) if isinstance(node, FieldNode) else None
            action = None if field is None else action_of(field)
            if action is not None and not (is_read and not isinstance(refusal, Forbidden)):
                await op.note_refusal(action, refusal)

    async def _answers(
        self, ready: "Ready | ExecutionResult", closed: bool, fresh_context: Callable[[], Any] | None, context: Any
    ) -> AsyncGenerator[ExecutionResult, None]:
        if isinstance(ready, ExecutionResult):
            yield ready
        elif not is_subscription(ready.executor.operation):
            yield await self._settled(ready, await self._answer(ready, closed), context)
        else:
            try:
                source = create_source_event_stream(ready.executor)
                if isawaitable(source):
                    source = await source
                if isinstance(source, CoreResult):
                    await self._written_down(
                        ready.executor.operation, ready.executor.context_value, source.errors or []
                    )
                    yield PreExecutionError(None, showing.field_errors(source.errors or [], closed))
                    return
                events = self._events(ready, source, closed, fresh_context)
                async with aclosing(events):
                    async for event in events:
                        yield event
            except Exception as error:
                yield PreExecutionError(None, showing.field_errors([showing.located(error)], closed))

    async def _events(
        self,
        ready: "Ready",
        source: AsyncIterable[Any],
        closed: bool,
        fresh_context: Callable[[], Any] | None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        try:
            async for payload in source:
                one = ready.executor.build_per_event_executor(payload)
                if fresh_context is not None:
                    one.context_value = fresh_context()
                answer = await self._answer(Ready(one, ready.extensions), closed)
                cursor = getattr(payload, "cursor", None)
                yield Event(
                    answer.data, answer.errors, answer.extensions, cursor=cursor if isinstance(cursor, str) else None
                )
        finally:
            # A stream that is left must end at once, not when the collector finds it: it may hold a place in the hub.
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """For `execute_sync`, which introspection by tools and snapshots uses."""
        errors[:] = showing.field_errors(errors, closed=False)


def is_closed_to(context: Any) -> bool:
    """Whether this caller may not learn the schema: nobody is signed in, and the server is in production (R30).

    Without a context it is the product itself that asks (snapshots, tests).
    """
    operation: Operation | None = getattr(context, "operation", None)
    return operation is not None and operation.viewer.is_anonymous and not operation.settings.is_development


def is_anonymous(context: Any) -> bool:
    """Whether nobody is signed in. Without a context it is the product itself that asks."""
    operation: Operation | None = getattr(context, "operation", None)
    return operation is not None and operation.viewer.is_anonymous


def _deadline(op: Operation | None, *, writing: bool) -> AbstractAsyncContextManager[Any]:
    """Of one operation, or one event of a subscription. The product itself, which has none, may take its time."""
    if op is None:
        return nullcontext()
    settings = op.settings
    return within(settings.anonymous_deadline_s if op.viewer.is_anonymous else settings.deadline_s, writing=writing)


def is_subscription(operation: OperationDefinitionNode) -> bool:
    return operation.operation is OperationType.SUBSCRIPTION


def refused(
    errors: Iterable[GraphQLError], code: str, closed: bool, extensions: dict[str, Any] | None = None
) -> PreExecutionError:
    """The answer to a request that is not run."""
    return PreExecutionError(None, showing.request_errors(tuple(errors), code, closed), extensions)


def _answered(
    nobody: tuple[dict[str, None] | None, list[GraphQLError]],
    closed: bool,
    extensions: dict[str, Any] | None,
    *,
    streaming: bool,
) -> ExecutionResult:
    """What is told to a caller of whom no root needs to run; a subscription that cannot begin has no data at all."""
    data, errors = nobody
    shown = showing.field_errors(errors, closed)
    return PreExecutionError(None, shown, extensions) if streaming else ExecutionResult(data, shown, extensions)


def _undetermined(name: str | None) -> str:
    if name is None:
        return "Say by operationName which operation is meant: the document does not hold exactly one."
    return f"The document holds no operation named '{name}'."
