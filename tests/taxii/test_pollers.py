"""T1 to T23: what pollers in the field send and expect, one test a rule, each as the named client does it."""

import base64
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from foundation.rates import Rate
from foundation.settings import EmptyObjects
from foundation.times import to_text
from models import tables as rows
from rules.access.api_keys import new_key
from rules.access.keyring import LASTING, KeyRing
from tests.intelligence.objects import indicator, malware, number
from tests.security.callers import session_of
from tests.taxii.conftest import PASSWORD, ROOT, TAXII, Door, basic
from tests.world import World

LAST = "X-TAXII-Date-Added-Last"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"


def observable(n: int) -> dict[str, Any]:
    return {"type": "ipv4-addr", "id": f"ipv4-addr--{number(n)}", "value": f"198.51.100.{n}"}


async def some(door: Door, count: int, **changes: Any) -> list[str]:
    """The ids of that many new indicators, in the order in which they were added."""
    sent = [indicator(n, **changes) for n in range(1, count + 1)]
    assert (await door.push(*sent))["success_count"] == count
    return [one["id"] for one in sent]


def ids(page: dict[str, Any]) -> list[str]:
    return [one["id"] for one in page.get("objects", [])]


async def test_t01_xsoar_never_meets_an_empty_page_before_the_end(door: Door) -> None:
    """It stops at the first envelope without objects. Most of what lies there is not for this reader."""
    for n in range(1, 9):
        await door.push({**indicator(n), "object_marking_refs": [RED if n % 4 else GREEN]})
    await door.grant(door.world.stranger, door.world.publisher, 90)
    seen, cursor = [], None
    while True:
        page = await door.objects("shared", key=door.strange, limit=1, next=cursor)
        seen += ids(page)
        assert page.get("objects") or not page.get("more")
        if not page.get("more"):
            break
        cursor = page["next"]
    assert seen == [indicator(n)["id"] for n in (4, 8)]


async def test_t02_elastic_is_given_next_only_while_there_is_more(door: Door) -> None:
    await some(door, 3)
    first = await door.objects(limit=2)
    assert first["more"] is True and isinstance(first["next"], str)
    assert set(await door.objects(next=first["next"])) == {"objects"}
    assert set(await door.objects(limit=3)) == {"objects"}


async def test_t03_next_alone_is_enough_and_goes_with_anything(door: Door) -> None:
    """Elastic sends it alone, OpenCTI with `added_after`, MISP empty."""
    wanted = await some(door, 4)
    await door.push(malware(1), malware(2))
    only: dict[str, Any] = {"match_type": "indicator", "limit": 2}
    page = await door.objects(**only, added_after="2020-01-01T00:00:00Z")
    assert ids(page) == wanted[:2]
    alone = await door.objects(next=page["next"])
    assert alone == await door.objects(next=page["next"], added_after="2020-01-01T00:00:00Z", **only)
    assert alone == await door.objects(next=page["next"], added_after="2030-01-01T00:00:00Z")
    assert ids(alone) == wanted[2:]
    assert ids(await door.objects(next="", limit=50)) == [*wanted, malware(1)["id"], malware(2)["id"]]
    long = ",".join(f"indicator--{number(n)}" for n in range(1, 200))
    rest = await door.objects(next=(await door.objects(match_id=long, limit=1))["next"])
    assert ids(rest) == wanted[1:]


async def test_t04_opencti_comes_back_after_a_month_and_a_rotation(door: Door) -> None:
    """One page a day: its cursor outlives the keys of sign-ins and the master they came from."""
    wanted = await some(door, 3)
    cursor = (await door.objects(limit=1))["next"]
    house, old = door.world.house, door.world.house.keys
    left = {(use, "k1"): old.key(use, "k1") for use in LASTING}
    object.__setattr__(house, "key_source", KeyRing("k2", {"k2": b"2" * 32}, left))
    await door.later(timedelta(days=40))
    assert ids(await door.objects(next=cursor)) == wanted[1:]


