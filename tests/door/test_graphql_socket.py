"""graphql-transport-ws against a real server, in raw frames: what ends the socket, and what only one operation."""

import asyncio
import json
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import websockets
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from foundation.clock import FixedClock
from foundation.settings import Mode
from schema.door import GraphQLDoor
from schema.doorman import Numbers
from tests.door import graph, server

PROTOCOL = Subprotocol("graphql-transport-ws")
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def serving(**numbers):
    """A running door; gives (address, doorman, its sockets, the clock it goes by)."""
    desk, clock = graph.desk(Mode.PRODUCTION), FixedClock(NOON)
    settings = graph.settings(allowed_origins=("https://ui.example",))
    door = GraphQLDoor(graph.schema, desk, settings=settings, clock=clock, numbers=Numbers(**numbers))

    @contextmanager
    def run():
        with server.running(door) as at:
            yield at, desk, door.socket, clock

    return run()


@pytest.fixture(scope="module")
def place():
    with serving(operations=3, sockets_per_user=4, ping_s=0.3, recheck_s=0.1, send_s=1) as made:
        yield made


@asynccontextmanager
async def socket(place, *, token="ada", init=True, headers=None, **options):
    async with connect(
        f"ws://{place[0]}/graphql", subprotocols=[PROTOCOL], additional_headers=headers or {}, **options
    ) as made:
        if init:
            await say(made, type="connection_init", payload={"authorization": f"Bearer {token}"})
            assert await hear(made) == {"type": "connection_ack"}
        yield made


async def say(made, **message):
    await made.send(json.dumps(message))


async def hear(made):
    """The next message that is no ping."""
    while True:
        frame = await asyncio.wait_for(made.recv(), 30)
        assert isinstance(frame, str)
        message = json.loads(frame)
        if message != {"type": "ping"}:
            return message


async def closing(made):
    """(code, reason) of the end."""
    with pytest.raises(ConnectionClosed):
        while True:
            await asyncio.wait_for(made.recv(), 30)
    return made.close_code, made.close_reason


async def run(made, query, id_="1", **payload):
    await say(made, type="subscribe", id=id_, payload={"query": query, **payload})


async def answers(made, query, **payload):
    """Everything one operation answers."""
    await run(made, query, **payload)
    heard = []
    while True:
        message = await hear(made)
        heard.append((message["type"], message.get("payload")))
        if message["type"] != "next":
            return heard


async def settled(check):
    """Waits for what happens on the server's side after a client's act."""
    for _ in range(3000):
        if check():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It did not settle.")


async def test_a_subscription_and_its_end(place):
    async with socket(place) as made:
        heard = await answers(made, "subscription { count(to: 3) { number seenBy } }")
    assert heard == [
        ("next", {"data": {"count": {"number": 1, "seenBy": "ada"}}}),
        ("next", {"data": {"count": {"number": 2, "seenBy": "ada"}}}),
        ("next", {"data": {"count": {"number": 3, "seenBy": "ada"}}}),
        ("complete", None),
    ]


async def test_queries_and_mutations_run_too(place):
    async with socket(place) as made:
        assert await answers(made, "query A { me } query B { context }", operationName="A") == [
            ("next", {"data": {"me": "ada"}}),
            ("complete", None),
        ]
        (kind, payload), end = await answers(made, 'mutation { make(draft: {title: "x"}) }')
        assert (kind, end) == ("next", ("complete", None))
        assert payload["errors"][0]["extensions"]["contractCode"] == "CONFLICT"


async def test_each_operation_and_each_event_has_its_own_context(place):
    async with socket(place) as made:
        seen = [
            message["data"]["count"]["context"]
            for _, message in (await answers(made, "subscription { count(to: 3) { context } }"))[:-1]
        ]
        seen += [(await answers(made, "{ context }"))[0][1]["data"]["context"] for _ in range(2)]
    assert len(set(seen)) == 5


