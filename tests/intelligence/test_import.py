"""Bundles coming in: each version once, a result for each object, the newest in columns, the pattern in the index."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from foundation.errors import Forbidden, InvalidInput, Unauthenticated
from models import tables as rows
from resolvers.indicators import import_chunk, import_stix
from resolvers.stix_reading import LONG_PATTERN, MOST_IN_LONG_PATTERNS
from rules.access.viewer import ANONYMOUS, ViewerKind
from rules.relationships import KINDS
from tests.cases.traces import refused
from tests.intelligence.objects import MADE, bundle, indicator, malware, number, statement, written
from tests.world import World, at

MADE_AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
LATER, LATEST = "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"


async def send(world: World, *objects: Any) -> list[dict[str, Any]]:
    return await import_stix(world.op(), bundle=bundle(*objects))


def statuses(results: list[dict[str, Any]]) -> list[str]:
    return [result["status"] for result in results]


async def keys(world: World) -> set[tuple[str, str, str]]:
    return {(key.type, key.path, key.value) for key in await world.all(rows.IndicatorKey)}


async def test_an_indicator_with_everything(world: World) -> None:
    sent = indicator(
        labels=["apt", "é"],
        indicator_types=["malicious-activity"],
        confidence=80,
        description="Long.",
        valid_until="2027-01-01T00:00:00.123456789Z",
        created_by_ref=f"identity--{number(9)}",
        x_own={"a": [1.5, None, True]},
    )
    (result,) = await send(world, sent)
    now = world.house.clock.now()
    (version,) = await world.all(rows.StixVersion)
    (stored,) = await world.all(rows.StixObject)
    (row,) = await world.all(rows.Indicator)
    assert result == {
        "index": 0, "status": "created", "stix_id": sent["id"], "type": "indicator", "object_id": row.id,
        "member": None, "code": None, "message": None,
    }  # fmt: skip
    assert (version.object_id, version.version, version.added_at) == (row.id, MADE_AT, now)
    assert version.content == written(sent)
    asked = {
        "original_id": row.id, "form_from": 0, "form_to": 5, "required": 50, "tlp_rank": 0, "age": 323,
        "kind": KINDS["indicator:domain"],
    }  # fmt: skip
    assert stored.model_dump() == {
        "id": row.id, "organization_id": world.operator.id, "stix_id": sent["id"], "type": "indicator",
        "name": "Indicator 1", "version_id": version.id, "modified": MADE_AT, "revoked": False, "tlp": "clear",
        **asked, "is_due": False, "created_at": now, "updated_at": now,
    }  # fmt: skip
    assert row.model_dump() == {
        "id": row.id,
        "organization_id": world.operator.id,
        "stix_id": sent["id"],
        "version_id": version.id,
        "name": "Indicator 1",
        "description": "Long.",
        "type": "domain",
        "value": "evil.example",
        "pattern": "[domain-name:value = 'evil.example']",
        "pattern_type": "stix",
        "is_indexed": True,
        "not_indexed_because": None,
        "not_matched_because": None,
        "labels": ["apt", "é"],
        "indicator_types": ["malicious-activity"],
        "confidence": 80,
        "valid_from": MADE_AT,
        "valid_until": datetime(2027, 1, 1, 0, 0, 0, 123456, tzinfo=UTC),
        "revoked": False,
        "tlp": "clear",
        "created_by_ref": f"identity--{number(9)}",
        "created": MADE_AT,
        "modified": MADE_AT,
        "fingerprint": row.fingerprint,
        **asked,
        "created_at": now,
        "updated_at": now,
    }
    assert await keys(world) == {("domain-name", "value", "evil.example")}
    (line,) = await world.all(rows.Audit)
    assert (line.action, line.outcome, line.target) == ("indicator.import", "done", None)
    assert line.details == {"created": 1, "updated": 0, "kept": 0, "unchanged": 0, "refused": 0}
    (event,) = await world.all(rows.Event)
    assert (event.kind, event.data) == ("indicator_shared", {"indicator_ids": [row.id]})


async def test_a_result_for_each_and_the_good_ones_stored(world: World) -> None:
    results = await send(
        world,
        malware(1),
        indicator(1, pattern_type=None),
        indicator(2),
        5,
        indicator(2),
        indicator(2, name="Another"),
        indicator(3, pattern="[a:b = 'x' AND c:d = 'y']"),
        {**malware(2), "spec_version": "2.0"},
        {"id": "\x1b[2J", "type": "x"},
    )
    told = [(r["status"], r["member"], r["code"], r["stix_id"] and r["stix_id"][:9]) for r in results]
    assert told == [
        ("created", None, None, "malware--"),
        ("refused", "pattern_type", "INVALID_STIX_OBJECT", "indicator"),
        ("created", None, None, "indicator"),
        ("refused", None, "INVALID_STIX_OBJECT", None),
        ("unchanged", None, None, "indicator"),
        ("refused", "modified", "CONFLICT", "indicator"),
        ("created", None, None, "indicator"),
        ("refused", "spec_version", "INVALID_STIX_OBJECT", "malware--"),
        ("refused", "type", "INVALID_STIX_OBJECT", None),
    ]
    assert results[2]["object_id"] == results[4]["object_id"]
    assert [o.stix_id for o in sorted(await world.all(rows.StixObject), key=lambda o: o.stix_id)] == [
        f"indicator--{number(2)}", f"indicator--{number(3)}", f"malware--{number(1)}",
    ]  # fmt: skip
    uncovered = next(i for i in await world.all(rows.Indicator) if not i.is_indexed)
    assert (uncovered.type, uncovered.value) == (None, None)
    assert uncovered.not_indexed_because == "It asks for several properties together."
    assert await keys(world) == {("domain-name", "value", "evil.example")}


async def test_sending_again_changes_nothing(world: World) -> None:
    sent = [malware(1), indicator(1), statement(), {"type": "url", "id": f"url--{number(1)}", "value": "http://x/"}]
    first = await send(world, *sent)
    before = await world.counts()
    again = await send(world, *[dict(reversed(one.items())) for one in sent])
    assert statuses(first) == ["created"] * 4
    assert statuses(again) == ["unchanged"] * 4
    assert [r["object_id"] for r in again] == [r["object_id"] for r in first]
    assert await world.counts() == {**before, "audit": before["audit"] + 1}


async def test_versions_in_any_order(world: World) -> None:
    oldest = indicator(1)
    newer = indicator(1, modified=LATER, pattern="[ipv4-addr:value IN ('203.0.113.7', '203.0.113.8')]", confidence=10)
    newest = indicator(1, modified=LATEST, pattern="[a:b = 'x' AND c:d = 'y']", revoked=True)
    (created,) = await send(world, newer)
    (kept,) = await send(world, oldest)
    (row,) = await world.all(rows.Indicator)
    assert (kept["status"], kept["object_id"]) == ("kept", created["object_id"])
    assert (row.type, row.value, row.confidence, row.modified.day) == ("ip", None, 10, 3)
    assert await keys(world) == {
        ("ipv4-addr", "value", "203.0.113.7"),
        ("ipv4-addr", "value", "203.0.113.8"),
    }
    (updated,) = await send(world, newest)
    (row,) = await world.all(rows.Indicator)
    assert (updated["status"], updated["object_id"]) == ("updated", created["object_id"])
    assert (row.revoked, row.is_indexed, row.modified.day) == (True, False, 4)
    assert await keys(world) == set()
    versions = await world.all(rows.StixVersion)
    assert [v.content for v in sorted(versions, key=lambda v: v.version)] == [
        written(v) for v in (oldest, newer, newest)
    ]
    assert statuses(await send(world, oldest, newer, newest)) == ["unchanged"] * 3


async def test_several_versions_in_one_bundle(world: World) -> None:
    versions = [indicator(1, modified=LATER, name="b"), indicator(1, name="a"), indicator(1, modified=LATEST, name="c")]
    assert statuses(await send(world, *versions)) == ["created", "kept", "updated"]
    (row,) = await world.all(rows.Indicator)
    (stored,) = await world.all(rows.StixObject)
    current = next(v for v in await world.all(rows.StixVersion) if '"c"' in v.content)
    assert (row.name, row.version_id, stored.name, stored.version_id) == ("c", current.id, "c", current.id)


async def test_what_has_no_version_is_newest_when_it_came_last(world: World) -> None:
    address = {"type": "url", "id": f"url--{number(1)}", "value": "http://x/"}
    assert statuses(await send(world, address, {**address, "defanged": True}, {**address, "defanged": True})) == [
        "created", "updated", "unchanged",
    ]  # fmt: skip
    assert statuses(await send(world, address)) == ["updated"]
    assert len(await world.all(rows.StixVersion)) == 3


async def test_each_organisation_has_its_own(world: World) -> None:
    (mine,) = await send(world, indicator(1))
    (theirs,) = await import_stix(world.op(world.stranger), bundle=bundle(indicator(1, name="Theirs")))
    assert (theirs["status"], theirs["object_id"] == mine["object_id"]) == ("created", False)
    assert {i.organization_id: i.name for i in await world.all(rows.Indicator)} == {
        world.operator.id: "Indicator 1", world.partner.id: "Theirs",
    }  # fmt: skip


async def test_a_statement_is_known_from_before(world: World) -> None:
    marked = malware(1, object_marking_refs=[statement(1)["id"]])
    await send(world, statement(1))
    await send(world, marked)
    unknown = malware(2, object_marking_refs=[statement(2)["id"]])
    await send(world, unknown)
    await send(world, statement(3), malware(3, object_marking_refs=[statement(3)["id"]]))
    tlp = {o.stix_id[:9] + o.stix_id[-1]: o.tlp for o in await world.all(rows.StixObject) if o.type == "malware"}
    assert tlp == {"malware--1": "clear", "malware--2": "red", "malware--3": "clear"}


async def test_writers_of_the_same_objects_at_once(world: World) -> None:
    objects = [indicator(n) for n in range(40)]
    answers = await asyncio.gather(*(send(world, *some) for some in (objects, objects[::-1], objects[20:])))
    assert sum(status == "created" for answer in answers for status in statuses(answer)) == 40
    assert (len(await world.all(rows.StixVersion)), len(await world.all(rows.IndicatorKey))) == (40, 40)


async def test_a_key_makes_a_bundle_safe_to_repeat(world: World) -> None:
    async def again() -> Any:
        return await world.op().once("user:x:k", "f", lambda op: import_stix(op, bundle=bundle(indicator(1))))

    first = await again()
    assert await again() == first and statuses(first) == ["created"]


@pytest.mark.parametrize("count", [0, 1001])
async def test_too_few_or_too_many(world: World, count: int) -> None:
    refusal = await refused(world, InvalidInput, lambda: send(world, *[malware(n) for n in range(count)]))
    assert (refusal.field, refusal.text) == ("bundle.objects", "Send 1 to 1000 objects at once.")


async def test_what_is_no_bundle(world: World) -> None:
    refusal = await refused(world, InvalidInput, lambda: import_stix(world.op(), bundle={"type": "bundle"}))
    assert refusal.field == "bundle.id"


async def test_too_many_long_patterns_for_one_request(world: World) -> None:
    longest = "[a:b = '" + "x" * 9_990 + "']"
    count = MOST_IN_LONG_PATTERNS // len(longest)
    objects = [indicator(n, longest) for n in range(count)]
    objects += [indicator(count, "[a:b = '" + "x" * LONG_PATTERN + "']"), indicator(count + 1)]
    results = await send(world, *objects)
    refused_ = [(r["index"], r["member"]) for r in results if r["status"] == "refused"]
    assert (len(longest), refused_) == (10_000, [(count, "pattern")])
    stored = await import_chunk(world.op(), objects=objects[count:], source="file")
    assert [str(result.status) for result in stored] == ["created", "unchanged"]
    assert (await world.all(rows.Audit))[-1].target == "file"


async def test_who_may_not(world: World) -> None:
    sent = bundle(indicator(1))
    await refused(world, Forbidden, lambda: import_stix(world.op(world.viewer), bundle=sent))
    await refused(world, Unauthenticated, lambda: import_stix(world.op(ANONYMOUS), bundle=sent), audited=False)
    key = at(world.publisher, kind=ViewerKind.SERVICE, scopes=frozenset({"activity:write"}))
    await refused(world, Forbidden, lambda: import_stix(world.op(key), bundle=sent))
    key = at(world.publisher, kind=ViewerKind.SERVICE, scopes=frozenset({"indicator:write"}))
    assert statuses(await import_stix(world.op(key), bundle=sent)) == ["created"]


async def test_times_are_kept_as_they_were_written(world: World) -> None:
    sent = indicator(1, created="2026-01-01T00:00:00.1Z", modified="2026-01-01T00:00:00.123456789Z")
    await send(world, sent)
    (version,) = await world.all(rows.StixVersion)
    assert version.content == written(sent)
    assert MADE not in (sent["created"], sent["modified"])
