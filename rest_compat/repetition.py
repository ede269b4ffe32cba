"""`Idempotency-Key`: a POST, PATCH or DELETE that is sent again is done once."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from starlette.requests import Request

from resolvers import repetition
from resolvers.operation import Operation
from rest_compat.endpoints import Endpoint
from web.gate import operation

T = TypeVar("T")


async def once(request: Request, act: Callable[[Operation], Awaitable[T]], asked: Any = None) -> T:
    """Acts, under the key of the header where there is one. `asked`: the body as it was checked."""
    declared: Endpoint = request.state.endpoint
    stands_for = [declared.method, declared.path, request.path_params, request.url.query, asked]
    key = request.headers.get("idempotency-key")
    done: T = await repetition.once(operation(request), act, key=key, field="Idempotency-Key", asked=stands_for)
    return done
