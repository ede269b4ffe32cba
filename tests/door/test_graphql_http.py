"""GraphQL over HTTP against a real server: media types, statuses, request errors, refusals and surprises."""

import json

import httpx
import orjson
import pytest
from starlette.responses import HTMLResponse

from foundation.settings import Mode
from schema import media
from schema.door import GraphQLDoor
from schema.doorman import Numbers
from schema.requests import encode
from tests.door import graph, server

JSON, RESPONSE = "application/json", "application/graphql-response+json"
GOOD, BAD = {"query": '{ echo(text: "a") }'}, {"query": "{ nope }"}


@pytest.fixture(scope="module")
def client():
    desk = graph.desk()
    door = GraphQLDoor(
        graph.schema,
        desk,
        settings=desk.settings,
        numbers=Numbers(body_bytes=200_000),
        console=HTMLResponse("<p>console</p>"),
    )
    with server.running(door) as at, httpx.Client(base_url=f"http://{at}", timeout=20) as made:
        made.headers["authorization"] = "Bearer ada"
        yield made


def ask(client, query, *, accept=JSON, **members):
    return client.post("/graphql", json={"query": query, **members}, headers={"accept": accept})


@pytest.mark.parametrize(
    ("accept", "type_"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (RESPONSE, RESPONSE),
        (RESPONSE.upper(), RESPONSE),
        (f"{RESPONSE}; charset=utf-8, {JSON};q=0.9", RESPONSE),
        (f"{JSON};q=0.9, {RESPONSE};q=0.8", JSON),
        (f"{RESPONSE};q=0.5, */*", JSON),
        (f"{RESPONSE}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed", RESPONSE),
        (f"{JSON};q=0, */*", RESPONSE),
    ],
)
def test_the_answer_has_the_type_that_was_asked_for(client, accept, type_):
    # httpx would add an Accept of its own.
    request = client.build_request("POST", "/graphql", json=GOOD)
    del request.headers["accept"]
    if accept is not None:
        request.headers["accept"] = accept
    response = client.send(request)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{type_}; charset=utf-8"
    assert response.json() == {"data": {"echo": "a"}}


@pytest.mark.parametrize("accept", ["text/html", f"{JSON};q=0", "nonsense", "image/*;q=x"])
def test_other_types_are_not_acceptable(client, accept):
    response = client.post("/graphql", json=GOOD, headers={"accept": accept})
    assert response.status_code == 406
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("query", "members", "code"),
    [
        ("{", {}, "GRAPHQL_PARSE_FAILED"),
        ("", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ " + "a " * 2001 + "}", {}, "GRAPHQL_PARSE_FAILED"),
        ("#" * 100_001, {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ echo(text: 1) }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ('query ($n: Int!) { echo(text: "a", times: $n) }', {}, "BAD_USER_INPUT"),
        ('query ($n: Int!) { echo(text: "a", times: $n) }', {"variables": {"n": "x"}}, "BAD_USER_INPUT"),
        ("query A { me } query B { me }", {}, "OPERATION_RESOLUTION_FAILURE"),
        ("query A { me }", {"operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
        ("fragment F on Query { me }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { count(to: 2) { number } }", {}, "OPERATION_RESOLUTION_FAILURE"),
    ],
)
def test_a_request_error_has_no_data_and_a_code(client, query, members, code):
    for accept, status in ((JSON, 200), (RESPONSE, 400)):
        response = ask(client, query, accept=accept, **members)
        assert response.status_code == status
        assert set(response.json()) == {"errors"}
        assert {error["extensions"]["code"] for error in response.json()["errors"]} == {code}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"5",
        b'"x"',
        b"[]",
        b'[{"query": "{ me }"}]',
        b"\xff",
        b"[" * 100_000,
        b'{"query": ' + b"9" * 5000 + b"}",
        b'{"query": "{ me }", "variables": {"a": NaN}}',
        b'{"query": "{ me }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ me }", "query": "{ me }"}',
        b"{}",
        b'{"query": null}',
        b'{"query": 5}',
        b'{"query": "{ me }", "variables": []}',
        b'{"query": "{ me }", "variables": "{}"}',
        b'{"query": "{ me }", "operationName": 5}',
        b'{"query": "{ me }", "extensions": "x"}',
        '{"query": "{ me }"}'.encode("utf-16"),
    ],
)
def test_a_body_that_is_no_request_is_400(client, body):
    for accept in (JSON, RESPONSE):
        response = client.post("/graphql", content=body, headers={"content-type": JSON, "accept": accept})
        assert response.status_code == 400
        assert response.headers["content-type"] == f"{accept}; charset=utf-8"
        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "BAD_REQUEST"


