"""openapi.json lists what is served, as it is served; and the documented examples fit it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app import make_app
from foundation.errors import InvalidInput
from resolvers.operation import House
from rest_compat import openapi
from rest_compat.endpoints import Contract, Endpoint, Served, body, routes
from rest_compat.shapes import TEXT, WHOLE, check, listed, maybe, one_of, record
from tests.rest.shapes import DOCUMENT, answer_shape, conforms, request_shape
from web.identify import Identify


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_app(house, working=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://casegraph.test") as made:
        yield made


async def test_it_is_served_to_anybody_as_printed(client: httpx.AsyncClient) -> None:
    for path in ("/openapi.json", "/openapi.json/", "/api/openapi.json", "/api/openapi.json/"):
        answer = await client.get(path, headers={"authorization": "Bearer stale"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json() == DOCUMENT


def test_every_route_is_listed_and_nothing_else(house: House) -> None:
    served: set[tuple[str, str]] = set()
    for route in make_app(house, working=False).routes:
        path = str(getattr(route, "path", ""))
        # TAXII has a standard that documents it.
        if path.rstrip("/") in ("/graphql", "/reset-password", *openapi.PLACES) or path.startswith("/taxii"):
            continue
        assert isinstance(route, Served), f"{path} is no endpoint of the route table"
        served.add((route.declared.method.lower(), path.rstrip("/")))
    listed_ = {(method, path.rstrip("/")) for path, entry in DOCUMENT["paths"].items() for method in entry}
    assert listed_ == served


def test_every_operation_is_described_and_named_once() -> None:
    operations = [entry for path in DOCUMENT["paths"].values() for entry in path.values()]
    names = [entry["operationId"] for entry in operations]
    assert len(names) == len(set(names))
    assert [entry["operationId"] for entry in operations if not entry["summary"] or not entry["responses"]] == []


def test_every_example_of_a_refusal_fits_its_shape() -> None:
    wrong = [
        (path, status, code, found)
        for path, entry in DOCUMENT["paths"].items()
        for operation in entry.values()
        for status, answer in operation["responses"].items()
        for content in answer.get("content", {}).values()
        for code, example in content.get("examples", {}).items()
        if (found := conforms(content["schema"], example["value"]))
    ]
    assert wrong == []


USER = {
    "id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "username": "john.doe",
    "email": "john.doe@example.com",
    "role": "publisher",
    "first_name": "John",
    "last_name": "Doe",
    "organization": {
        "id": "550e8400-e29b-41d4-a716-446655440000",
        "name": "TechCorp Industries",
        "domain": "techcorp.com",
    },
}
TOKENS = {"access": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9...", "refresh": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9..."}


def test_the_documented_examples_fit() -> None:
    asked = {
        "username": "john.doe@example.com",
        "password": "SecurePassword123",
        "remember_device": False,
        "totp_code": None,
    }
    assert conforms(request_shape("POST", "/api/auth/login/"), asked) == []
    told = {"success": True, "tokens": TOKENS, "user": USER}
    assert conforms(answer_shape("POST", "/api/auth/login/", 200), told) == []
    assert conforms(answer_shape("POST", "/api/auth/login/", 200), {**told, "success": False}) != []
    assert conforms(request_shape("POST", "/api/auth/refresh/"), {"refresh_token": TOKENS["refresh"]}) == []


@pytest.mark.parametrize(
    ("accept", "status", "type_"),
    [
        (None, 200, "application/json"),
        ("*/*", 200, "application/json"),
        ("application/json", 200, "application/json"),
        ("application/json;version=1.0", 200, "application/json;version=1.0"),
        ('application/json; version="1.0"; q=0.5', 200, "application/json;version=1.0"),
        ("application/json;version=2.0, application/json;q=0.1", 200, "application/json"),
        ("application/json;version=2.0", 406, "application/json"),
        ("application/json;version=1.0;q=0", 406, "application/json"),
        ("text/html", 406, "application/json"),
    ],
)
async def test_the_version_is_asked_for_by_header(
    client: httpx.AsyncClient, accept: str | None, status: int, type_: str
) -> None:
    request = client.build_request("GET", "/live")
    del request.headers["accept"]
    if accept is not None:
        request.headers["accept"] = accept
    answer = await client.send(request)
    assert (answer.status_code, answer.headers["content-type"]) == (status, type_)
    if status == 406:
        assert answer.json()["error"]["code"] == "NOT_ACCEPTABLE"


async def test_every_method_of_a_path_is_named_when_one_is_not_allowed(client: httpx.AsyncClient) -> None:
    wrong = await client.delete("/health/")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD")
    wrong = await client.get("/api/auth/logout")
    assert (wrong.status_code, wrong.headers["allow"], wrong.json()["code"]) == (405, "POST", "METHOD_NOT_ALLOWED")


async def test_a_deprecated_prefix_is_marked_and_a_shared_path_allows_all_its_methods(house: House) -> None:
    async def serve(request):
        """Does it."""
        return await body(request)

    contract = Contract(
        "Things",
        "Things.",
        ("/api/v1/things", "/api/things"),
        (
            Endpoint("GET", "{id}", serve, None, answers={204: None}),
            Endpoint("DELETE", "{id}", serve, None, answers={204: None}),
        ),
        deprecated=frozenset({"/api/things"}),
    )
    document = openapi.document([contract])
    assert [path for path, entry in document["paths"].items() if "deprecated" in entry["get"]] == ["/api/things/{id}/"]
    assert document["paths"]["/api/things/{id}/"]["get"]["parameters"][0]["name"] == "id"
    made = routes(contract, Identify(house))
    assert {route.allowed for route in made if isinstance(route, Served)} == {"DELETE, GET, HEAD"}


SHAPE = record(
    name=TEXT, optional={"kind": one_of("a", "b"), "size": maybe({**WHOLE, "minimum": 1}), "tags": listed(TEXT)}
)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": 1}, "name"),
        ({"name": "x", "kind": "c"}, "kind"),
        ({"name": "x", "size": 0}, "size"),
        ({"name": "x", "size": True}, "size"),
        ({"name": "x", "size": 1.0}, "size"),
        ({"name": "x", "tags": ["a", 1]}, "tags"),
        ([], None),
    ],
)
def test_a_body_is_checked_by_what_is_told_of_it(value: object, field: str | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(SHAPE, value)
    assert refused.value.field == field
    check(SHAPE, {"name": "", "kind": "a", "size": None, "tags": [], "more": 1})
