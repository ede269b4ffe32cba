"""Lists come in, through the graph and the command line: a verdict for each line, and again changes nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

import cli
from foundation.ids import to_global
from models import tables as rows
from resolvers.operation import House
from tests.graph.asking import Graph
from tests.world import World

IMPORT = """mutation ($input: ImportIndicatorsInput!) { importIndicators(input: $input) {
  created known repeated refused userErrors { field code }
  verdicts { line text status type value indicatorId message warnings } } }"""
LIST = "# ours\n198[.]51[.]100[.]7\nhello world\n198.51.100.7\nEVIL[.]example\n"


async def test_a_list_through_the_graph(world: World, house: House) -> None:
    graph = Graph(house, "planned")

    async def send(**more: Any) -> dict[str, Any]:
        told = await graph.ask(world.publisher, IMPORT, input={"text": LIST, **more})
        found: dict[str, Any] = told["importIndicators"]
        return found

    before = await world.counts()
    dry = await send(dryRun=True)
    assert (dry["created"], dry["repeated"], dry["refused"], await world.counts()) == (2, 1, 1, before)
    told = await send(clientMutationKey="k", labels=["ours"], confidence=70, trustLevel="RESTRICTED")
    held = {one.value: one for one in await world.all(rows.Indicator, rows.Indicator.form_from == 0)}
    assert told["verdicts"] == [
        {
            "line": 2, "text": "198[.]51[.]100[.]7", "status": "CREATED", "type": "IP", "value": "198.51.100.7",
            "indicatorId": to_global("Indicator", held["198.51.100.7"].id), "message": None, "warnings": [],
        },
        {
            "line": 3, "text": "hello world", "status": "REFUSED", "type": None, "value": None, "indicatorId": None,
            "message": "This is no address, name, URL, digest or mail address; say its type.", "warnings": [],
        },
        {
            "line": 4, "text": "198.51.100.7", "status": "REPEATED", "type": "IP", "value": "198.51.100.7",
            "indicatorId": None, "message": None, "warnings": [],
        },
        {
            "line": 5, "text": "EVIL[.]example", "status": "CREATED", "type": "DOMAIN", "value": "evil.example",
            "indicatorId": to_global("Indicator", held["evil.example"].id), "message": None, "warnings": [],
        },
    ]  # fmt: skip
    one = held["evil.example"]
    assert (one.labels, one.confidence, one.tlp, one.required) == (["ours"], 70, "amber", 90)
    kept = await world.counts()
    assert await send(clientMutationKey="k", labels=["ours"], confidence=70, trustLevel="RESTRICTED") == told
    again = await send()
    assert (again["created"], again["known"]) == (0, 2)
    assert await world.counts() == {**kept, "audit": kept["audit"] + 1}
    assert again["verdicts"][3]["indicatorId"] == told["verdicts"][3]["indicatorId"]
    for wrong, field in (({"text": "\n" * 1_001}, "text"), ({"labels": [""]}, "labels")):
        assert [error["field"] for error in (await send(**wrong))["userErrors"]] == [field]
    assert (await graph.tell(world.viewer, IMPORT, input={"text": LIST})).codes == {"importIndicators": "FORBIDDEN"}


async def test_the_command(
    world: World, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CASEGRAPH_DATABASE_URL", house.settings.database)
    monkeypatch.setenv("CASEGRAPH_DATA_DIR", str(tmp_path / "data"))
    path = tmp_path / "list.csv"
    lines = [f"198.51.{n // 256}.{n % 256},x" for n in range(1_500)]
    path.write_text("\ufeffip,comment\n" + "\n".join([*lines, "nothing,x", lines[0], "a" * 50_000]) + "\n")

    async def run(*arguments: str) -> tuple[int, str, str]:
        command = ["import-list", str(path), "--organization", "Operator", *arguments]
        code = await asyncio.to_thread(cli.main, command)
        said = capsys.readouterr()
        return code, said.out, said.err

    code, out, err = await run("--dry-run")
    assert (code, out) == (0, "1503 lines: 1500 would be new, 0 known already, 1 repeated, 2 refused\n")
    assert (
        "line 1502: This is no address, name, URL, digest or mail address; say its type. 'nothing'\n" in err
        and "line 1504: A line has" in err
    )
    assert await world.all(rows.Indicator) == []
    assert (await run())[1] == "1503 lines: 1500 new, 0 known already, 1 repeated, 2 refused\n"
    code, out, _ = await run("--verdicts")
    assert (code, out.splitlines()[-1]) == (0, "1503 lines: 0 new, 1500 known already, 1 repeated, 2 refused")
    assert out.splitlines()[0] == "2\tknown\tip\t198.51.0.0\t"
    assert len(await world.all(rows.Indicator, rows.Indicator.form_from == 0)) == 1_500