async def test_t05_opencti_cuts_to_milliseconds_and_is_given_nothing_twice(door: Door) -> None:
    served: list[str] = []
    since = None
    for batch in range(5):
        sent = [indicator(10 * batch + n) for n in range(1, 4)]
        await door.push(*sent)
        path = f"collections/{door.homes['own']}/objects/"
        answer = await door.get(path, added_after=since)
        served += ids(answer.json())
        since = f"{answer.headers[LAST][:23]}Z"
        assert re.fullmatch(r".*\.\d{3}000Z", answer.headers[LAST])
    assert served == [indicator(10 * batch + n)["id"] for batch in range(5) for n in range(1, 4)]


async def test_t06_a_date_added_is_never_long_past_when_it_is_seen(door: Door) -> None:
    """The OpenCTI connector goes on from its own clock at the start of the last run, in whole seconds."""
    for n in range(1, 6):
        started = door.world.house.clock.now().replace(microsecond=0)
        await door.push(indicator(n))
        assert ids(await door.objects(added_after=to_text(started - timedelta(seconds=1))))[-1] == indicator(n)["id"]
        door.world.house.clock.at += timedelta(minutes=1)  # type: ignore[attr-defined]


async def test_t07_xsoar_is_not_sent_blind_by_a_date_in_the_future(door: Door) -> None:
    now = door.world.house.clock.now()
    soon, late = (to_text(now + timedelta(minutes=m)) for m in (4, 6))
    status = await door.push(
        indicator(1, modified=soon), indicator(2, modified=late), indicator(3, created=late, modified=late)
    )
    assert [one["id"] for one in status["successes"]] == [indicator(1)["id"]]
    assert [one["message"] for one in status["failures"]] == [
        f"The value of {member} lies in the future." for member in ("modified", "created")
    ]
    assert ids(await door.objects()) == [indicator(1)["id"]]


async def test_t08_opencti_names_no_limit_and_gets_a_thousand(door: Door) -> None:
    for start in (0, 600):
        await door.push(*(malware(n) for n in range(start + 1, start + 601)))
    path = f"collections/{door.homes['own']}"
    counts = {
        limit: len(ids((await door.get(f"{path}/{what}/", limit=limit)).json()))
        for limit, what in ((None, "objects"), (1100, "manifest"), (5000, "manifest"), (10**30, "manifest"))
    }
    assert counts == {None: 1000, 1100: 1100, 5000: 1200, 10**30: 1200}


async def test_t09_the_opencti_connector_sees_spec_version_on_everything(door: Door) -> None:
    await door.push(observable(7), indicator(1), {**observable(8), "spec_version": "2.1", "object_marking_refs": [RED]})
    page = await door.objects()
    assert [one["spec_version"] for one in page["objects"]] == ["2.1"] * 3
    assert page["objects"][0] == {"spec_version": "2.1", **observable(7)}


async def test_t10_xsoar_finds_a_collection_by_its_title_in_a_list_of_titles(door: Door) -> None:
    found = (await door.get("collections/")).json()["collections"]
    titles = [one["title"] for one in found]
    assert len(set(titles)) == len(titles) == 2 and not re.search(r"[.,]", "".join(titles))
    assert (await door.get(f"collections/{found[1]['alias']}/")).json() == found[1]
    (root,) = (await door.client.get("/taxii2/", headers={"x-api-key": door.key})).json()["api_roots"]
    assert "." not in root.rstrip("/").rpartition("/")[2]


async def test_t11_sentinel_asks_for_collections_by_uuid4(door: Door) -> None:
    found = (await door.get("collections/")).json()["collections"]
    assert [str(UUID(one["id"], version=4)) for one in found] == [one["id"] for one in found]


async def test_t12_misp_reads_versions_and_sizes_and_the_default_root(door: Door) -> None:
    headers = {"x-api-key": door.key}
    discovery = (await door.client.get("/taxii2/", headers=headers)).json()
    assert discovery["default"] in discovery["api_roots"]
    root = (await door.client.get(discovery["default"], headers=headers)).json()
    assert (root["versions"], root["max_content_length"]) == ([TAXII], 10 * 1024 * 1024)


