"""Feeds through the graph and the engine: another server's collection comes in, whole and once, whatever happens."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from foundation.ids import to_global
from foundation.times import to_text
from gateways.http import FEED_BYTES, GuardedHttp, policy_of
from gateways.taxii_client import TaxiiClient
from models import tables as rows
from resolvers import polling
from resolvers.operation import House, Operation
from resolvers.polling import STUCK, Ended
from rules.access.viewer import engine_of
from tests.engine.conftest import until
from tests.feeds.remote import COLLECTION, Remote, Reply, remote
from tests.graph.asking import Graph
from tests.intelligence.objects import indicator, malware, statement
from tests.world import World
from workers import feed as polls
from workers import runtime

SHOWN = """{ id name url remoteCollection trustLevel auth everyS status lastError failures addedAfter pages
  createdCount updatedCount unchangedCount refusedCount refusals nextPollAt lastPolledAt }"""
FEED = f"query ($id: ID!) {{ feed(id: $id) {SHOWN} }}"
FEEDS = "{ feeds { totalCount edges { node { id status lastError } } } }"


def act(mutation: str) -> str:
    kind = mutation[0].upper() + mutation[1:]
    payload = f"{{ feed {SHOWN} userErrors {{ field code }} }}"
    return f"mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {payload} }}"


ADD = act("addFeed")


@pytest.fixture
async def other() -> AsyncIterator[Remote]:
    async with remote() as made:
        yield made


@pytest.fixture
def calling(world: World) -> House:
    """The house, allowed to call this machine, and waiting for nothing."""

    async def at_once(_seconds: float) -> None:
        pass

    settings = world.house.settings.model_copy(update={"outgoing": True, "outgoing_loopback": True})
    taxii = TaxiiClient(GuardedHttp(policy_of(settings), sleep=at_once))
    return replace(world.house, settings=settings, taxii=taxii)


@asynccontextmanager
async def working(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(polls, "LOOK_S", 0.05)
    await runtime.start(house)
    try:
        yield
    finally:
        await runtime.stop(drain_s=0)


def given(other: Remote | None, **more: Any) -> dict[str, Any]:
    url = "" if other is None else other.url
    return {"name": "Their feed", "url": url, "remoteCollection": COLLECTION, "everyS": 600, **more}


async def added(world: World, house: House, other: Remote | None, **more: Any) -> str:
    told = await Graph(house, "planned").ask(world.admin, ADD, input=given(other, **more))
    assert told["addFeed"]["userErrors"] == []
    found: str = told["addFeed"]["feed"]["id"]
    return found


async def row(world: World) -> rows.Feed:
    (found,) = await world.all(rows.Feed)
    feed: rows.Feed = found
    return feed


def polled(world: World, times: int) -> Callable[[], Awaitable[rows.Feed | None]]:
    async def look() -> rows.Feed | None:
        feed = await row(world)
        return feed if feed.poll >= times and feed.polling_since is None else None

    return look


async def walk(world: World, house: House) -> rows.Feed:
    """One poll without the engine: the steps that it would take, one after the other."""
    async with house.database.transaction() as session:
        feed = await session.get(rows.Feed, (await row(world)).id)
        assert feed is not None
        feed.poll, feed.polling_since = feed.poll + 1, house.clock.now()
    op = Operation(house, engine_of(feed.organization_id), request_id="test-poll")
    ended = Ended(error="without end")
    for _ in range(60):
        told = await polling.read_page(op, op, feed_id=feed.id, poll=feed.poll)
        if told.get("step") != "go_on":
            error = told.get("error") or (STUCK if told["step"] == "stuck" else None)
            ended = Ended(1, error, told.get("wait_s", 0))
            break
    await polling.end_poll(op, feed_id=feed.id, poll=feed.poll, ended=ended)
    return await row(world)


async def held(world: World) -> list[str]:
    return sorted(one.name or one.type for one in await world.all(rows.StixObject))


async def test_a_feed_comes_in_and_goes_on_from_there(
    world: World, calling: House, other: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    other.most = 2
    # What refers to a marking stands before it; and one object is none.
    other.add(malware(1, object_marking_refs=[statement(1)["id"]]), statement(1), indicator(1))
    other.add({**indicator(2), "pattern": 5})
    graph, secret = Graph(calling, "planned"), "hunter2-hunter2"
    credentials = {"auth": "BASIC", "username": "per", "secret": secret}
    async with working(calling, monkeypatch):
        feed_id = await added(world, calling, other, credentials=credentials, trustLevel="RESTRICTED")
        feed = await until(polled(world, 1))
        assert [asked.query for asked in other.asked] == [{"limit": "1000"}, {"limit": "1000", "next": "2"}]
        assert {asked.headers["authorization"] for asked in other.asked} == {"Basic cGVyOmh1bnRlcjItaHVudGVyMg=="}
        assert {asked.headers["accept"] for asked in other.asked} == {"application/taxii+json;version=2.1"}
        assert (feed.created_count, feed.refused_count, feed.pages, feed.failures) == (3, 1, 2, 0)
        assert feed.added_after == to_text(other.added[-1][0]) and feed.next_page is None
        assert {one.type: one.tlp for one in await world.all(rows.StixObject)} == {
            "malware": "clear", "marking-definition": "clear", "indicator": "clear",
        }  # fmt: skip
        kept = await world.all(rows.StixObject)
        assert {(one.organization_id, one.required) for one in kept} == {(world.operator.id, 90)}
        other.add(indicator(3))
        told = await graph.ask(world.publisher, act("pollFeedNow"), input={"feedId": feed_id})
        assert told["pollFeedNow"]["userErrors"] == []
        feed = await until(polled(world, 2))
    assert other.asked[2].query == {"limit": "1000", "added_after": to_text(other.added[3][0])}
    told = (await graph.ask(world.viewer, FEED, id=feed_id))["feed"]
    assert told["refusals"][0]["message"] and told.pop("refusals")[0]["type"] == "indicator"
    assert told == {
        "id": feed_id, "name": "Their feed", "url": other.url, "remoteCollection": COLLECTION,
        "trustLevel": "RESTRICTED", "auth": "BASIC", "everyS": 600, "status": "WAITING", "lastError": None,
        "failures": 0, "addedAfter": to_text(other.added[-1][0]), "pages": 3, "createdCount": 4, "updatedCount": 0,
        "unchangedCount": 0, "refusedCount": 1, "nextPollAt": "2026-11-21T12:10:00.000000Z",
        "lastPolledAt": "2026-11-21T12:00:00.000000Z",
    }  # fmt: skip
    assert secret not in feed.credentials and feed.credentials.startswith("v1.")
    schema = "" if calling.database.is_sqlite else "dbos."
    async with calling.database.reading() as session:
        lines = [
            str((await session.execute(text(f"SELECT * FROM {schema}{table}"))).all())
            for table in ("workflow_status", "operation_outputs")
        ]
    audit = str([one.details for one in await world.all(rows.Audit)])
    assert secret not in str(lines) + audit and COLLECTION in audit


async def test_a_stop_in_the_middle_loses_nothing_and_repeats_nothing(
    world: World, calling: House, other: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    other.most = 2
    other.add(*[indicator(n) for n in range(6)])

    def held_up(asked: Any) -> Reply:
        other.hold.clear()  # for the requests that follow
        return other.reply(asked)

    other.odd = [held_up]

    async def one_page() -> bool:
        return (await row(world)).pages == 1

    async with working(calling, monkeypatch):
        await added(world, calling, other)
        await until(one_page)
    assert ((await row(world)).polling_since is not None, await held(world)) == (True, ["Indicator 0", "Indicator 1"])
    other.hold.set()
    async with working(calling, monkeypatch):
        feed = await until(polled(world, 1))
    assert (feed.poll, feed.created_count, feed.unchanged_count, feed.pages) == (1, 6, 0, 3)
    assert await held(world) == [f"Indicator {n}" for n in range(6)]


async def test_a_page_that_is_read_twice_counts_once(world: World, calling: House, other: Remote) -> None:
    other.most = 2
    other.add(*[indicator(n) for n in range(3)])
    await added(world, calling, other)
    assert len(await polling.begin_due(calling)) == 1
    assert await polling.begin_due(calling) == [], "one poll at a time, whoever looks"
    feed = await row(world)
    op = Operation(calling, engine_of(feed.organization_id), request_id="test-poll")

    async def page(keyed: Operation) -> dict[str, Any]:
        return await polling.read_page(keyed, op, feed_id=feed.id, poll=feed.poll)

    assert await op.once("step:a#1", "page", page) == {"step": "go_on"}
    assert await op.once("step:a#1", "page", page) == {"step": "go_on"}, "the crash came before it was recorded"
    feed = await row(world)
    assert (feed.pages, feed.created_count, feed.next_page) == (1, 2, "2")
    assert await op.once("step:a#2", "page", page) == {"step": "done"}
    assert (await row(world)).created_count == 3
    # Its job is gone without a word: the feed goes on, with the next poll, where it stood.
    assert await polling.mend(calling, lambda _jobs: _none()) == [polling.job_id(feed.id, 1)]
    feed = await row(world)
    assert (feed.polling_since, feed.failures, feed.last_error) == (None, 1, "The poll ended by an error of ours.")
    with pytest.raises(polling.PollStopped):
        await polling.read_page(op, op, feed_id=feed.id, poll=1)


async def _none() -> dict[str, str]:
    return {}


async def test_whatever_the_other_server_does(world: World, calling: House, other: Remote) -> None:
    other.most = 2
    other.add(*[indicator(n) for n in range(4)])
    await added(world, calling, other)
    last = {"X-TAXII-Date-Added-Last": to_text(other.added[1][0])}
    spinning = Reply({"more": True, "next": "7", "objects": [indicator(0)]}, headers=last)
    other.odd = [spinning, spinning]
    feed = await walk(world, calling)
    assert (feed.last_error, feed.added_after, feed.next_page, feed.failures) == (STUCK, None, None, 1)
    other.odd = [Reply({"more": True, "objects": []}), Reply({"more": "true", "next": 9})]
    assert (await walk(world, calling)).last_error == STUCK
    other.odd = [Reply({"more": True, "next": str(n)}) for n in range(100)]
    assert (await walk(world, calling)).last_error == STUCK
    other.odd.clear()
    for reply, told in (
        (Reply({}, 401), "The other server answered with status 401."),
        (Reply({}, 404), "The other server answered with status 404."),
        (Reply(b"<html>", media="text/html"), "The other server's answer is no JSON."),
        (Reply(b"{"), "The other server's answer cannot be read: This is not JSON: "),
        (Reply([]), "The other server's answer is no TAXII envelope."),
        (Reply({}, 302, {"location": "http://127.0.0.1/"}), "The other server answered with status 302."),
    ):
        before = len(other.asked)
        other.odd = [reply]
        feed = await walk(world, calling)
        assert (feed.last_error or "").startswith(told) and len(other.asked) == before + 1, "never twice"
    other.odd = [Reply({}, 429, {"retry-after": "7200"})]
    assert (await walk(world, calling)).next_poll_at == calling.clock.now().replace(hour=14)
    # Busy three times, then it answers; its word for the next page is forgotten on the way; a page is too large.
    other.odd = [Reply(None, 503), Reply(None, 503), Reply(None, 503), None, Reply({}, 400), None, None]
    feed = await walk(world, calling)
    assert (feed.last_error, feed.failures, await held(world)) == (None, 0, [f"Indicator {n}" for n in range(4)])
    other.add({**malware(9), "type": "bundle"}, malware(8))
    other.odd = [Reply(b" " * (FEED_BYTES + 1))]
    feed = await walk(world, calling)
    assert [asked.query["limit"] for asked in other.asked[-2:]] == ["1000", "250"]
    assert (feed.refused_count, feed.page_limit, feed.last_error) == (1, 250, None)


async def test_more_objects_in_a_page_than_in_a_transaction(world: World, calling: House, other: Remote) -> None:
    other.most = 2_500
    other.add(*[indicator(n) for n in range(1_001)])
    other.odd = [lambda asked: other.reply(replace(asked, query={"limit": "2500"}))]
    await added(world, calling, other)
    feed = await walk(world, calling)
    assert (feed.created_count, feed.pages) == (1_001, 1)


async def test_who_may_do_what_and_what_is_refused(world: World, calling: House, other: Remote) -> None:
    graph, off = Graph(calling, "planned"), Graph(world.house, "planned")
    told = (await off.ask(world.admin, ADD, input=given(other)))["addFeed"]
    assert [one["code"] for one in told["userErrors"]] == ["OUTGOING_DISABLED"]
    assert (await graph.tell(world.publisher, ADD, input=given(other))).codes == {"addFeed": "FORBIDDEN"}
    for wrong, field in (
        ({"url": "http://10.0.0.1:8080/api/"}, None),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": f"{other.url}?a=b"}, "url"),
        ({"url": "https://user:pw@taxii.example/api/"}, "url"),
        ({"name": " "}, "name"),
        ({"everyS": 5}, "everyS"),
        ({"remoteCollection": ""}, "remoteCollection"),
        ({"credentials": {"auth": "BASIC", "username": "a:b", "secret": "x"}}, "credentials.username"),
        ({"credentials": {"auth": "BEARER", "secret": "a\nb"}}, "credentials.secret"),
    ):
        told = (await graph.ask(world.admin, ADD, input=given(other, **wrong)))["addFeed"]
        if field is None:  # judged by its address when it is called: loopback is allowed here, and nothing else inside
            feed = await walk(world, calling)
            assert feed.last_error == "This server does not send requests to that address."
            await graph.ask(
                world.admin,
                "mutation ($input: RemoveFeedInput!) { removeFeed(input: $input) { removedId } }",
                input={"feedId": told["feed"]["id"]},
            )
            continue
        assert [one["field"] for one in told["userErrors"]] == [field], wrong
    assert (await world.all(rows.Feed), other.asked) == ([], [])
    feed_id = await added(world, calling, other, credentials={"auth": "API_KEY", "secret": "key-1"})
    told = (await graph.ask(world.admin, ADD, input=given(other)))["addFeed"]
    assert [one["code"] for one in told["userErrors"]] == ["FEED_EXISTS"]
    # A secret is sent where it was given for, and nowhere else.
    moved = {"feedId": feed_id, "url": "https://taxii.example/api/"}
    told = (await graph.ask(world.admin, act("updateFeed"), input=moved))["updateFeed"]
    assert [one["field"] for one in told["userErrors"]] == ["credentials"]
    before = await world.counts()
    for mutation in ("pauseFeed", "resumeFeed", "pollFeedNow"):
        told = (await graph.ask(world.stranger, act(mutation), input={"feedId": feed_id}))[mutation]
        assert [one["code"] for one in told["userErrors"]] == ["FEED_NOT_FOUND"]
    assert (await graph.ask(world.stranger, FEEDS))["feeds"] == {"totalCount": 0, "edges": []}
    assert await world.counts() == {**before, "audit": before["audit"] + 3}


async def test_a_paused_feed_rests(world: World, calling: House, other: Remote) -> None:
    graph = Graph(calling, "planned")
    feed_id = await added(world, calling, other)
    for _ in range(2):
        told = (await graph.ask(world.publisher, act("pauseFeed"), input={"feedId": feed_id}))["pauseFeed"]
        assert (told["feed"]["status"], told["userErrors"]) == ("PAUSED", [])
    assert await polling.begin_due(calling) == []
    told = (await graph.ask(world.publisher, act("pollFeedNow"), input={"feedId": feed_id}))["pollFeedNow"]
    assert [one["code"] for one in told["userErrors"]] == ["CONFLICT"]
    told = (await graph.ask(world.publisher, act("resumeFeed"), input={"feedId": feed_id}))["resumeFeed"]
    assert told["feed"]["status"] == "WAITING" and len(await polling.begin_due(calling)) == 1
    # Paused under way: no page comes in any more, and the poll ends.
    await graph.ask(world.publisher, act("pauseFeed"), input={"feedId": feed_id})
    op = Operation(calling, engine_of(world.operator.id), request_id="test-poll")
    feed = await row(world)
    with pytest.raises(polling.PollStopped):
        await polling.read_page(op, op, feed_id=feed.id, poll=1)
    await polling.end_poll(op, feed_id=feed.id, poll=1, ended=Ended(is_stopped=True))
    told = (await graph.ask(world.viewer, FEEDS))["feeds"]["edges"][0]["node"]
    assert told == {"id": to_global("Feed", feed.id), "status": "PAUSED", "lastError": None}
    assert ((await row(world)).polling_since, other.asked) == (None, [])
