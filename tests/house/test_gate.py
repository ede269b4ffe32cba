"""Nobody in without a credential: every route and every root field is guarded, or says why it is public (R1)."""

from app import make_app
from resolvers.operation import House
from rules.access.actions import TABLE, Action
from web.gate import is_guarded, public_because


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
    }  # fmt: skip


def test_every_action_has_its_row_in_the_table() -> None:
    assert set(TABLE) == set(Action)
