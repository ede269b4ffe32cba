"""The clients most pollers stand on, against a real port: what they push they poll back, byte for byte.

`CASEGRAPH_TEST_ATTACK=1` sends both releases of ATT&CK whole; by default some of each. Skipped where the data is not.
"""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import orjson
import pytest
import stix2
from stix2 import TAXIICollectionSink, TAXIICollectionSource
from taxii2client.common import TokenAuth
from taxii2client.v21 import ApiRoot, Collection, Server, as_pages

from formats.stix.bundles import Objects
from tests.intelligence.objects import MADE, indicator, malware, number
from tests.taxii.conftest import ROOT, TAXII, Door, blocking

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("CASEGRAPH_TEST_DATA", REPOSITORY / ".." / "shared" / "data")) / "stix"
SOME = None if os.environ.get("CASEGRAPH_TEST_ATTACK") else 120
HUNDREDS = 700  # of an envelope


def release(version: str) -> dict[str, bytes]:
    """The objects of a release as they stand in the file, by their ids; some that both releases have, or all."""
    raw = list(Objects([gzip.decompress((DATA / "attack" / f"ics-attack-{version}.json.gz").read_bytes())]))
    found = {str(orjson.loads(one)["id"]): one for one in raw}
    return dict(sorted(found.items())[:SOME])


def same(one: bytes, other: bytes | None) -> bool:
    return other is not None and json.loads(one) == json.loads(other)


def collection(at: str, door: Door, which: str = "own") -> Any:
    return Collection(f"{at}{ROOT}/collections/{door.homes[which]}/", auth=TokenAuth(door.key))


async def test_taxii2_client_walks_every_resource(door: Door) -> None:
    await door.push(*(indicator(n) for n in range(1, 4)))
    await door.push(indicator(1, modified="2026-02-01T00:00:00Z", name="newer"))

    def walk(at: str) -> None:
        for path in ("/taxii2/", "/taxii/"):
            server = Server(f"{at}{path}", user="key", password=door.key)
            (root,) = server.api_roots
            assert isinstance(root, ApiRoot) and root.url == server.default.url
            assert (root.versions, root.max_content_length) == ([TAXII], 10 * 1024 * 1024)
            shared, own = root.collections
            assert (shared.can_read, shared.can_write, own.can_read, own.can_write) == (True, False, True, True)
            pages = list(as_pages(own.get_objects, per_request=2))
            assert [[one["name"] for one in page["objects"]] for page in pages] == [
                ["Indicator 2", "Indicator 3"],
                ["newer"],
            ]
            manifest = [one for page in as_pages(own.get_manifest, per_request=1) for one in page["objects"]]
            assert [one["version"] for one in manifest][-1] == "2026-02-01T00:00:00Z"
            first = indicator(1)["id"]
            assert own.object_versions(first)["versions"] == [indicator(1)["modified"], "2026-02-01T00:00:00Z"]
            assert [one["name"] for one in own.get_object(first, version="first")["objects"]] == ["Indicator 1"]
        status = own.add_objects({"objects": [malware(1)]})
        assert (status.success_count, root.get_status(status.id).successes) == (1, status.successes)
        own.delete_object(malware(1)["id"])

    async with door.on_a_port() as at:
        await blocking(walk, at)


async def test_stix2_sources_and_sinks(door: Door) -> None:
    made = {
        "pattern": "[url:value = 'http://evil.example/']",
        "pattern_type": "stix",
        "created": MADE,
        "modified": MADE,
    }
    seen = stix2.Indicator(**made, valid_from=MADE, name="Seen")
    renamed = seen.new_version(name="Seen again", modified="2026-02-01T00:00:00Z")

    def use(at: str) -> None:
        TAXIICollectionSink(collection(at, door)).add([seen, renamed])
        source = TAXIICollectionSource(collection(at, door))
        assert source.get(seen.id).serialize() == renamed.serialize()
        assert sorted(one.name for one in source.all_versions(seen.id)) == ["Seen", "Seen again"]
        assert [one.name for one in source.query([stix2.Filter("type", "=", "indicator")])] == ["Seen again"]
        assert source.get(f"malware--{number(9)}") is None

    async with door.on_a_port() as at:
        await blocking(use, at)


@pytest.mark.skipif(not DATA.exists(), reason="the STIX data is not here")
async def test_both_releases_of_attack_come_back_as_they_were_sent(door: Door) -> None:
    releases = [release("16.1"), release("18.1")]

    def push(at: str) -> None:
        own = collection(at, door)
        for sent in releases:
            texts = list(sent.values())
            for start in range(0, len(texts), HUNDREDS):
                some = texts[start : start + HUNDREDS]
                status = own.add_objects(b'{"objects":[' + b",".join(some) + b"]}")
                assert (status.success_count, status.failures) == (len(some), [])

    def poll(at: str, **wanted: str) -> list[dict[str, Any]]:
        pages = as_pages(collection(at, door).get_objects, per_request=1000, **wanted)
        return [one for page in pages for one in page["objects"]]

    async with door.on_a_port() as at:
        await blocking(push, at)
        last, every = await blocking(poll, at), await blocking(poll, at, version="all")
    # What did not change between them is written anew in the second; it is kept as it came first.
    newest = {**releases[1], **{key: text for key, text in releases[0].items() if same(text, releases[1].get(key))}}
    newest = {**releases[0], **newest}
    assert {one["id"]: one for one in last} == {key: json.loads(text) for key, text in newest.items()}
    assert len(last) == len(newest)
    versions = {json.dumps(json.loads(text), sort_keys=True) for sent in releases for text in sent.values()}
    assert sorted(json.dumps(one, sort_keys=True) for one in every) == sorted(versions)
    for flag in ("revoked", "x_mitre_deprecated"):
        told = {one["id"] for one in last if one.get(flag)}
        assert told == {key for key, text in newest.items() if json.loads(text).get(flag)}
    given = b""
    cursor = None
    while True:
        page = await door.get(f"collections/{door.homes['own']}/objects/", next=cursor)
        given += page.content
        if not (cursor := page.json().get("next")):
            break
    assert all(text in given for text in newest.values())


@pytest.mark.skipif(not DATA.exists(), reason="the STIX data is not here")
async def test_stix_20_is_refused_object_by_object(door: Door) -> None:
    sent = json.loads((DATA / "stix20" / "pikabot.json").read_bytes())
    status = await door.push(*sent["objects"])
    assert (status["success_count"], status["failure_count"]) == (0, len(sent["objects"]))
    assert {one["message"] for one in status["failures"]} == {"Without a spec_version this is STIX 2.0. Send STIX 2.1."}
    assert [one["id"] for one in status["failures"]] == [one["id"] for one in sent["objects"]]
    assert await door.objects() == {}