def test_nulls_and_unknown_members_are_ignored(client):
    body = {"operationName": None, "variables": None, "extensions": None, "doc_id": [1]}
    assert ask(client, "{ me }", **body).json() == {"data": {"me": "ada"}}
    assert ask(client, "{ me }", operationName="", extensions={"a": 1}).json() == {"data": {"me": "ada"}}
    assert ask(client, 'query A { me } query B { echo(text: "b") }', operationName="B").json() == {
        "data": {"echo": "b"}
    }


@pytest.mark.parametrize(
    "type_",
    [
        None,
        "text/plain",
        "application/jsonx",
        "xapplication/json",
        RESPONSE,
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        f"{JSON}; charset=utf-16",
        f"{JSON}, text/plain",
    ],
)
def test_only_json_is_read(client, type_):
    headers = {} if type_ is None else {"content-type": type_}
    response = client.post("/graphql", content=json.dumps(GOOD), headers=headers)
    assert response.status_code == 415
    assert response.json()["errors"][0]["extensions"]["contractCode"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize("type_", [JSON, f"{JSON}; charset=utf-8", 'Application/JSON;charset="UTF-8"'])
def test_json_may_name_its_encoding(client, type_):
    response = client.post("/graphql", content=json.dumps(GOOD), headers={"content-type": type_})
    assert response.json() == {"data": {"echo": "a"}}


def test_compressed_bodies_are_not_read(client):
    response = client.post("/graphql", content=b"x", headers={"content-type": JSON, "content-encoding": "gzip"})
    assert response.status_code == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_only_post_runs_anything(client, method):
    response = client.request(method, "/graphql", params={"query": "{ me }"})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert b"ada" not in response.content


def test_no_console_in_production(client):
    assert client.get("/graphql", headers={"accept": "text/html"}).status_code == 405


def test_a_body_is_counted_while_it_is_read(client):
    large = json.dumps({"query": "{ me }", "variables": {"a": "x" * 200_000}}).encode()
    chunks = (large[at : at + 10_000] for at in range(0, len(large), 10_000))
    for content in (large, chunks):
        response = client.post("/graphql", content=content, headers={"content-type": JSON})
        assert response.status_code == 413
        assert response.json()["errors"][0]["extensions"]["contractCode"] == "PAYLOAD_TOO_LARGE"


def test_wrong_credentials_are_401(client):
    response = client.post("/graphql", json=GOOD, headers={"authorization": "Bearer nobody"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED", "contractCode": "UNAUTHORIZED"}


def test_a_surprise_before_the_operation_is_masked(client):
    response = client.post("/graphql", json=GOOD, headers={"authorization": "Bearer crash"})
    assert response.status_code == 500
    assert response.json()["errors"][0]["message"] == "Something went wrong."
    assert "secret" not in response.text


def test_a_refusal_shows_its_codes_and_siblings_answer(client):
    answer = ask(client, '{ hidden echo(text: "a") }').json()
    assert answer["data"] == {"hidden": None, "echo": "a"}
    (error,) = answer["errors"]
    assert error["message"] == "Investigation INV-9 not found."
    assert error["path"] == ["hidden"]
    assert error["extensions"] == {
        "code": "BAD_USER_INPUT",
        "contractCode": "INVESTIGATION_NOT_FOUND",
        "field": "id",
        "details": {"investigationId": "INV-9", "availableInvestigations": ["INV-1"]},
    }


def test_surprises_are_masked(client):
    response = ask(client, "{ surprise unshowable }", accept=RESPONSE)
    assert response.status_code == 200
    assert response.json()["data"] == {"surprise": None, "unshowable": None}
    for error in response.json()["errors"]:
        assert error["message"] == "Something went wrong."
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in response.text and "1099511627776" not in response.text


def test_a_refused_non_null_root_keeps_its_data_entry(client):
    response = ask(client, "{ strict }", accept=RESPONSE)
    assert response.status_code == 200
    assert response.json()["data"] is None
    assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_an_argument_only_execution_can_judge_is_the_callers_fault(client):
    query = 'query ($d: Int = 1) { a: echo(text: "a", times: $d) }'
    error = ask(client, query, variables={"d": None}).json()["errors"][0]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"] != "Something went wrong."


def test_at_most_five_errors_of_at_most_300_characters(client):
    answer = ask(client, "{" + " ".join(f"{'x' * 400}{n}" for n in range(9)) + "}").json()
    assert len(answer["errors"]) == 5
    assert all(len(error["message"]) <= 300 for error in answer["errors"])


def test_anonymous_callers_learn_nothing_of_the_schema(client):
    with httpx.Client(base_url=client.base_url) as stranger:
        for query in ("{ __schema { types { name } } }", '{ __type(name: "Query") { name } }'):
            errors = ask(stranger, query).json()["errors"]
            assert errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert "Did you mean" not in ask(stranger, "{ ech }").text
        for long in ("{" + " me" * 501 + "}", "{ me } #" + "x" * 15_000):
            assert ask(stranger, long).json()["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
            assert ask(client, long).json() == {"data": {"me": "ada"}}
        assert "Did you mean" not in ask(stranger, "query ($d: Draft!) { me }", variables={"d": {"titel": 1}}).text
        assert ask(stranger, "{ __typename me }").json() == {"data": {"__typename": "Query", "me": "anonymous"}}
    assert "Did you mean" in ask(client, "{ ech }").text
    assert ask(client, "{ __schema { queryType { name } } }").json() == {
        "data": {"__schema": {"queryType": {"name": "Query"}}}
    }


def test_half_a_surrogate_pair_is_shown_as_its_replacement(client):
    assert ask(client, "{ surrogate }").json() == {"data": {"surrogate": "half \ufffd pair"}}


def test_parts_that_are_json_already_go_in_as_they_are():
    assert encode({"data": {"a": orjson.Fragment(b'{"b": 1.50}')}}) == b'{"data":{"a":{"b": 1.50}}}'
    masked = json.loads(encode({"data": {"a": object()}}))
    assert masked["errors"][0]["message"] == "Something went wrong."


def test_each_request_has_its_own_context(client):
    one, two = (int(ask(client, "{ context }").json()["data"]["context"]) for _ in range(2))
    assert two == one + 1


def test_the_console_is_for_development():
    desk = graph.desk(Mode.DEVELOPMENT)
    door = GraphQLDoor(graph.schema, desk, settings=desk.settings, console=HTMLResponse("<p>console</p>"))
    with server.running(door) as at, httpx.Client(base_url=f"http://{at}") as client:
        page = client.get("/graphql", headers={"accept": "text/html,*/*"})
        assert (page.status_code, page.text) == (200, "<p>console</p>")
        assert client.get("/graphql", headers={"accept": JSON}).status_code == 405
        # In development nobody needs to sign in to look at the schema.
        assert "data" in ask(client, "{ __schema { types { name } } }").json()


def test_documents_are_kept_by_text_and_by_what_the_caller_may_know():
    documents = type(graph.schema.documents)(graph.schema._schema, characters=40)
    one = documents.get("{ me }", closed=False)
    assert documents.get("{ me }", closed=False) is one
    assert documents.get("{ me }", closed=True) is not one
    documents.get("{ me " + " " * 40 + "}", closed=False)
    assert len(documents) == 1
    assert documents.get("{ me }", closed=False) is not one


def test_events_are_negotiated_by_name_only():
    assert media.accepted("*/*") == (JSON, False)
    assert media.accepted("text/event-stream") == (None, True)
    assert media.accepted("text/event-stream;q=0, application/json") == (JSON, False)
    assert media.accepted("text/*") == (None, True)
