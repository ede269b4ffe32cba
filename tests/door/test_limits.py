"""The limits at the doors of the product: told alike over HTTP and WebSocket, before anything is coerced or run."""

import json
from typing import Any

import httpx
import pytest
from strawberry.types.arguments import convert_arguments
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from formats.activity.records import NAMES
from foundation.settings import Mode
from schema.door import GraphQLDoor
from schema.marks import public_because
from schema.planned import PlannedExecutor
from schema.root import build_schema
from schema.selecting import DEFINITION
from tests.door import graph, server

SCHEMA = build_schema()
CORE: Any = SCHEMA._schema
INGEST = "mutation($r: [ActivityRecordInput!]!) { ingestActivity(input: {records: $r}) { created } }"
RECORD = {"kind": "LOGIN", "time": "2026-11-01T10:00:00Z", "source": "s"}


@pytest.fixture(scope="module")
def place():
    desk = graph.desk(Mode.PRODUCTION)
    with server.running(GraphQLDoor(SCHEMA, desk, settings=desk.settings)) as at:
        yield at


async def over_http(place: str, who: str | None, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    headers = {"accept": "application/json"} | ({"authorization": f"Bearer {who}"} if who else {})
    async with httpx.AsyncClient(timeout=20) as client:
        body = {"query": query, "variables": variables}
        answer: dict[str, Any] = (await client.post(f"http://{place}/graphql", json=body, headers=headers)).json()
        return answer


async def over_socket(place: str, who: str | None, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    async with connect(f"ws://{place}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"token": who} if who else {}}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        payload = {"query": query, "variables": variables}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        message = json.loads(await socket.recv())
        return {"errors": message["payload"]} if message["type"] == "error" else message["payload"]


@pytest.fixture(params=[over_http, over_socket])
def ask(request, place):
    async def one(who, query, **variables):
        return await request.param(place, who, query, variables)

    return one


@pytest.fixture
def nothing_coerced(monkeypatch):
    def build(*_arguments, **_options):
        raise AssertionError("Somebody's variables were coerced.")

    monkeypatch.setattr(PlannedExecutor, "build", build)


def codes(answer):
    return [(error["extensions"]["code"], error.get("path")) for error in answer["errors"]]


async def test_the_cost_is_told(ask):
    told = await ask("ada", "{ __typename }")
    assert told["data"] == {"__typename": "Query"}
    assert told["extensions"] == {"cost": {"requestedQueryCost": 0, "maximumCost": 20_000, "actualQueryCost": 0}}
    told = await ask(None, "{ viewer { role } }")
    assert told == {
        "data": {"viewer": None},
        "extensions": {"cost": {"requestedQueryCost": 1, "maximumCost": 200, "actualQueryCost": 0}},
    }


async def test_what_costs_too_much_is_not_run(ask, nothing_coerced):
    told = await ask("ada", "{ investigations { edges { node { graph(maxNodes: 5000) { nodes { key } } } } } }")
    (error,) = told["errors"]
    assert error["message"] == "This document has 100041 points of cost; at most 20000 are allowed."
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "limit": "cost", "maximum": 20_000}
    assert "data" not in told


async def test_who_is_nobody_may_ask_for_a_hundredth(ask, nothing_coerced):
    told = await ask(
        None,
        "{ viewer { sessions(first: 100) { ...S } b: sessions(first: 100) { ...S } } }"
        " fragment S on SessionConnection { edges { node { id } } }",
    )
    (error,) = told["errors"]
    assert error["message"] == "This document has 203 points of cost; at most 200 are allowed."


async def test_limits_of_the_text_are_bad_user_input(ask):
    told = await ask("ada", "{ " + "viewer { role } " * 21 + "}")
    (error,) = told["errors"]
    assert error["message"] == "This document has 21 root fields; at most 20 are allowed."
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "limit": "roots", "maximum": 20}


async def test_roots_that_need_an_identity_are_refused_before_anything_is_coerced(ask, nothing_coerced):
    told = await ask(
        None, "mutation { a: logout { signedOut } ...M } fragment M on Mutation { b: logout { signedOut } }"
    )
    assert told["data"] == {"a": None, "b": None}
    assert codes(told) == [("UNAUTHENTICATED", ["a"]), ("UNAUTHENTICATED", ["b"])]
    told = await ask(None, "query($i: [ID!]!) { nodes(ids: $i) { id } }", i=["INV-1"] * 100)
    assert told["data"] is None and codes(told) == [("UNAUTHENTICATED", ["nodes"])]
    told = await ask(None, "query($i: [ID!]!) { nodes(ids: $i) { id } }", i=5)
    assert codes(told) == [("UNAUTHENTICATED", ["nodes"])]


async def test_beside_a_public_root_the_others_are_refused_one_by_one(ask):
    told = await ask(
        None, "query($y: Boolean!) { viewer { role } investigations @include(if: $y) { totalCount } }", y=True
    )
    assert told["data"] == {"viewer": None, "investigations": None}
    assert codes(told) == [("UNAUTHENTICATED", ["investigations"])]


async def test_a_subscription_of_nobody_has_no_data(place):
    told = await over_socket(
        place, None, 'subscription { investigationProgress(investigationId: "INV-1") { __typename } }', {}
    )
    assert codes(told) == [("UNAUTHENTICATED", ["investigationProgress"])]


async def test_long_lists_are_refused_before_they_are_coerced(ask, nothing_coerced):
    told = await ask("ada", "query($i: [ID!]!) { nodes(ids: $i) { id } }", i=["INV-1"] * 1001)
    (error,) = told["errors"]
    assert error["message"] == "Variable '$i' holds a list of 1001 items; at most 1000 are allowed."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_large_body_of_nobody_is_not_read(place):
    with_much = {"query": INGEST, "variables": {"r": [RECORD] * 2000}}
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"http://{place}/graphql", json=with_much)
        assert answer.status_code == 413


