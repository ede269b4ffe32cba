"""Every object a reader of a collection is given, in each form: valid, with patterns that match and ids that agree.

`CASEGRAPH_TEST_SHOWN=all` takes every bundle of the developers' data (`CASEGRAPH_TEST_DATA`); by default a few objects.
"""

import gzip
import os
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import col
from stix2matcher.matcher import match as matches
from stix2validator import ValidationOptions, validate_instance

from formats.stix.pattern import plain_comparison
from formats.stix.references import references_of
from models import tables as rows
from models.queries import pages
from resolvers.indicators import import_chunk
from resolvers.operation import Operation
from resolvers.showing import Shown, show
from rules.access.actions import Action
from rules.pseudonyms import pseudonyms_of
from rules.trust import Form, TrustLevelName
from tests.intelligence.objects import number
from tests.sharing.partners import FOE, GREEN, MEANS, OBJECTS, VICTIM, grant, share
from tests.world import World

DATA = Path(os.environ.get("CASEGRAPH_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "stix"
ALL = os.environ.get("CASEGRAPH_TEST_SHOWN") == "all"
OPTIONS = ValidationOptions(version="2.1")
ADDRESS = {"type": "ipv4-addr", "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "10.1.2.3"}
REPORT = {
    **{name: MEANS[name] for name in ("spec_version", "created", "modified", "created_by_ref", "object_marking_refs")},
    "type": "report",
    "id": f"report--{number(7)}",
    "name": "What happened",
    "published": "2026-01-01T00:00:00Z",
    "object_refs": [VICTIM["id"], FOE["id"], MEANS["id"], ADDRESS["id"]],
}


async def walk(world: World, after: int = 0) -> tuple[list[Shown], int]:
    """All that the partner is given of the shared collection behind this place, and the last place."""
    op = Operation(world.house, world.stranger)
    out: list[Shown] = []
    more = True
    while more:
        async with op.read(Action.GRAPH_READ) as session:
            wanted = select(col(rows.Collection.id)).where(col(rows.Collection.alias) == "shared")
            collection = str(await session.scalar(wanted))
            placed, more = await pages.page(
                session, collection, world.stranger.organization_id, after=after, limit=1_000
            )
            out += await show(op, session, placed)
        after = placed[-1].position if placed else after
    return out, after


def is_valid(content: Any) -> bool:
    return bool(validate_instance(content, OPTIONS).is_valid)


def bundles() -> list[list[dict[str, Any]]]:
    if not ALL:
        return []
    found = [*DATA.glob("*/*.json"), *DATA.glob("*/*.json.gz")]
    read = [orjson.loads(gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes()) for p in found]
    # Published data is for everybody, so nothing of it would be changed: here it is not.
    objects = [one["objects"] for one in read if isinstance(one, dict) and "objects" in one]
    return [[one if one["type"] == "marking-definition" else {**one, **GREEN} for one in some] for some in objects]


async def send(world: World) -> dict[str, dict[str, Any]]:
    """What was taken in, by STIX id."""
    sent = [*OBJECTS, ADDRESS, REPORT]
    await share(world, *sent)
    op = Operation(world.house, world.publisher)
    for objects in bundles():
        for start in range(0, len(objects), 1_000):
            some = objects[start : start + 1_000]
            results = await import_chunk(op, objects=some, source="x", level=TrustLevelName.RESTRICTED)
            sent += [some[one.index] for one in results if str(one.status) in ("created", "updated")]
    return {one["id"]: one for one in sent}


def check_pattern(shown: dict[str, Any], original: dict[str, Any]) -> None:
    """It matches what the original looks for."""
    if shown["pattern_type"] != "stix" or (plain := plain_comparison(original["pattern"])) is None:
        return
    kind, path, value = plain
    if path != "value":
        return
    seen = {"type": kind, "id": f"{kind}--{number(1)}", "spec_version": "2.1", "value": value}
    first = {"type": "observed-data", "id": f"observed-data--{number(1)}", "number_observed": 1}
    at = {"first_observed": "2026-01-01T00:00:00Z", "last_observed": "2026-01-01T00:00:00Z"}
    observed = {**first, **at, "object_refs": [seen["id"]]}
    bundle = {"type": "bundle", "id": f"bundle--{number(1)}", "objects": [observed, seen]}
    assert matches(shown["pattern"], [bundle], stix_version="2.1"), (shown["pattern"], original["pattern"])


async def test_all_that_is_given_out_is_valid_and_hangs_together(world: World) -> None:
    sent = await send(world)
    valid = {key for key, one in sent.items() if is_valid({"spec_version": "2.1", **one})}
    reader, at, counted = world.stranger.organization_id, 0, Counter[str]()
    held: dict[str, dict[str, Any]] = {}
    stix_ids = {row.id: row.stix_id for row in await world.all(rows.StixObject)}
    keys = {row.stix_id: row.id for row in await world.all(rows.StixObject) if row.form_from == 0}
    mine = pseudonyms_of(world.house.sharing_secret, reader)
    for form in (Form.NONE, Form.LOW_NAMED, Form.LOW, Form.MEDIUM, Form.HIGH, Form.FULL):
        await grant(world, reader, form)
        got, at = await walk(world, at)
        for one in got:
            content = orjson.loads(one.text)
            assert (content["id"], content["type"], content["spec_version"]) == (one.stix_id, one.type, "2.1")
            was = sent.get(one.stix_id)
            if one.placed.is_revoked:
                assert content["revoked"] is True and one.stix_id in held and is_valid(content)
                assert not any(said in one.text for said in (b"10.1.", b"198.51.", b"Bank", b"Callback"))
                del held[one.stix_id]
                continue
            held[one.stix_id] = content
            counted[f"{form.name} {'changed' if one.placed.is_masked else 'as sent'}"] += 1
            if one.placed.is_masked:
                assert was is None and is_valid(content), content
                is_ours = stix_ids[one.placed.object_id] in {known["id"] for known in (*OBJECTS, ADDRESS, REPORT)}
                assert not (is_ours and form >= Form.LOW and b"Bank" in one.text)
                assert not (is_ours and b"10.1.2.3" in one.text)
            elif one.placed.has_own_modified and was is not None and "spec_version" in was:
                assert content == was and (one.stix_id not in valid or is_valid(content))
            if content["type"] == "indicator":
                check_pattern(content, sent[stix_ids[one.placed.object_id]])
        # A reference to what the reader knows under a pseudonym is that pseudonym.
        for content in held.values():
            for _, ref in references_of(content) if content["id"] not in sent else ():
                assert ref not in keys or mine.of(ref.partition("--")[0], keys[ref]) not in held, (content["id"], ref)
    print(dict(counted), len(sent), "objects,", len(valid), "of them valid as sent")
    await grant(world, reader, None)
    for one in (await walk(world, at))[0]:
        assert one.placed.is_revoked
        held.pop(one.stix_id)
    assert {content["type"] for content in held.values()} <= {"ipv4-addr", "marking-definition"} or ALL