async def test_t13_discovery_where_pollers_look_for_it(door: Door) -> None:
    settings = door.world.house.settings
    told: tuple[dict[str, str], ...] = ({}, {"public_url": "https://intel.example.org/"})
    for said in told:
        put(door.world, type(settings)(_env_file=None, **settings.model_dump(exclude_unset=True) | said))
        for path, root in (("/taxii2", "/taxii2/main/"), ("/taxii", "/taxii/")):
            there = said.get("public_url", "").rstrip("/") + root
            for slash in ("", "/"):
                answer = await door.client.get(path + slash, headers={"x-api-key": door.key})
                assert answer.status_code == 200
                assert (answer.json()["api_roots"], answer.json()["default"]) == ([there], there)
    merged = (await door.client.get("/taxii/", headers={"x-api-key": door.key})).json()
    assert set(merged) == {"title", "description", "default", "api_roots", "versions", "max_content_length"}


def put(world: World, settings: Any) -> None:
    object.__setattr__(world.house, "settings", settings)


async def test_t14_the_type_is_written_as_taxii2_client_compares_it(door: Door) -> None:
    for path in ("/taxii2/", f"{ROOT}/collections/", f"{ROOT}/collections/none/", "/taxii2/nowhere/"):
        answer = await door.client.get(path, headers={"x-api-key": door.key})
        assert answer.headers["content-type"] == TAXII


async def test_t15_elastic_sends_types_of_its_own_and_is_served(door: Door) -> None:
    for accept in (
        *("*/*", "application/*", "application/json", "application/taxii+json", TAXII, ""),
        *('application/taxii+json; version="2.1"', "Application/TAXII+JSON;Version=2.1", "text/html;q=0.9,*/*;q=0.1"),
        "application/taxii+json;version=2.0, application/taxii+json;version=2.1",
        "application/taxii+json ; version=2.1 ; charset=utf-8",
    ):
        headers = {"x-api-key": door.key, "accept": accept, "content-type": "application/json"}
        answer = await door.client.get(f"{ROOT}/collections/", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, TAXII), accept


async def test_t16_every_client_signs_in_in_its_own_way(door: Door) -> None:
    world = door.world
    house = world.house
    (user,) = [one for one in await world.all(rows.User) if one.id == world.publisher.user_id]
    async with house.database.transaction() as session:
        hashed = await house.hashing.hash(PASSWORD)
        await session.merge(rows.User(**{**user.model_dump(), "password_hash": hashed}))
    _, token = await session_of(house, user)
    ways: dict[str, dict[str, str]] = {
        "Sentinel: name and password": basic("Per", PASSWORD),
        "Sentinel again, remembered": basic("Per", PASSWORD),
        "by mail address": basic("per@example.org", PASSWORD),
        "Sumo Logic: the key as the name": basic(door.key),
        "the key as the name, any password": basic(door.key, "x"),
        "ThreatConnect: any name and the key": basic("key", door.key),
        "OpenCTI: a token": {"authorization": f"Bearer {token}"},
        "OpenCTI: a key": {"authorization": f"bearer {door.key}"},
        "XSOAR: _api_token_key": {"authorization": f"Token {door.key}"},
        "XSOAR: _header:X-API-Key": {"x-api-key": door.key},
        "MISP: basic and the key itself": {"authorization": f"basic {door.key}"},
        "MISP: basic and base64": {"authorization": "basic " + base64.b64encode(f"per:{PASSWORD}".encode()).decode()},
    }
    path = f"{ROOT}/collections/"
    told = {way: (await door.client.get(path, headers=headers)).status_code for way, headers in ways.items()}
    odd = ("Basic !", "Basic", "Token ", "Digest a", "Bearer \u00e9", f"Basic {'A' * 9000}")
    assert told == dict.fromkeys(ways, 200)
    refused: list[dict[str, str]] = [
        *({}, basic("Per", "wrong"), basic("Nobody", PASSWORD), basic("key", new_key()), {"x-api-key": "no"}),
        *({"authorization": value} for value in odd),
        {**basic("Per", PASSWORD), "x-api-key": door.key},
    ]
    for headers in refused:
        answer = await door.client.get(path, headers=[(k.encode(), v.encode("latin-1")) for k, v in headers.items()])
        assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHORIZED"), headers
        assert answer.headers["www-authenticate"] == 'Basic realm="TAXII", Bearer'
        assert (answer.json()["http_status"], answer.headers["content-type"]) == ("401", TAXII)
    elsewhere = await door.client.get("/api/auth/verify/", headers=basic("Per", PASSWORD))
    assert elsewhere.status_code == 401


