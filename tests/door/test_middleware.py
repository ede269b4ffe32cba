"""What every request passes: ids, headers, hosts, envelopes by path, the bound of the body, the log line."""

import io
import json
import logging
import sys
from datetime import UTC, datetime

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, Router

from foundation import telemetry
from foundation.clock import FixedClock
from foundation.errors import Forbidden, NotFound, TooMany, Unauthenticated, Unavailable
from tests.door import graph, server
from web import envelopes, middleware

CLOCK = FixedClock(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
RAISED = {
    "forbidden": Forbidden(),
    "unknown": NotFound(field="id", investigation_id="INV-9"),
    "anonymous": Unauthenticated(),
    "many": TooMany(retry_after_s=7),
    "away": Unavailable(),
    "broken": RuntimeError("secret /etc/passwd"),
}


async def raise_it(request):
    raise RAISED[request.path_params["name"]]


async def count(request):
    return PlainTextResponse(str(len(await request.body())))


async def ids(request):
    return JSONResponse({"id": telemetry.request_id.get()}, headers={"Cache-Control": "private"})


async def breaks_later(request):
    async def parts():
        yield b"a"
        raise RuntimeError("secret /etc/passwd")

    return StreamingResponse(parts())


def application(**changes):
    settings = graph.settings(**changes)
    inner = [
        Route("/raise/{name}", raise_it),
        Route("/count", count, methods=["POST"]),
        Route("/ids/{key}", ids),
        Route("/later", breaks_later),
    ]
    prefixes = ["/api/auth", "/api/v1/investigations", "/taxii2", "/graphql", "/alerts"]
    app = Starlette(
        routes=[*inner, *(Mount(prefix, app=Router(inner, redirect_slashes=False)) for prefix in prefixes)],
        middleware=middleware.stack(settings, CLOCK),
        exception_handlers=middleware.handlers(CLOCK),
    )
    app.router.redirect_slashes = False
    return app


@pytest.fixture
def client():
    return asking(application())


def asking(app, **options):
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://x", **options
    )


async def test_the_request_id_is_the_same_everywhere(client):
    answer = await client.get("/ids/1", headers={"X-Request-ID": "abc-1", "X-Correlation-ID": "INV-7"})
    assert answer.json() == {"id": "abc-1"}
    assert answer.headers["x-request-id"] == "abc-1"
    assert answer.headers["x-correlation-id"] == "INV-7"
    other = await client.get("/ids/1", headers={"X-Request-ID": "a b", "X-Correlation-ID": "x\x7fy"})
    assert len(other.json()["id"]) == 36 and other.headers["x-request-id"] == other.json()["id"]
    assert len(other.headers["x-correlation-id"]) == 36
    assert "x-correlation-id" not in (await client.get("/ids/1")).headers


async def test_headers_are_safe(client):
    for path in ("/ids/1", "/raise/broken", "/nothing"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == ("private" if path == "/ids/1" else "no-store")
        assert "strict-transport-security" not in headers
    https = await asking(application(public_url="https://graph.example")).get("/ids/1")
    assert https.headers["strict-transport-security"].startswith("max-age=")


async def test_unknown_hosts_are_refused():
    app = application(allowed_hosts=("graph.example", "127.0.0.1:8000"))
    for host, status in (("graph.example", 200), ("GRAPH.example:99", 200), ("127.0.0.1:8000", 200), ("evil", 400)):
        answer = await asking(app).get("/ids/1", headers={"host": host})
        assert answer.status_code == status
    assert (await asking(app).get("/api/auth/ids/1", headers={"host": "evil"})).json()["code"] == "UNKNOWN_HOST"


async def test_pages_of_other_origins_need_to_be_named():
    preflight = {
        "Origin": "https://ui.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    closed = await asking(application()).options("/count", headers=preflight)
    assert "access-control-allow-origin" not in closed.headers
    open_ = asking(application(allowed_origins=("https://ui.example",)))
    allowed = await open_.options("/count", headers=preflight)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://ui.example")
    assert "access-control-allow-credentials" not in allowed.headers
    stranger = await open_.options("/count", headers=preflight | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers


AT = "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        (
            "/api/v1/investigations/raise/unknown",
            404,
            {
                "success": False,
                "error": {
                    "code": "RESOURCE_NOT_FOUND",
                    "message": "There is no such thing, or you may not see it.",
                    "details": {"field": "id", "investigation_id": "INV-9"},
                },
                "meta": {"timestamp": AT, "request_id": "r"},
            },
        ),
        (
            "/api/auth/raise/anonymous",
            401,
            {
                "success": False,
                "message": "Sign in first.",
                "code": "AUTHENTICATION_FAILED",
                "timestamp": AT,
                "request_id": "r",
            },
        ),
        (
            "/alerts/raise/forbidden",
            403,
            {
                "error": {
                    "code": "PERMISSION_DENIED",
                    "message": "You may not do this.",
                    "details": {},
                    "timestamp": AT,
                    "request_id": "r",
                }
            },
        ),
        (
            "/taxii2/nothing",
            404,
            {
                "title": "There is nothing at this path.",
                "error_id": "r",
                "error_code": "RESOURCE_NOT_FOUND",
                "http_status": "404",
            },
        ),
        (
            "/graphql/raise/broken",
            500,
            {
                "errors": [
                    {
                        "message": "Something went wrong.",
                        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "r"},
                    }
                ]
            },
        ),
        (
            "/api/v1/investigations/raise/broken",
            500,
            {
                "success": False,
                "error": {"code": "INTERNAL_ERROR", "message": "Something went wrong.", "details": {}},
                "meta": {"timestamp": AT, "request_id": "r"},
            },
        ),
    ],
)
async def test_each_contract_has_its_envelope(client, path, status, body):
    answer = await client.get(path, headers={"X-Request-ID": "r"})
    assert (answer.status_code, answer.json()) == (status, body)
    taxii = path.startswith("/taxii")
    assert answer.headers["content-type"] == ("application/taxii+json;version=2.1" if taxii else "application/json")


