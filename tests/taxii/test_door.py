"""What is asked for and what is given: filters, versions, rights, bodies, and every way of asking wrongly."""

import gzip
import json
from typing import Any

import pytest

from models import tables as rows
from tests.intelligence.objects import MADE, indicator, malware, number, statement
from tests.taxii.conftest import PASSWORD, ROOT, TAXII, Door, basic
from tests.taxii.test_pollers import GREEN, ids

NEWER, NEWEST = "2026-02-01T00:00:00.5Z", "2026-03-01T00:00:00Z"
MALFORMED = (
    *("limit=0", "limit=-1", "limit=abc", "limit=", "limit=1.5", "limit=%D9%A1", "limit=1&limit=2"),
    *("added_after=yesterday", "added_after=", "added_after=2026-02-30T00:00:00Z", "added_after=2026-01-01T00:00:00"),
    *("added_after=2026-01-01T00:00:00Z&added_after=2026-01-01T00:00:00Z", "next=forged", "next=a&next=b"),
    *("match[version]=all,last", "match[version]=newest", "match[version]=", "match[version]=2026-13-01T00:00:00Z"),
    *("match[id]=a&match[id]=b", "match[type]=a&match[type]=b"),
)


async def three_versions(door: Door) -> str:
    """Its id. The middle one comes last, and so late."""
    for changes in ({}, {"modified": NEWEST}, {"modified": NEWER}):
        assert (await door.push(indicator(1, name=changes.get("modified", MADE), **changes)))["success_count"] == 1
    return str(indicator(1)["id"])


def names(page: dict[str, Any]) -> list[str]:
    return [one["name"] for one in page.get("objects", [])]


async def test_versions_by_every_filter(door: Door) -> None:
    stix_id = await three_versions(door)
    await door.push(malware(1), statement(1))
    wanted: dict[str | None, list[str]] = {
        None: [NEWEST],
        "last": [NEWEST],
        "first": [MADE],
        "all": [MADE, NEWEST, NEWER],
        "first,last": [MADE, NEWEST],
        NEWER: [NEWER],
        "2026-02-01T00:00:00.500Z,first": [MADE, NEWER],
        "2020-01-01T00:00:00Z": [],
    }
    path = f"collections/{door.homes['own']}/objects/{stix_id}"
    for asked, told in wanted.items():
        assert names(await door.objects(match_id=stix_id, match_version=asked)) == told, asked
        assert names((await door.get(f"{path}/", match_version=asked)).json()) == told, asked
        assert (await door.get(f"{path}/versions", match_version=asked or "last")).json().get("versions", []) == told
    manifest = (await door.get(f"collections/{door.homes['own']}/manifest/", match_version="all")).json()["objects"]
    assert [(one["id"], one["version"]) for one in manifest] == [
        *((stix_id, version) for version in (MADE, NEWEST, NEWER)),
        *((malware(1)["id"], MADE), (statement(1)["id"], MADE)),
    ]
    assert all(len(one["date_added"]) == 27 for one in manifest)
    assert len({one["date_added"] for one in manifest}) == 5
    pages = [await door.objects(match_version="all", limit=2)]
    while "next" in pages[-1]:
        pages.append(await door.objects(next=pages[-1]["next"], limit=2))
    assert [one["id"] for page in pages for one in page["objects"]] == [one["id"] for one in manifest]
    assert await door.objects(match_spec_version="2.0") == await door.objects(match_id="no id") == {}
    assert len(ids(await door.objects(match_spec_version="2.0,2.1"))) == 3
    assert ids(await door.objects(match_type="malware,marking-definition", match_id=malware(1)["id"])) == [
        malware(1)["id"]
    ]
    late = await door.get(f"{path}/", added_after="2030-01-01T00:00:00Z")
    assert (late.status_code, late.json()) == (200, {})


async def test_what_is_asked_wrongly_is_refused_by_name(door: Door) -> None:
    await door.push(indicator(1))
    for asked in MALFORMED:
        for what in ("objects", "manifest"):
            path = f"{ROOT}/collections/{door.homes['own']}/{what}/?{asked}"
            answer = await door.client.get(path, headers={"x-api-key": door.key})
            assert (answer.status_code, answer.json()["http_status"]) == (400, "400"), asked
            assert (answer.headers["content-type"], set(answer.json())) == (
                TAXII, {"title", "error_id", "error_code", "http_status"},
            ), asked  # fmt: skip
    theirs = await door.get(f"collections/{door.homes['shared']}/objects/", limit=1)
    assert theirs.status_code == 200
    fine = await door.get(f"collections/{door.homes['own']}/objects/", limit="0007", unknown="x", match_unknown="y")
    assert len(ids(fine.json())) == 1


