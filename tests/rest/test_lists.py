"""Lists for firewalls: what may be acted on, by type, known again by their ETag, safe in a spreadsheet."""

import base64
import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app import make_app
from foundation.clock import FixedClock
from foundation.ids import new_id
from models import tables as rows
from resolvers.indicators import import_stix
from resolvers.operation import House
from rules.trust import ANY_AGE, EVERY_KIND, Form
from tests.conftest import NOON
from tests.intelligence.objects import MADE, bundle, indicator
from tests.security.callers import caller, key_of
from tests.world import World

GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"


def good(n: int, pattern: str, **changes: Any) -> dict[str, Any]:
    return indicator(n, pattern, valid_from="2026-11-20T00:00:00.000Z", **changes)


OBJECTS = [
    good(1, "[ipv4-addr:value = '198.51.100.7']"),
    good(2, "[ipv4-addr:value ISSUBSET '203.0.113.0/24']", confidence=80, name="=HYPERLINK(\"http://evil\")"),
    good(3, "[domain-name:value = 'evil.example']", valid_until="2026-12-01T00:00:00.000Z"),
    good(4, "[domain-name:value = 'EVIL.example.']", valid_until="2026-12-01T00:00:00.000Z"),  # the same once more
    good(5, "[url:value = 'https://evil.example/a,b']"),
    good(6, "[domain-name:value = 'revoked.example']", revoked=True),
    good(7, "[domain-name:value = 'over.example']", valid_until="2026-11-21T12:00:00.000Z"),
    indicator(8, "[domain-name:value = 'early.example']", valid_from="2026-11-22T00:00:00.000Z"),
    indicator(9, "[ipv4-addr:value = '198.51.100.8']", valid_from=MADE),  # seen ten months ago
    good(10, "[domain-name:value = 'unsure.example']", confidence=0),
    good(11, "[domain-name:value = 'known-good.example']"),
    good(12, "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']"),
    good(13, "[mutex:name = '#no comment']"),
    good(14, "[mutex:name = 'two\nlines']"),
    good(15, "[mutex:name = '@SUM(1)']"),
]  # fmt: skip


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=make_app(house, working=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as made:
        yield made


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


async def test_what_may_be_acted_on(world: World, client: httpx.AsyncClient, clock: FixedClock) -> None:
    await import_stix(world.op(), bundle=bundle(*OBJECTS))
    listed = rows.WarningList(
        id=new_id(), name="Good", description="", version="1", type="hostname", is_active=True, loaded_at=NOON
    )
    await world.put(listed)
    await world.put(rows.WarningEntry(value="known-good.example", kind="name", list_id=listed.id))
    key = (await caller(world, "key read")).headers
    answer = await client.get("/feeds/shared.txt", headers=key)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    everything = ["198.51.100.7", "203.0.113.0/24", "@SUM(1)", "evil.example", "https://evil.example/a,b"]
    assert sorted(answer.text.splitlines()) == everything and answer.text.endswith("\n")
    for asked, told in (
        ("ip", everything[:2]), ("ip,DOMAIN", [*everything[:2], "evil.example"]), ("file_hash", []),
    ):  # fmt: skip
        found = await client.get("/feeds/shared.txt", params={"type": asked}, headers=key)
        assert sorted(found.text.split()) == told
    # The organisation's own collection, by its key or its alias, with every credential that firewalls have.
    (own,) = [one for one in await world.all(rows.Collection) if one.is_home]
    secret = key["x-api-key"]
    for name, headers in (
        (own.id, basic("anybody", secret)), (own.alias, basic(secret, "")), (own.alias, {"x-api-key": secret}),
        (own.id, {"authorization": f"Bearer {secret}"}),
    ):  # fmt: skip
        same = await client.get(f"/feeds/{name}.txt", headers=headers)
        assert (same.status_code, same.headers["etag"]) == (200, answer.headers["etag"])
    # As a table: nothing in it is a formula.
    table = await client.get("/feeds/shared.csv", params={"type": "ip,mutex"}, headers=key)
    assert table.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    head, *lines = csv.reader(io.StringIO(table.text))
    assert head == ["value", "type", "confidence", "valid_until", "tlp", "name"]
    assert sorted(lines) == [
        ["'@SUM(1)", "mutex", "", "", "clear", "Indicator 15"],
        ["198.51.100.7", "ip", "", "", "clear", "Indicator 1"],
        ["203.0.113.0/24", "ip", "80", "", "clear", '\'=HYPERLINK("http://evil")'],
    ]
    # Asked again: nothing new is nothing sent; when something has expired it is another list.
    again = {**key, "if-none-match": f'"other", W/{answer.headers["etag"]}'}
    known = await client.get("/feeds/shared.txt", headers=again)
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", answer.headers["etag"])
    head_alone = await client.head("/feeds/shared.txt", headers=key)
    assert (head_alone.status_code, head_alone.content) == (200, b"")
    clock.forward(days=11)
    again |= (await caller(world, "key read")).headers
    later = await client.get("/feeds/shared.txt", headers=again)
    assert later.status_code == 200 and "198.51.100.7" in later.text and "evil.example\n" not in later.text


async def test_who_gets_none(world: World, client: httpx.AsyncClient) -> None:
    green = good(16, "[ipv4-addr:value = '198.51.100.16']", object_marking_refs=[GREEN])
    await import_stix(world.op(), bundle=bundle(*OBJECTS, green))
    (own,) = [one for one in await world.all(rows.Collection) if one.is_home]
    key = (await caller(world, "key read")).headers
    for path, status, code in (
        ("/feeds/absent.txt", 404, "COLLECTION_NOT_FOUND"), ("/feeds/shared.xml", 404, "RESOURCE_NOT_FOUND"),
        ("/feeds/shared.txt?type=ip,nonsense", 400, "VALIDATION_ERROR"),
    ):  # fmt: skip
        answer = await client.get(path, headers=key)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), path
    for headers in ({}, basic("per", "password"), {"authorization": "Basic %%%"}, basic("x", key["x-api-key"] + "x")):
        assert (await client.get("/feeds/shared.txt", headers=headers)).status_code == 401
    # Another organisation: the installation's collection is empty for it, and this one's is as if it were absent.
    (sven,) = await world.all(rows.User, rows.User.id == world.stranger.user_id)
    key = {"x-api-key": (await key_of(world.house, sven, "read"))[1]}
    assert (await client.get("/feeds/shared.txt", headers=key)).text == ""
    assert (await client.get(f"/feeds/{own.id}.txt", headers=key)).status_code == 404
    # Trusted to a degree, it gets what it is shown as it was sent; what it is shown changed is no value to block.
    await world.put(
        rows.Access(
            reader_id=world.partner.id, producer_id=world.operator.id, level=60, tlp=2, form=Form.HIGH,
            kinds=EVERY_KIND, max_age=ANY_AGE,
        )
    )  # fmt: skip
    told = await client.get("/feeds/shared.txt?type=ip", headers=key)
    assert sorted(told.text.split()) == ["198.51.100.7", "203.0.113.0/24"]
