"""`casegraph import-stix`: files of any size, a thousand objects at a time, and again without a trace."""

import json
from pathlib import Path
from typing import Any

import pytest

import cli
from cli.import_stix import Outcome, import_file
from models import tables as rows
from resolvers.indicators import ImportStatus
from tests.intelligence.objects import bundle, indicator, malware, number, statement
from tests.world import World


def written(folder: Path, content: Any, name: str = "bundle.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


async def sent(world: World, path: Path) -> Outcome:
    outcome = Outcome()
    await import_file(world.house, world.operator.id, path, outcome)
    return outcome


async def test_a_long_file_in_chunks(world: World, tmp_path: Path) -> None:
    path = written(tmp_path, bundle(*[indicator(n) for n in range(2_500)]))
    outcome = await sent(world, path)
    assert (outcome.objects, outcome.refusals, outcome.broken) == ({ImportStatus.CREATED: 2_500}, [], 0)
    assert [line.details["created"] for line in await world.all(rows.Audit)] == [1_000, 1_000, 500]
    assert {line.target for line in await world.all(rows.Audit)} == {"bundle.json"}
    before = await world.counts()
    again = await sent(world, path)
    assert again.objects == {ImportStatus.UNCHANGED: 2_500}
    assert await world.counts() == {**before, "audit": before["audit"] + 3}


async def test_markings_come_first_wherever_they_stand(world: World, tmp_path: Path) -> None:
    marked = malware(1, object_marking_refs=[statement(1)["id"]])
    outcome = await sent(world, written(tmp_path, [marked, statement(1)]))
    assert outcome.objects == {ImportStatus.CREATED: 2}
    assert {one.type: one.tlp for one in await world.all(rows.StixObject)} == {
        "malware": "clear",
        "marking-definition": "clear",
    }


async def test_what_is_refused_is_told_by_its_number(world: World, tmp_path: Path) -> None:
    objects = [indicator(1), indicator(2, pattern_type=None), 5, {"a": 10**30}]
    text = json.dumps(bundle(*objects)).replace('"a"', '"a": 1, "a"')
    outcome = await sent(world, written(tmp_path, text))
    assert outcome.objects == {ImportStatus.CREATED: 1, ImportStatus.REFUSED: 3}
    assert outcome.refusals == [
        f"bundle.json: object 2 (indicator--{number(2)}): The object has no pattern_type.",
        "bundle.json: object 3: Write a JSON object.",
        "bundle.json: object 4: Write a JSON object.",
    ]


async def test_a_file_that_breaks_off_keeps_what_was_read(world: World, tmp_path: Path) -> None:
    text = json.dumps(bundle(indicator(1), indicator(2)))
    outcome = await sent(world, written(tmp_path, text[:-20]))
    assert (outcome.objects, outcome.broken) == ({ImportStatus.CREATED: 1}, 1)
    assert outcome.refusals == ["bundle.json: This is no whole STIX bundle."]


async def test_what_is_no_bundle_at_all(world: World, tmp_path: Path) -> None:
    outcome = await sent(world, written(tmp_path, {"a": 1}))
    assert (outcome.objects.total(), outcome.broken) == (0, 1)


def test_the_command(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CASEGRAPH_DATABASE_URL", url)
    monkeypatch.setenv("CASEGRAPH_DATA_DIR", str(tmp_path / "data"))
    assert cli.main(["create-admin", "ada", "--email", "ada@example.org", "--organization", "Operator"]) == 0
    paths = [str(written(tmp_path, bundle(indicator(n), malware(n)), f"{n}.json")) for n in (1, 2)]
    capsys.readouterr()
    assert cli.main(["import-stix", *paths]) == 0
    assert capsys.readouterr().out == (
        "4 objects: 4 new, 0 in a newer version, 0 in an older one, 0 known already, 0 refused\n"
    )
    assert cli.main(["import-stix", paths[0], str(written(tmp_path, "{"))]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("2 objects: 0 new") and "bundle.json: This is no whole STIX bundle." in told.err
    assert cli.main(["import-stix", str(tmp_path / "absent.json")]) == 1