async def test_types_that_are_not_given_or_taken(door: Door) -> None:
    path, key = f"{ROOT}/collections/{door.homes['own']}/objects/", {"x-api-key": door.key}
    for accept in ("text/html", "application/taxii+json;version=2.0", "application/vnd.oasis.taxii+json", "*/*;q=0"):
        answer = await door.client.get(path, headers={**key, "accept": accept})
        assert (answer.status_code, answer.json()["error_code"]) == (406, "UNSUPPORTED_MEDIA_TYPE"), accept
    body = json.dumps({"objects": [indicator(1)]})
    for sent in (
        "application/json",
        "text/plain",
        "application/taxii+json;version=2.0",
        "",
        f"{TAXII};charset=latin-1",
    ):
        answer = await door.client.post(path, content=body, headers={**key, "content-type": sent})
        assert (answer.status_code, answer.json()["error_code"]) == (415, "UNSUPPORTED_MEDIA_TYPE"), sent
    coded = {**key, "content-type": TAXII, "content-encoding": "br"}
    assert (await door.client.post(path, content=body, headers=coded)).status_code == 415
    for sent in ("application/taxii+json", 'Application/Taxii+JSON; version="2.1"; charset=UTF-8'):
        assert (await door.client.post(path, content=body, headers={**key, "content-type": sent})).status_code == 202
    answer = await door.client.patch(path, headers=key)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


async def test_bodies_that_are_no_envelope_or_too_large(door: Door) -> None:
    path = f"{ROOT}/collections/{door.homes['own']}/objects/"
    headers = {"x-api-key": door.key, "content-type": TAXII}
    packed = {**headers, "content-encoding": "gzip"}
    whole = json.dumps({"objects": [indicator(1)]}).encode()
    for body in (
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"objects":{}}',
        b'{"objects":[]}',
        b'{"a":1,"a":2}',
        b"[" * 10**5,
        b"\xff",
    ):
        answer = await door.client.post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_STIX_OBJECT"), body[:20]
    for body in (whole, gzip.compress(whole)[:-9], gzip.compress(whole) + b"x"):
        answer = await door.client.post(path, content=body, headers=packed)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_STIX_OBJECT")
    bomb = gzip.compress(b'{"objects":[' + b" " * 30_000_000 + b"]}")
    many = json.dumps({"objects": [{"type": "malware"}] * 1001}).encode()
    for body, how in ((bomb, packed), (many, headers), (b" " * (10 * 1024 * 1024 + 1), headers)):
        answer = await door.client.post(path, content=body, headers=how)
        assert (answer.status_code, answer.headers["content-type"]) == (413, TAXII)
    assert await door.objects() == {}
    assert (await door.client.post(path, content=gzip.compress(whole), headers=packed)).json()["success_count"] == 1
    await door.push(*(indicator(n) for n in range(2, 30)))
    plain = await door.client.get(path, headers={**headers, "accept-encoding": "gzip;q=0, identity"})
    zipped = await door.client.get(path, headers={**headers, "accept-encoding": "gzip"})
    assert ("content-encoding" in plain.headers, zipped.headers["content-encoding"]) == (False, "gzip")
    assert (plain.content, int(zipped.headers["content-length"]) < len(plain.content) / 3) == (zipped.content, True)


async def test_rights(door: Door) -> None:
    """A collection one may not know of is absent; one may read what is shared, and write to one's own alone."""
    await door.push(indicator(1))
    await door.grant(door.world.stranger, door.world.publisher, 90)
    own, theirs, shared = (door.homes[name] for name in ("own", "theirs", "shared"))
    headers = {"x-api-key": door.key, "content-type": TAXII}
    body = json.dumps({"objects": [indicator(2)]})
    codes = {}
    for name, key in (("theirs", theirs), ("shared", shared), ("nobody's", "00000000-0000-4000-8000-000000000000")):
        at = f"{ROOT}/collections/{key}"
        answers = [
            await door.client.get(f"{at}/", headers=headers),
            await door.client.get(f"{at}/objects/", headers=headers),
            await door.client.post(f"{at}/objects/", content=body, headers=headers),
            await door.client.delete(f"{at}/objects/{indicator(1)['id']}/", headers=headers),
        ]
        codes[name] = [(one.status_code, one.json().get("error_code")) for one in answers]
    absent = [(404, "COLLECTION_NOT_FOUND")] * 4
    assert codes == {
        "theirs": absent,
        "nobody's": absent,
        "shared": [(200, None), (200, None), (403, "FORBIDDEN"), (403, "FORBIDDEN")],
    }
    assert ids(await door.objects("shared", key=door.strange)) == [indicator(1)["id"]]
    assert await door.objects("theirs") == {}
    assert (await door.get(f"collections/{own}/", door.strange)).status_code == 404


