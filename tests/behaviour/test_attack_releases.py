"""Two releases of ATT&CK, one after the other, and every other published bundle at hand: kept byte for byte, the newest
version in force, what was taken back taken back, and the relationships between them walked."""

import gzip
import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from cli.import_stix import Outcome, import_file
from formats.stix.bundles import Objects
from formats.stix.edges import edges_of
from models import tables as rows
from resolvers.indicators import ImportStatus
from resolvers.operation import House
from tests.graph.asking import Graph
from tests.world import World

FOLDER = Path(os.environ.get("CASEGRAPH_TEST_DATA", ".")) / "stix"
pytestmark = pytest.mark.skipif(
    not (FOLDER / "attack").is_dir(),
    reason="the releases are not at hand: set CASEGRAPH_TEST_DATA to the folder that holds stix/attack",
)
RELATED = """query ($id: ID!, $after: Cursor, $how: [String!]) { stixObject(id: $id) { revoked versions stix
  relatedObjects(first: 100, after: $after, filter: {relationship: $how}) {
    totalCount pageInfo { endCursor hasNextPage } edges { node { stixId } } } } }"""


def unpacked(path: Path, folder: Path) -> Path:
    made = folder / path.name.removesuffix(".gz")
    made.write_bytes(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    return made


def texts(path: Path) -> list[str]:
    return [raw.decode() for raw in Objects([path.read_bytes()])]


async def taken(world: World, path: Path) -> Outcome:
    outcome = Outcome()
    await import_file(world.house, world.operator.id, path, outcome)
    return outcome


async def test_both_releases(world: World, house: House, tmp_path: Path) -> None:
    sent: dict[str, dict[str, str]] = defaultdict(dict)  # by STIX id and version
    for name in ("ics-attack-16.1.json.gz", "ics-attack-18.1.json.gz"):
        path = unpacked(FOLDER / "attack" / name, tmp_path)
        outcome = await taken(world, path)
        assert (outcome.refusals, outcome.broken) == ([], 0)
        for text in texts(path):
            content = json.loads(text)
            held = sent[content["id"]]
            if content not in map(json.loads, held.values()):
                held[content.get("modified", name)] = text  # what is not versioned is newest when it came last
    newest = {stix_id: json.loads(versions[max(versions)]) for stix_id, versions in sent.items()}

    stored = {row.id: row for row in await world.all(rows.StixObject, rows.StixObject.form_from == 0)}
    versions = await world.all(rows.StixVersion)
    assert sorted(one.content for one in versions) == sorted(text for held in sent.values() for text in held.values())
    current = {one.id: one for one in versions}
    assert {row.stix_id: json.loads(current[row.version_id].content) for row in stored.values()} == newest
    revoked = {row.stix_id for row in stored.values() if row.revoked}
    assert revoked == {stix_id for stix_id, content in newest.items() if content.get("revoked")} and revoked

    # What is walked is what the newest versions say, in both directions, each neighbour once.
    near: dict[str, set[str]] = defaultdict(set)
    for content in newest.values():
        for edge in edges_of(content):
            if content["type"] == "relationship" and {edge.source, edge.target} <= newest.keys():
                near[edge.source].add(edge.target)
                near[edge.target].add(edge.source)
    graph = Graph(house, "planned")
    how = sorted({content["relationship_type"] for content in newest.values() if content["type"] == "relationship"})
    busiest = sorted(near, key=lambda one: (-len(near[one]), one))[:5]
    lost = sorted(revoked)[:2]
    old = [one for one, content in sorted(newest.items()) if content.get("x_mitre_deprecated")][:2]
    for stix_id in (*busiest, *lost, *old):
        found: list[str] = []
        after: str | None = None
        while True:
            told: Any = (await graph.ask(world.viewer, RELATED, id=stix_id, after=after, how=how))["stixObject"]
            page = told["relatedObjects"]
            found += [edge["node"]["stixId"] for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        assert sorted(found) == sorted(near[stix_id]), stix_id
        assert (page["totalCount"], told["stix"]) == (len(found), newest[stix_id])
        assert (told["revoked"], len(told["versions"])) == (stix_id in revoked, len(sent[stix_id]))
    print(f"\n{len(sent)} objects, {len(versions)} versions, {len(revoked)} revoked, {len(near)} with neighbours")


async def test_what_else_is_published(world: World, tmp_path: Path) -> None:
    """Reports, examples, extensions and what MISP writes are taken whole; STIX 2.0 is refused object by object."""
    for path in sorted(path for path in FOLDER.glob("*/*.json") if path.name != "truth.json"):
        outcome = await taken(world, path)
        count = len(texts(path))
        if path.parent.name == "stix20":
            assert outcome.objects == {ImportStatus.REFUSED: count}
            assert len(outcome.refusals) == count
            assert all(
                line.endswith("Without a spec_version this is STIX 2.0. Send STIX 2.1.") for line in outcome.refusals
            )
        else:
            # Two of the exports hold three objects of one id and version with unlike contents.
            refused = [line for line in outcome.refusals if not line.endswith("only a newer version replaces it.")]
            assert (refused, outcome.objects.total()) == ([], count), path.name
            assert outcome.objects[ImportStatus.REFUSED] <= 3
