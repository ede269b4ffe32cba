"""GraphQL over server-sent events: who gets a stream, its lines, its cursors, and how it resumes."""

import asyncio
import json
import re
from datetime import timedelta

import httpx
import pytest

from foundation.clock import SystemClock
from schema.door import GraphQLDoor
from schema.doorman import Numbers
from tests.door import graph, server

EVENTS, JSON, RESPONSE = "text/event-stream", "application/json", "application/graphql-response+json"
URQL = f"{RESPONSE}, application/graphql+json, {JSON}, {EVENTS}, multipart/mixed"
COUNT = "subscription { count(to: 3) { number } }"


@pytest.fixture(scope="module")
def place():
    desk = graph.desk()
    numbers = Numbers(ping_s=0.1, recheck_s=0.1, send_s=1)
    with server.running(GraphQLDoor(graph.schema, desk, settings=desk.settings, numbers=numbers)) as at:
        yield f"http://{at}/graphql", desk


def post(place, query, *, accept=EVENTS, token="ada", last=None, **members):
    headers = {"accept": accept, "authorization": f"Bearer {token}"}
    if last is not None:
        headers["last-event-id"] = last
    return httpx.post(place[0], json={"query": query, **members}, headers=headers, timeout=20)


def events(text):
    """[(event, id, data)] of a stream; comments are left out."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(":", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if lines:
            data = lines["data"].strip()
            found.append(
                (lines["event"].strip(), lines.get("id", "").strip() or None, json.loads(data) if data else None)
            )
    return found


def numbers_of(response):
    return [data["data"]["count"]["number"] for kind, _, data in events(response.text) if kind == "next"]


@pytest.mark.parametrize("accept", [EVENTS, URQL, f"{EVENTS};q=0.1, {JSON}"])
def test_a_subscription_streams_for_whoever_takes_a_stream(place, accept):
    response = post(place, COUNT, accept=accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "\r" not in response.text
    assert events(response.text) == [
        ("next", "1", {"data": {"count": {"number": 1}}}),
        ("next", "2", {"data": {"count": {"number": 2}}}),
        ("next", "3", {"data": {"count": {"number": 3}}}),
        ("complete", None, None),
    ]


@pytest.mark.parametrize("query", ["{ me }", 'mutation { make(draft: {title: "x"}) }', "{ nope }", "{"])
def test_other_operations_stay_json_where_json_is_taken(place, query):
    response = post(place, query, accept=URQL)
    assert response.headers["content-type"] == f"{RESPONSE}; charset=utf-8"
    assert set(response.json()) <= {"data", "errors"}


@pytest.mark.parametrize(
    "query", ["{ me }", "{", "subscription { refused { number } }", "query A { me } query B { me }"]
)
def test_whoever_takes_only_a_stream_gets_one_answer_in_it(place, query):
    (next_, complete) = events(post(place, query).text)
    assert next_[0] == "next" and next_[1] is None
    assert ("data" in next_[2]) != ("errors" in next_[2])
    assert complete == ("complete", None, None)


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (COUNT, None),
        ('subscription { count(to: 3, after: "0") { number } }', None),
        ("subscription ($to: Int!) { c: count(to: $to) { number } }", {"to": 3}),
        ("subscription ($after: String) { count(to: 3, after: $after) { number } }", None),
        ("subscription ($after: String) { count(to: 3, after: $after) { number } }", {"after": "0"}),
        ("query Q { me } subscription S { count(to: 3) { ...F } } fragment F on Tick { number }", None),
    ],
)
def test_a_reconnect_goes_on_where_it_was(place, query, variables):
    name = "S" if "Q" in query else None
    response = post(place, query, last="2", variables=variables, operationName=name)
    (event, complete) = events(response.text)
    assert event[1] == "3"
    assert list(event[2]["data"].values()) == [{"number": 3}]
    assert complete[0] == "complete"


def test_after_counts_where_there_is_no_last_event_id(place):
    assert numbers_of(post(place, 'subscription { count(to: 3, after: "1") { number } }')) == [2, 3]


def test_a_last_event_id_is_a_value_and_never_text_of_the_document(place):
    response = post(place, COUNT, last='1") { number } } #')
    assert [kind for kind, _, _ in events(response.text)] == ["next", "complete"]
    assert events(response.text)[0][2]["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert post(place, "subscription { breaks { number } }", last="1").status_code == 200


def test_each_event_has_its_own_context(place):
    response = post(place, "subscription { count(to: 3) { context } }")
    seen = [data["data"]["count"]["context"] for kind, _, data in events(response.text) if kind == "next"]
    assert len(set(seen)) == 3


def test_surprises_are_masked(place):
    (one, two, complete) = events(post(place, "subscription { breaks { number } }").text)
    assert one[2] == {"data": {"breaks": {"number": 1}}}
    assert two[2]["errors"][0]["message"] == "Something went wrong."
    assert complete[0] == "complete"


def test_silence_is_broken_by_comments(place):
    response = post(place, "subscription { count(to: 1, everyS: 0.5) { number } }")
    assert re.search(r"^:\n\n", response.text)
    assert numbers_of(response) == [1]


def test_a_session_that_ends_ends_the_stream(place):
    place[1].people["short"] = graph.person("ada", expires_at=SystemClock().now() + timedelta(seconds=0.3))
    response = post(place, "subscription { count(to: 1, everyS: 60) { number } }", token="short")
    (error, complete) = events(response.text)
    assert error[2]["errors"] == [
        {
            "message": "The token has expired.",
            "extensions": {"code": "UNAUTHENTICATED", "contractCode": "UNAUTHORIZED"},
        }
    ]
    assert complete[0] == "complete"
    place[1].revoked.add("bob")
    response = post(place, "subscription { count(to: 1, everyS: 60) { number } }", token="bob")
    assert events(response.text)[0][2]["errors"][0]["message"] == "The session has ended."


async def settled(check):
    for _ in range(3000):
        if check():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It did not settle.")


async def test_a_client_that_leaves_ends_its_stream(place):
    headers = {"accept": EVENTS, "authorization": "Bearer ada"}
    body = {"query": "subscription { count(to: 100000, everyS: 0.01) { number } }"}
    async with httpx.AsyncClient() as client, client.stream("POST", place[0], json=body, headers=headers) as response:
        async for line in response.aiter_lines():
            if line == "id: 3":
                break
        assert graph.COUNTERS["open"] == 1
    await settled(lambda: graph.COUNTERS["open"] == 0)


async def test_one_who_does_not_read_is_sent_away(place):
    host, port = place[0].removeprefix("http://").removesuffix("/graphql").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    body = json.dumps({"query": "subscription { flood }"}).encode()
    writer.write(
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    await settled(lambda: graph.COUNTERS["open"] == 1)
    await settled(lambda: graph.COUNTERS["open"] == 0)
    writer.transport.abort()
    assert reader