async def test_what_is_deleted_is_gone_and_partners_are_told(door: Door) -> None:
    stix_id = await three_versions(door)
    await door.push(indicator(2))
    await door.grant(door.world.stranger, door.world.publisher, 90)
    path = f"{ROOT}/collections/{door.homes['own']}/objects/{stix_id}/"
    headers = {"x-api-key": door.key}
    before = await door.objects("shared", key=door.strange)
    assert sorted(names(before)) == [NEWEST, "Indicator 2"]
    kept = await door.client.delete(f"{path}?match[version]=last", headers=headers)
    assert (kept.status_code, kept.json()["error_code"]) == (400, "VALIDATION_ERROR")
    assert (await door.client.delete(f"{path}?match[version]={NEWER}", headers=headers)).status_code == 200
    assert names(await door.objects(match_version="all", match_id=stix_id)) == [MADE, NEWEST]
    assert (await door.client.delete(path, headers=headers)).status_code == 200
    for again in (door.client.get(path, headers=headers), door.client.delete(path, headers=headers)):
        assert (await again).status_code == 404
    own = (await door.objects(match_version="all"))["objects"]
    assert [(one["id"], one.get("revoked", False)) for one in own] == [(indicator(2)["id"], False), (stix_id, True)]
    told = (await door.objects("shared", key=door.strange))["objects"]
    assert [(one["id"], one.get("revoked", False)) for one in told] == [(indicator(2)["id"], False), (stix_id, True)]
    assert told[1]["modified"] > NEWEST and "evil" not in json.dumps(told[1])
    assert (await door.get(f"collections/{door.homes['shared']}/objects/{stix_id}/", door.strange)).status_code == 404


async def test_trust_below_the_clear_form_is_a_pseudonym_or_nothing(door: Door) -> None:
    """What is shown under another id is found by that id alone, at every path."""
    named = {"created_by_ref": f"identity--{number(7)}", "object_marking_refs": [GREEN]}
    await door.push({**indicator(1), **named}, indicator(2))
    await door.grant(door.world.stranger, door.world.publisher, 70)
    shown = (await door.objects("shared", key=door.strange)).get("objects", [])
    assert len(shown) == 2 and shown[1] == indicator(2) and shown[0]["id"] != indicator(1)["id"]
    base = f"collections/{door.homes['shared']}/objects"
    for one in shown:
        alone = await door.get(f"{base}/{one['id']}/", door.strange)
        assert alone.json()["objects"] == [one]
        assert ids(await door.objects("shared", key=door.strange, match_id=one["id"])) == [one["id"]]
    assert (await door.get(f"{base}/{indicator(1)['id']}/", door.strange)).status_code == 404
    assert await door.objects("shared", key=door.strange, match_id=indicator(1)["id"]) == {}


@pytest.mark.parametrize("what", ["objects", "manifest"])
async def test_reads_are_written_down(door: Door, what: str) -> None:
    await door.push(indicator(1))
    await door.get(f"collections/{door.homes['own']}/{what}/")
    await door.world.house.access_log.write()
    last = (await door.world.all(rows.AccessLog))[-1]
    assert (last.door, last.action, last.fields, last.targets, last.count) == (
        "taxii", "collection.read", [what], [door.homes["own"]], 1,
    )  # fmt: skip


async def test_a_password_is_a_sign_in_each_time(door: Door) -> None:
    """Remembered for a minute, and forgotten as soon as it changes; wrong ones lock; a second factor asks for a key."""
    world = door.world
    house, path = world.house, f"{ROOT}/collections/"

    async def change(**columns: Any) -> None:
        (user,) = [one for one in await world.all(rows.User) if one.id == world.publisher.user_id]
        async with house.database.transaction() as session:
            await session.merge(rows.User(**{**user.model_dump(), **columns}))
        house.standings.clear()

    async def status(password: str) -> int:
        return (await door.client.get(path, headers=basic("Per", password))).status_code

    await change(password_hash=await house.hashing.hash(PASSWORD))
    assert [await status(PASSWORD) for _ in range(3)] == [200] * 3
    signed_in = [one for one in await world.all(rows.Audit) if one.action == "session.sign_in"]
    assert [(one.outcome, one.details["door"]) for one in signed_in] == [("done", "taxii")]
    await change(is_active=False)
    assert await status(PASSWORD) == 403
    await change(is_active=True, totp_since=house.clock.now())
    answer = await door.client.get(path, headers=basic("Per", PASSWORD))
    assert (answer.status_code, "API key" in answer.json()["title"]) == (401, True)
    await change(totp_since=None, password_hash=await house.hashing.hash(f"{PASSWORD}2"))
    assert [await status(PASSWORD), await status(f"{PASSWORD}2")] == [401, 200]
    assert [await status("wrong") for _ in range(6)] == [*([401] * 5), 429]
    assert await status(f"{PASSWORD}3") == 429