@pytest.mark.parametrize("prefix", ["", "/api/auth", "/api/v1/investigations", "/taxii2", "/graphql", "/alerts"])
async def test_statuses_carry_their_headers(client, prefix):
    wrong = await client.get(f"{prefix}/count")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert (await client.get(f"{prefix}/raise/many")).headers["retry-after"] == "7"
    assert (await client.get(f"{prefix}/raise/away")).headers["retry-after"] == "5"
    assert "Bearer" in (await client.get(f"{prefix}/raise/anonymous")).headers["www-authenticate"]
    # No redirect to the other spelling, whose Location would be built from the Host header.
    assert (await client.get(f"{prefix}/ids/1/")).status_code == 404


def test_forms_go_by_whole_segments():
    assert envelopes.form_of("/graphql")[0] is envelopes.form_of("/graphql/")[0]
    assert envelopes.form_of("/graphqlx")[0] is envelopes.form_of("/nothing")[0]
    assert envelopes.form_of("/api/authors")[0] is envelopes.form_of("/api/indicators/")[0]
    assert envelopes.form_of("/api/v1/auth/login/")[0] is envelopes.form_of("/api/auth/login")[0]


async def test_a_body_is_bounded_by_its_declaration_and_by_its_bytes(client):
    large = middleware.BODY_BYTES + 1

    async def chunks():
        for _ in range(large // 100_000 + 1):
            yield b"x" * 100_000

    assert (await client.post("/count", content=b"x" * 1000)).text == "1000"
    for content in (b"x" * large, chunks()):
        answer = await client.post("/api/v1/investigations/count", content=content)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"


@pytest.fixture
def lines():
    root, state = logging.getLogger(), structlog.get_config()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    telemetry.configure(stream=stream, clock=CLOCK)
    yield lambda: [line for line in map(json.loads, stream.getvalue().splitlines()) if "casegraph" in line["logger"]]
    root.handlers[:], root.level = before[0], before[1]
    structlog.configure(**state)


async def test_one_line_for_a_request_and_no_text_of_the_caller(client, lines):
    await client.get("/ids/secret-7?reason=because", headers={"X-Request-ID": "r"})
    await client.request("BREW", "/nothing/secret-8")
    (found, unknown) = lines()
    assert found.pop("ms") >= 0
    assert found == {
        "event": "request",
        "method": "GET",
        "route": "/ids/{key}",
        "status": 200,
        "request_id": "r",
        "level": "info",
        "logger": "casegraph.web",
        "at": "2026-01-02T03:04:05.000000Z",
    }
    assert (unknown["method"], unknown["route"], unknown["status"]) == ("OTHER", "none", 404)


async def test_a_surprise_is_logged_once_with_its_traceback(client, lines):
    await client.get("/raise/broken", headers={"X-Request-ID": "r"})
    (surprise, request) = lines()
    assert (surprise["event"], surprise["level"], surprise["request_id"]) == ("A surprise in a request", "error", "r")
    assert surprise["exception"].endswith("RuntimeError: secret /etc/passwd")
    assert (request["event"], request["status"]) == ("request", 500)


def test_an_answer_that_breaks_after_it_began_is_cut_off(lines):
    with server.running(application()) as at, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://{at}/later")
    assert [line["event"] for line in lines()][:2] == ["A surprise in a request", "request"]
    assert "secret" not in str(sys.exc_info())