async def test_t17_keys_have_nothing_that_misp_splits_at() -> None:
    assert all(re.fullmatch(r"cg_[A-Za-z0-9_-]{43}", new_key()) for _ in range(50))


async def test_t18_misp_reads_the_status_of_what_it_pushed(door: Door) -> None:
    bare = {name: value for name, value in indicator(2).items() if name != "pattern"}
    status = await door.push(indicator(1), bare, indicator(3, modified=None), {"id": 5}, 7, malware(1))
    told = await door.get(f"status/{status['id']}")
    assert (told.json(), (await door.get(f"status/{status['id']}/")).json()) == (status, status)
    counts = {name: status[name] for name in status if name.endswith("_count")}
    assert counts == {"total_count": 6, "success_count": 2, "failure_count": 4, "pending_count": 0}
    assert (status["status"], len(status["successes"]), len(status["failures"])) == ("complete", 2, 4)
    said = [one[name] for one in status["failures"] for name in ("id", "version", "message")]
    assert all(isinstance(text, str) and text for text in said)
    assert [one["id"] for one in status["failures"]] == [bare["id"], indicator(3)["id"], "unknown", "unknown"]
    assert set(await door.push(indicator(9))) & {"failures", "pendings"} == set()
    assert (await door.get(f"status/{status['id']}", door.strange)).status_code == 404
    await door.later(timedelta(hours=25))
    assert (await door.get(f"status/{status['id']}")).status_code == 404


async def test_t19_splunk_posts_a_bundle(door: Door) -> None:
    sent = {"type": "bundle", "id": f"bundle--{number(1)}", "spec_version": "2.0", "objects": [indicator(1)]}
    headers = {**basic("splunk", door.key), "content-type": "application/taxii+json", "accept": TAXII}
    answer = await door.client.post(f"{ROOT}/collections/{door.homes['own']}/objects", json=sent, headers=headers)
    assert (answer.status_code, answer.json()["success_count"]) == (202, 1)
    assert ids(await door.objects()) == [indicator(1)["id"]]


async def test_t20_nothing_is_an_empty_object_or_for_old_elastic_an_empty_list(door: Door) -> None:
    path = f"collections/{door.homes['own']}/objects/"
    answer = await door.get(path)
    assert (answer.json(), [name for name in answer.headers if "taxii" in name]) == ({}, [])
    settings = door.world.house.settings
    put(door.world, settings.model_copy(update={"taxii_empty_objects": EmptyObjects.LIST}))
    answer = await door.get(path)
    assert (answer.json(), [name for name in answer.headers if "taxii" in name]) == ({"objects": []}, [])


async def test_t21_added_after_as_anybody_writes_it(door: Door) -> None:
    await some(door, 2)
    path, headers = f"{ROOT}/collections/{door.homes['own']}/objects/", {"x-api-key": door.key}
    first = (await door.client.get(path, headers=headers)).headers["x-taxii-date-added-first"]
    assert len(ids(await door.objects(added_after=first))) == 1
    for digits in range(10):
        for zone in ("Z", "%2B00:00", "+00:00", "-05:00", "%2B05:30"):
            for day, count in ((21, 2), (22, 0)):
                since = f"2026-11-{day}T05:00:00{'.' * (digits > 0)}{'0' * digits}{zone}"
                answer = await door.client.get(f"{path}?added_after={since}", headers=headers)
                assert len(ids(answer.json())) == count, since


async def test_t22_xsoar_asks_for_types_that_nobody_has(door: Door) -> None:
    wanted = await some(door, 1)
    await door.push(malware(1))
    assert await door.objects(match_type="x-nothing") == {}
    many = ",".join(["indicator", *(f"x-type-{n}" for n in range(60)), "No Type!", "\u00e9"])
    assert ids(await door.objects(match_type=many)) == wanted


async def test_t23_who_asks_too_often_is_told_when_to_come_back(door: Door) -> None:
    settings = door.world.house.settings
    assert settings.limit_taxii == Rate(600, 60)
    limited = settings.model_copy(update={"limit_taxii": Rate(3, 60)})
    object.__setattr__(door.world.house.budgets, "_settings", limited)
    told = [await door.get("collections/") for _ in range(4)]
    last: httpx.Response = told[-1]
    assert (last.status_code, last.json()["error_code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert 1 <= int(last.headers["retry-after"]) <= 60
