"""The route table of the REST contracts: an endpoint declares itself in one place, and everything else reads it there.

    Endpoint("POST", "login", login, Action.SIGN_IN, answers={200: SIGNED_IN}, takes=CREDENTIALS,
             refuses=(InvalidCredentials, AccountDisabled, SignInLimited))

The routes are made of it, in both forms of every path under every prefix; openapi.json is written from it; and what
`takes` says is what a body is checked by (`body`). The first line of the handler's docstring is the summary, the rest
of it the description.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Message, Receive, Scope, Send

from foundation.errors import Refusal
from rest_compat.shapes import Shape, check
from rules.access.actions import Action
from rules.access.budgets import Budget
from web.bodies import JSON_BYTES, json_object
from web.gate import Gated
from web.identify import Identify
from web.refusals import MethodNotAllowed
from web.versions import JSON, answer_type

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Parameter:
    """One member of the query string."""

    name: str
    shape: Shape
    says: str
    required: bool = False


@dataclass(frozen=True)
class Endpoint:
    """One method at one path. `path` lies below the contract's prefixes, without a slash at its end.

    `answers`: the shape of the body for each status of success, None where there is no body. `refuses`: what this
    endpoint may say no with, beyond what all of them may. `action` is what its resolver asks permission for; None
    where nothing of anybody is read or written.
    """

    method: str
    path: str
    handler: Handler
    action: Action | None
    answers: Mapping[int, Shape | None]
    takes: Shape | None = None
    parameters: tuple[Parameter, ...] = ()
    refuses: tuple[type[Refusal], ...] = ()
    max_bytes: int = JSON_BYTES
    media: str = JSON


@dataclass(frozen=True)
class Contract:
    """Endpoints that share prefixes, an envelope and a budget of requests (None: not counted). The first prefix is the
    documented one; of those in `deprecated` openapi.json says so. `identify`: who finds out who asks."""

    name: str
    says: str
    prefixes: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    deprecated: frozenset[str] = field(default_factory=frozenset)
    budget: Budget | None = Budget.CRISP
    identify: type[Identify] = Identify

    def paths(self, endpoint: Endpoint) -> list[str]:
        """The full path under each prefix, without a slash at its end."""
        return ["/".join(part for part in (prefix, endpoint.path) if part) for prefix in self.prefixes]


def routes(contract: Contract, identify: Identify) -> list[BaseRoute]:
    """Every path in both forms, with and without the slash: a redirect would send passwords to a forged Host."""
    if contract.identify is not Identify:
        identify = contract.identify(identify.house)
    methods: dict[str, set[str]] = {}
    for endpoint in contract.endpoints:
        known = {endpoint.method, "HEAD"} if endpoint.method == "GET" else {endpoint.method}
        methods.setdefault(endpoint.path, set()).update(known)
    return [
        Served(
            f"{path}{slash}",
            endpoint,
            identify=identify,
            allowed=methods[endpoint.path],
            budget=contract.budget,
            instead=contract.prefixes[0] if prefix in contract.deprecated else None,
        )
        for endpoint in contract.endpoints
        for prefix, path in zip(contract.prefixes, contract.paths(endpoint), strict=True)
        for slash in ("/", "")
    ]


class Served(Gated):
    """The route of an endpoint. It answers in the version that was asked for, or not at all."""

    def __init__(
        self,
        path: str,
        declared: Endpoint,
        *,
        identify: Identify,
        allowed: Iterable[str],
        budget: Budget | None,
        instead: str | None = None,
    ) -> None:
        """`instead`: the prefix that replaces a deprecated one."""
        super().__init__(
            path, declared.handler, identify=identify, budget=budget, action=declared.action, methods=[declared.method]
        )
        self.declared = declared
        self.allowed = ", ".join(sorted(allowed))
        self.warning = f'299 - "This endpoint is deprecated. Use {instead} instead"' if instead else None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            # Said by the first route of a path, for all of them; nobody needs to sign in to be told.
            raise MethodNotAllowed(allowed=self.allowed)
        media = self.declared.media
        if media == JSON:
            media = answer_type(", ".join(Request(scope).headers.getlist("accept")))
        scope.setdefault("state", {})["endpoint"] = self.declared

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if media != self.declared.media:
                    headers["Content-Type"] = media
                if self.warning:
                    headers["Warning"] = self.warning
            await send(message)

        await super().handle(scope, receive, tell)


async def body(request: Request) -> dict[str, Any]:
    """The body, read strictly and checked by what the endpoint `takes`. Raises InvalidInput naming the member."""
    declared: Endpoint = request.state.endpoint
    given = await json_object(request, max_bytes=declared.max_bytes)
    check(declared.takes or {}, given)
    return given
