"""Activity records coming in: each once, a result for each, indexed by what they touch."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from formats.activity.records import from_mapping
from foundation.errors import Forbidden, InvalidInput, Unauthenticated
from models import tables as rows
from resolvers.activity import ingest_activity, ingest_chunk
from rules.access.viewer import ANONYMOUS, ViewerKind
from tests.cases.traces import refused
from tests.world import World, at

FULL: dict[str, Any] = {
    "kind": "transaction",
    "time": "2026-11-20T10:00:00.123456Z",
    "source": "shop",
    "externalId": "o-1",
    "outcome": "success",
    "user": "ada",
    "ip": "2001:DB8::1",
    "device": "d-1",
    "domain": "Shop.Example",
    "email": "Ada@Example.org",
    "transaction": "t-1",
    "country": "de",
    "latitude": 52.5,
    "longitude": 13.4,
    "userAgent": "curl/8",
    "amount": 12.34,
    "currency": "eur",
    "bytesIn": 2**40,
    "bytesOut": 7,
    "durationMs": 30,
    "count": 2,
    "details": {"items": ["ä", 1, 2.5, None, True], "note": 'quote " and \\ back'},
}


def login(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "login",
        "time": "2026-11-20T10:00:00Z",
        "source": "sshd",
        "ip": "203.0.113.7",
        "outcome": "failure",
        **changes,
    }


async def test_a_record_with_everything(world: World) -> None:
    (result,) = await ingest_activity(world.op(), records=[FULL])
    record = (await world.all(rows.ActivityRecord))[0]
    assert result == {
        "index": 0, "status": "created", "record_id": record.id, "field": None, "code": None, "message": None,
    }  # fmt: skip
    assert record.model_dump(exclude={"id"}) == {
        "organization_id": world.operator.id,
        "kind": "transaction",
        "time": datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC),
        "source": "shop",
        "identity": "id:o-1",
        "external_id": "o-1",
        "outcome": "success",
        "user": "ada",
        "ip": "2001:db8::1",
        "device": "d-1",
        "domain": "shop.example",
        "email": "ada@example.org",
        "transaction": "t-1",
        "country": "DE",
        "latitude": 52.5,
        "longitude": 13.4,
        "user_agent": "curl/8",
        "amount": 12.34,
        "currency": "EUR",
        "bytes_in": 2**40,
        "bytes_out": 7,
        "duration_ms": 30,
        "count": 2,
        "details": FULL["details"],
        "ingested_at": world.house.clock.now(),
    }
    index = await world.all(rows.ActivityEntity)
    assert {(e.record_id, e.type, e.value, e.organization_id, e.time) for e in index} == {
        (record.id, name, getattr(record, name), world.operator.id, record.time)
        for name in ("user", "ip", "device", "domain", "email", "transaction")
    }
    line = (await world.all(rows.Audit))[0]
    assert (line.action, line.details) == ("activity.ingest", {"created": 1, "duplicate": 0, "refused": 0})
    assert await world.all(rows.Event) == []


async def test_a_result_for_each_and_the_good_ones_stored(world: World) -> None:
    results = await ingest_activity(
        world.op(),
        records=[
            login(externalId="a"),
            login(ip="203.0.113.300"),
            login(externalId="b"),
            login(externalId="a"),
            {"kind": "login"},
            login(surprise=1),
            login(details={"x": "y" * 9000}),
        ],
    )
    assert [(r["index"], r["status"], r["field"], r["code"]) for r in results] == [
        (0, "created", None, None),
        (1, "refused", "records.1.ip", "VALIDATION_ERROR"),
        (2, "created", None, None),
        (3, "duplicate", None, None),
        (4, "refused", "records.4.time", "VALIDATION_ERROR"),
        (5, "refused", "records.5.surprise", "VALIDATION_ERROR"),
        (6, "refused", "records.6.details", "VALIDATION_ERROR"),
    ]
    assert results[0]["record_id"] == results[3]["record_id"] != results[2]["record_id"]
    assert [r.external_id for r in await world.all(rows.ActivityRecord)] == ["a", "b"]
    line = (await world.all(rows.Audit))[0]
    assert line.details == {"created": 2, "duplicate": 1, "refused": 4}


async def test_sending_again_changes_nothing(world: World) -> None:
    batch = [login(), login(ip="203.0.113.8"), login(externalId="a"), login(source="other", externalId="a")]
    first = await ingest_activity(world.op(), records=batch)
    before = await world.counts()
    again = await ingest_activity(world.op(), records=batch)
    assert [r["status"] for r in first] == ["created"] * 4
    assert [(r["status"], r["record_id"]) for r in again] == [("duplicate", r["record_id"]) for r in first]
    assert await world.counts() == {**before, "audit": before["audit"] + 1}


async def test_each_organisation_has_its_own(world: World) -> None:
    await ingest_activity(world.op(), records=[login(externalId="a")])
    (theirs,) = await ingest_activity(world.op(world.stranger), records=[login(externalId="a")])
    assert theirs["status"] == "created"
    assert [r.organization_id for r in await world.all(rows.ActivityRecord)] == [world.operator.id, world.partner.id]


async def test_writers_of_the_same_records_at_once(world: World) -> None:
    batch = [login(externalId=str(n)) for n in range(50)]
    answers = await asyncio.gather(
        *(ingest_activity(world.op(), records=order) for order in (batch, batch[::-1], batch[25:] + batch[:25]))
    )
    assert sum(r["status"] == "created" for answer in answers for r in answer) == 50
    assert len(await world.all(rows.ActivityRecord)) == 50


async def test_a_key_makes_a_batch_safe_to_repeat(world: World) -> None:
    async def send() -> Any:
        return await world.op().once("user:x:k", "f", lambda op: ingest_activity(op, records=[login(externalId="a")]))

    first = await send()
    assert await send() == first and first[0]["status"] == "created"


@pytest.mark.parametrize("count", [0, 1001])
async def test_too_few_or_too_many(world: World, count: int) -> None:
    batch = [login(externalId=str(n)) for n in range(count)]
    refusal = await refused(world, InvalidInput, lambda: ingest_activity(world.op(), records=batch))
    assert (refusal.field, refusal.text) == ("records", "Send 1 to 1000 records at once.")


async def test_who_may_not(world: World) -> None:
    await refused(world, Forbidden, lambda: ingest_activity(world.op(world.viewer), records=[login()]))
    await refused(
        world, Unauthenticated, lambda: ingest_activity(world.op(ANONYMOUS), records=[login()]), audited=False
    )
    key = at(world.publisher, kind=ViewerKind.SERVICE, scopes=frozenset({"investigation:write"}))
    await refused(world, Forbidden, lambda: ingest_activity(world.op(key), records=[login()]))


async def test_chunks_count_what_is_new(world: World) -> None:
    drafts = [from_mapping(login(externalId=str(n), user="root" if n % 2 else None)) for n in range(3000)]
    counted = await ingest_chunk(world.op(), drafts[:2000], source="sshd")
    assert (counted.created, counted.duplicates) == (2000, 0)
    counted = await ingest_chunk(world.op(), drafts, source="sshd")
    assert (counted.created, counted.duplicates) == (1000, 2000)
    totals = await world.counts()
    assert (totals["activity_record"], totals["activity_entity"], totals["audit"]) == (3000, 4500, 2)
    assert (await world.all(rows.Audit))[1].details == {"created": 1000, "duplicates": 2000}
    assert (await ingest_chunk(world.op(), [])).created == 0
