"""Nobody in without a credential: every route and every root field is guarded, or says why it is public (R1)."""

from contextlib import aclosing

from app import make_app
from resolvers.operation import House, Operation
from rules.access.viewer import ANONYMOUS
from schema.marks import public_because as root_is_public
from schema.marks import roots
from tests.graph.asking import SCHEMA, Context
from tests.security.samples import call
from web.gate import is_guarded, public_because

FORGOTTEN = ("forgot_password", "validate_reset_token", "reset_password")


def test_every_route_is_gated_or_says_why_it_is_public(house: House) -> None:
    app = make_app(house, working=False)
    assert [route.path for route in app.routes if not is_guarded(route)] == []  # type: ignore[attr-defined]
    public = {
        route.path  # type: ignore[attr-defined]
        for route in app.routes
        if public_because(getattr(route, "endpoint", None) or getattr(route, "app", None))
    }
    assert {path.rstrip("/") for path in public} == {
        "/graphql", "/health", "/live", "/openapi.json", "/api/openapi.json",
        "/api/auth/login", "/api/auth/refresh", "/api/v1/auth/login", "/api/v1/auth/refresh",
        "/api/auth/register", "/api/v1/auth/register", "/reset-password",
        *(f"{prefix}/{name}" for prefix in ("/api/auth", "/api/v1/auth") for name in FORGOTTEN),
    }  # fmt: skip


def test_root_fields_that_need_nobody_are_these() -> None:
    public = {f"{kind} {name}" for kind, name, definition in roots(SCHEMA._schema) if root_is_public(definition)}
    assert public == {
        "query viewer", "mutation login", "mutation refreshTokens", "mutation registerUser",
        "mutation requestPasswordReset", "mutation checkPasswordResetToken", "mutation resetPassword",
    }  # fmt: skip


async def test_a_root_field_that_nobody_marked_is_closed(house: House) -> None:
    """Every root but the public ones is refused before its arguments are looked at, whatever they hold."""
    for kind, name, definition in roots(SCHEMA._schema):
        if root_is_public(definition):
            continue
        # Each from an address of its own: there are more root fields than one stranger may ask for in a minute.
        context = Context(Operation(house, ANONYMOUS, request_id="r-1", client=name), "planned")
        document, variables = call(kind, name, definition)
        async with aclosing(await SCHEMA.stream(document, dict.fromkeys(variables), context)) as answers:
            answer = await anext(answers)
        codes = [(error.extensions or {}).get("code") for error in answer.errors or ()]
        assert (answer.data and answer.data[name], codes) == (None, ["UNAUTHENTICATED"]), name