@pytest.mark.parametrize(
    ("query", "payload", "code"),
    [
        ("{", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: Int!) { me }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { me }", {"operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
        ("query A { me } query B { me }", {}, "OPERATION_RESOLUTION_FAILURE"),
        ('query ($n: Int!) { echo(text: "", times: $n) }', {"variables": {"n": "x"}}, "BAD_USER_INPUT"),
        ("subscription { refused { number } }", {}, "BAD_USER_INPUT"),
    ],
)
async def test_a_faulty_operation_leaves_the_others_alone(place, query, payload, code):
    async with socket(place) as made:
        await run(made, "subscription { count(to: 1000, everyS: 0.02) { number } }", id_="other")
        await run(made, query, id_="faulty", **payload)
        heard = [await hear(made) for _ in range(8)]
        (error,) = [message for message in heard if message["id"] == "faulty"]
        assert error["type"] == "error"
        assert error["payload"][0]["extensions"]["code"] == code
        numbers = [message["payload"]["data"]["count"]["number"] for message in heard if message["id"] == "other"]
        assert numbers == list(range(1, 8))


async def test_surprises_are_masked(place):
    async with socket(place) as made:
        first, last = await answers(made, "subscription { breaks { number } }")
        assert first == ("next", {"data": {"breaks": {"number": 1}}})
        assert last[0] == "error"
        assert last[1][0]["message"] == "Something went wrong."
        assert last[1][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert len(last[1][0]["extensions"]["requestId"]) == 36
        assert await answers(made, "{ me }") == [("next", {"data": {"me": "ada"}}), ("complete", None)]


async def test_complete_ends_the_stream_and_frees_the_id(place):
    async with socket(place) as made:
        await run(made, "subscription { count(to: 100000, everyS: 0.01) { number } }")
        assert (await hear(made))["type"] == "next"
        assert graph.COUNTERS["open"] == 1
        await say(made, type="complete", id="1")
        await settled(lambda: graph.COUNTERS["open"] == 0)
        await say(made, type="complete", id="unknown")
        await run(made, "{ me }")
        while (message := await hear(made))["payload"] != {"data": {"me": "ada"}}:
            assert "count" in message["payload"]["data"]
        assert await hear(made) == {"id": "1", "type": "complete"}


async def test_a_client_that_leaves_ends_its_streams(place):
    async with socket(place) as made:
        await run(made, "subscription { count(to: 100000, everyS: 0.01) { number } }")
        await hear(made)
    await settled(lambda: graph.COUNTERS["open"] == 0)
    await settled(lambda: not place[2].places.users and place[2].places.strangers == 0)


@pytest.mark.parametrize(
    "payload", [None, {}, "absent", {"Authorization": "Bearer ada"}, {"token": "ada"}, {"X-API-Key": "ada"}]
)
async def test_ways_to_initialise(place, payload):
    async with socket(place, init=False) as made:
        message = {"type": "connection_init"} | ({} if payload == "absent" else {"payload": payload})
        await say(made, **message)
        assert await hear(made) == {"type": "connection_ack"}
        name = "ada" if isinstance(payload, dict) and payload else "anonymous"
        assert (await answers(made, "{ me }"))[0] == ("next", {"data": {"me": name}})


async def test_the_upgrade_may_carry_the_token(place):
    async with socket(place, init=False, headers={"Authorization": "Bearer bob"}) as made:
        await say(made, type="connection_init")
        assert await hear(made) == {"type": "connection_ack"}
        assert (await answers(made, "{ me }"))[0] == ("next", {"data": {"me": "bob"}})


FRAMES_BEFORE = [
    ('{"type": "subscribe", "id": "1", "payload": {"query": "{ me }"}}', 4401),
    ('{"type": "connection_init", "payload": "x"}', 4400),
    ('{"type": "connection_init", "payload": []}', 4400),
    ('{"type": "connection_init", "payload": {"token": 5}}', 4400),
    ('{"type": "connection_init", "payload": {"authorization": "Bearer nobody"}}', 4403),
]
FRAMES_AFTER = [
    ("", 4400),
    ("[]", 4400),
    ("5", 4400),
    ("null", 4400),
    ('"x"', 4400),
    ("{", 4400),
    ("{}", 4400),
    ('{"type": 5}', 4400),
    ('{"type": "start"}', 4400),
    ('{"type": "' + "x" * 500 + '\\r\\n"}', 4400),
    ("[" * 10_000, 4400),
    ('{"type": "ping", "payload": ' + "9" * 5000 + "}", 4400),
    ('{"type": "ping", "payload": "x"}', 4400),
    ('{"type": "pong", "payload": [1]}', 4400),
    ('{"type": "complete"}', 4400),
    ('{"type": "complete", "id": 1}', 4400),
    ('{"type": "subscribe", "id": "1"}', 4400),
    ('{"type": "subscribe", "id": "1", "payload": null}', 4400),
    ('{"type": "subscribe", "id": "1", "payload": "{ me }"}', 4400),
    ('{"type": "subscribe", "id": "1", "payload": {}}', 4400),
    ('{"type": "subscribe", "id": "1", "payload": {"query": 5}}', 4400),
    ('{"type": "subscribe", "id": 1, "payload": {"query": "{ me }"}}', 4400),
    ('{"type": "subscribe", "id": "", "payload": {"query": "{ me }"}}', 4400),
    ('{"type": "subscribe", "id": ["1"], "payload": {"query": "{ me }"}}', 4400),
    ('{"type": "subscribe", "payload": {"query": "{ me }"}}', 4400),
    ('{"type": "subscribe", "id": "1", "payload": {"query": "{ me }", "variables": []}}', 4400),
    ('{"type": "subscribe", "id": "1", "payload": {"query": "{ me }", "operationName": 5}}', 4400),
    ('{"type": "subscribe", "id": "1", "payload": {"query": "{ me }", "extensions": 5}}', 4400),
    ('{"type": "connection_init"}', 4429),
    (b"{}", 4400),
    ('{"type": "ping", "payload": {"a": "' + "x" * 70_000 + '"}}', 1009),
]


@pytest.mark.parametrize(
    ("init", "frame", "code"), [(False, *f) for f in FRAMES_BEFORE] + [(True, *f) for f in FRAMES_AFTER]
)
async def test_what_breaks_the_protocol_closes(place, init, frame, code):
    async with socket(place, init=init) as made:
        await made.send(frame)
        closed, reason = await closing(made)
        assert closed == code
        assert len(reason) <= 123 and reason.isprintable()


async def test_an_id_in_use_closes(place):
    async with socket(place) as made:
        query = "subscription { count(to: 100000, everyS: 1) { number } }"
        await run(made, query, id_="a\r\n" + "b" * 300)
        await run(made, query, id_="a\r\n" + "b" * 300)
        code, reason = await closing(made)
        assert code == 4409
        assert reason.startswith("Subscriber for ab") and len(reason) == 120


async def test_nobody_waits_for_ever():
    with serving(init_timeout_s=0.2) as place:
        async with socket(place, init=False) as made:
            assert await closing(made) == (4408, "Connection initialisation timeout")
    with serving(anonymous_s=0.2) as place:
        async with socket(place, init=False) as made:
            await say(made, type="connection_init")
            assert await closing(made) == (4401, "Sign in")


async def test_pings_go_both_ways(place):
    async with socket(place, init=False) as made:
        await say(made, type="ping", payload={"a": 1})
        assert await hear(made) == {"type": "pong"}
        await say(made, type="connection_init", payload={"token": "ada"})
        assert await hear(made) == {"type": "connection_ack"}
        assert json.loads(await asyncio.wait_for(made.recv(), 30)) == {"type": "ping"}
        await say(made, type="pong", payload=None)
        assert (await answers(made, "{ me }"))[-1] == ("complete", None)


async def test_operations_are_counted(place):
    async with socket(place) as made:
        for number in range(3):
            await run(made, "subscription { count(to: 9, everyS: 5) { number } }", id_=str(number))
        await run(made, "{ me }", id_="4")
        message = await hear(made)
        assert (message["id"], message["type"]) == ("4", "error")
        assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        await say(made, type="complete", id="0")
        await run(made, "{ me }", id_="4")
        assert await hear(made) == {"id": "4", "type": "next", "payload": {"data": {"me": "ada"}}}


async def test_sockets_of_one_user_are_counted(place):
    await settled(lambda: not place[2].places.users)
    async with socket(place), socket(place), socket(place), socket(place), socket(place, init=False) as fifth:
        await say(fifth, type="connection_init", payload={"token": "ada"})
        assert await closing(fifth) == (1013, "Too many connections")
        async with socket(place, token="bob"):
            pass
    async with socket(place):
        pass


async def test_strangers_are_counted():
    with serving(strangers=2) as place:
        async with socket(place, init=False), socket(place, init=False) as second:
            with pytest.raises(InvalidStatus):
                async with socket(place, init=False):
                    pass
            # Whoever signs in makes room.
            await say(second, type="connection_init", payload={"token": "ada"})
            assert await hear(second) == {"type": "connection_ack"}
            async with socket(place, token="bob"):
                pass


async def test_bytes_that_are_no_text_close_with_the_protocols_own_code(place):
    async with socket(place) as made:
        made.transport.write(b"\x81\x82\x00\x00\x00\x00\xff\xff")
        assert (await closing(made))[0] == 1007


async def test_a_session_that_ends_closes(place):
    async with socket(place, token="bob") as made:
        place[1].revoked.add("bob")
        try:
            assert await closing(made) == (4401, "The session has ended.")
        finally:
            place[1].revoked.discard("bob")


async def test_a_token_that_expires_closes_unless_a_ping_brings_another(place):
    _, desk, _, clock = place
    desk.people["short"] = graph.person("ada", expires_at=clock.now() + timedelta(minutes=15))
    async with socket(place, token="short") as left, socket(place, token="short") as renewed:
        await say(renewed, type="ping", payload={"authorization": "Bearer ada2"})
        assert await hear(renewed) == {"type": "pong"}
        clock.forward(minutes=16)
        assert await closing(left) == (4401, "The token has expired.")
        assert (await answers(renewed, "{ me }"))[0] == ("next", {"data": {"me": "ada"}})
    async with socket(place, init=False) as late:
        await say(late, type="connection_init", payload={"token": "short"})
        assert (await closing(late))[0] == 4401


async def test_a_fresh_token_must_be_the_same_users(place):
    for payload in ({"token": "bob"}, {"token": "nobody"}):
        async with socket(place) as made:
            await say(made, type="ping", payload=payload)
            assert (await closing(made))[0] == 4403


async def test_an_anonymous_socket_may_sign_in_by_ping():
    with serving(anonymous_s=2) as place:
        async with socket(place, init=False) as made:
            await say(made, type="connection_init", payload=None)
            assert await hear(made) == {"type": "connection_ack"}
            await say(made, type="ping", payload={"token": "ada"})
            assert await hear(made) == {"type": "pong"}
            await asyncio.sleep(2.2)
            assert (await answers(made, "{ me }"))[0] == ("next", {"data": {"me": "ada"}})


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        ("https://ui.example", True),
        ("HTTPS://UI.example", True),
        ("same", True),
        ("https://evil.example", False),
        ("null", False),
        ("", False),
    ],
)
async def test_foreign_pages_are_not_let_in(place, origin, welcome):
    headers = {"Origin": f"http://{place[0]}" if origin == "same" else origin}
    if welcome:
        async with socket(place, headers=headers):
            return
    with pytest.raises(InvalidStatus) as refused:
        async with socket(place, headers=headers):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("offered", [None, ["graphql-ws"], ["graphql-transport-ws-2"]])
async def test_only_one_protocol_is_spoken(place, offered):
    try:
        async with connect(f"ws://{place[0]}/graphql", subprotocols=offered) as made:
            assert (await closing(made))[0] == 4406
    except websockets.NegotiationError:
        assert offered is None


async def test_one_who_does_not_read_is_sent_away(place):
    await settled(lambda: graph.COUNTERS["open"] == 0)
    async with socket(place, max_queue=1) as made:
        await run(made, "subscription { flood }")
        await settled(lambda: graph.COUNTERS["open"] == 1)
        await settled(lambda: graph.COUNTERS["open"] == 0)
        # He was given what the buffers of both sides take, and no more.
        assert graph.COUNTERS["flooded"] < 3000
        made.transport.abort()
    await settled(lambda: place[2].places.strangers == 0 and not place[2].places.users)