LOGIN = "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }"


@pytest.mark.parametrize(
    ("query", "variables", "words"),
    [
        (
            LOGIN,
            {"i": {"usernme": "x", "password": "SECRETPW"}},
            [
                "Variable '$i': Expected only fields of 'LoginInput', and there are others.",
                "Variable '$i' at username: Expected a value of type 'String!', which is not left out.",
            ],
        ),
        (LOGIN, {"i": "SECRETPW"}, ["Variable '$i': Expected an object of type 'LoginInput'."]),
        (LOGIN, {}, ["Variable '$i' is needed: a value of type 'LoginInput!'."]),
        (LOGIN, {"i": None}, ["Variable '$i': Expected a value of type 'LoginInput!', which is not null."]),
        (
            LOGIN,
            {"i": {"username": None, "password": ["SECRETPW"]}},
            [
                "Variable '$i' at username: Expected a value of type 'String!', which is not null.",
                "Variable '$i' at password: Expected a value of type 'String'.",
            ],
        ),
        ('mutation { login(input: {usernme: "x", password: "SECRETPW"}) { userErrors { code } } }', {}, None),
        ('mutation { login(input: {username: "x", password: [["SECRETPW"]]}) { userErrors { code } } }', {}, None),
        ('mutation { login(input: {username: 5, password: SECRETPW}) { userErrors { code } } }', {}, None),
        ('mutation { login(input: "SECRETPW") { userErrors { code } } }', {}, None),
        ('mutation { login(input: {username: null, password: "SECRETPW"}) { userErrors { code } } }', {}, None),
        ('mutation { login(input: {username: "a" "SECRETPW"}) { userErrors { code } } }', {}, None),
        ('mutation { login(input: {username: """SECRETPW""" """SECRETPW"""}) { userErrors { code } } }', {}, None),
        ("query($n: Int = \"SECRETPW\") { investigations(first: $n) { totalCount } viewer { role } }", {}, None),
        ("{ investigations(first: " + "9" * 4400 + ") { totalCount } viewer { role } }", {}, None),
        ("{ investigations(orderBy: SECRETPW) { totalCount } }", {}, None),
        ('{ investigations(orderBy: "SECRETPW") { totalCount } }', {}, None),
        ("query($n: EventKind!) { events(kinds: [$n]) { __typename } viewer { role } }", {"n": "SECRETPW"}, None),
        ("query($n: Int) { investigations(first: $n) { totalCount } viewer { role } }", {"n": "SECRETPW"}, None),
        ("query($n: Boolean!) { viewer @skip(if: $n) { role } }", {"n": "SECRETPW"}, None),
    ],
)  # fmt: skip
async def test_errors_of_values_say_where_and_which_type_and_never_the_value(ask, query, variables, words):
    for who in ("ada", None):
        told = await ask(who, query, **variables)
        text = json.dumps(told)
        for never in ("SECRETPW", "None", "found:", "4300", "999", "encountered", "sys."):
            assert never not in text, told
        assert told["errors"] and all(
            error["extensions"]["code"] != "INTERNAL_SERVER_ERROR" for error in told["errors"]
        )
        if words is not None:
            assert [error["message"] for error in told["errors"]] == words


def test_these_roots_are_public_and_no_others():
    found = {
        f"{root.name}.{name}"
        for root in (CORE.query_type, CORE.mutation_type, CORE.subscription_type)
        for name, field in root.fields.items()
        if public_because(field)
    }
    assert found == {
        "Query.viewer",
        "Mutation.login",
        "Mutation.refreshTokens",
        "Mutation.registerUser",
        "Mutation.requestPasswordReset",
        "Mutation.checkPasswordResetToken",
        "Mutation.resetPassword",
    }


def test_records_reach_the_resolver_as_they_were_coerced():
    names = set(CORE.type_map["ActivityRecordInput"].fields)
    assert names == set(NAMES), "the names of the input are those of the JSON form, which is what is handed on"
    argument = CORE.mutation_type.fields["ingestActivity"].extensions[DEFINITION].arguments
    converter = SCHEMA.schema_converter
    given = {"input": {"records": [dict(RECORD)]}}
    made = convert_arguments(given, argument, converter.scalar_registry, converter.config)
    assert made["input"].records[0] is given["input"]["records"][0]
