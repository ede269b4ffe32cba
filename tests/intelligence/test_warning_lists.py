"""`casegraph load-warning-list`: known-good values, seen as flags of the indicators that look for them."""

import asyncio
import json
from pathlib import Path

import pytest

import cli
from models import tables as rows
from resolvers.indicators import import_stix
from resolvers.operation import House
from tests.graph.asking import Graph
from tests.intelligence.objects import bundle, indicator
from tests.world import World

FLAGGED = "{ indicators { edges { node { name warnings } } } }"
PATTERNS = {
    "resolver": "[ipv4-addr:value = '198.51.100.53']",
    "network": "[ipv4-addr:value ISSUBSET '198.51.100.0/25']",
    "wider": "[ipv4-addr:value ISSUBSET '198.51.0.0/16']",
    "mapped": "[ipv6-addr:value = '2001:db8::1']",
    "below": "[domain-name:value = 'cdn.good.example']",
    "itself": "[domain-name:value = 'GOOD.example']",
    "beside": "[domain-name:value = 'notgood.example']",
    "page": "[url:value = 'https://cdn.good.example/x']",
    "at": "[url:value = 'http://198.51.100.7:8080/x']",
    "mail": "[email-addr:value = 'a@good.example']",
    "hash": f"[file:hashes.MD5 = '{'d' * 32}']",
    "two": "[domain-name:value = 'a.example' OR domain-name:value = 'good.example']",
}


def written(folder: Path, name: str, kind: str | None, *entries: str) -> str:
    path = folder / f"{name.replace(' ', '-')}.json"
    more = {} if kind is None else {"type": kind}
    path.write_text(json.dumps({"name": name, "version": 20261101, "description": "d", "list": entries, **more}))
    return str(path)


async def flags(house: House, world: World) -> dict[str, list[str]]:
    told = [await Graph(house, reading).ask(world.viewer, FLAGGED) for reading in ("planned", "plain")]
    assert told[0] == told[1]
    found = {edge["node"]["name"]: edge["node"]["warnings"] for edge in told[0]["indicators"]["edges"]}
    return {name: some for name, some in found.items() if some}


async def test_what_is_on_a_list_is_flagged(
    world: World, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CASEGRAPH_DATABASE_URL", house.settings.database)
    monkeypatch.setenv("CASEGRAPH_DATA_DIR", str(tmp_path / "data"))

    async def load(*arguments: str) -> tuple[int, str]:
        code = await asyncio.to_thread(cli.main, ["load-warning-list", *arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    objects = [indicator(n, pattern, name=name) for n, (name, pattern) in enumerate(PATTERNS.items())]
    await import_stix(world.op(), bundle=bundle(*objects))
    cidr = written(tmp_path, "Some networks", "cidr", "198.51.100.0/24", "2001:db8::/32", "no network")
    names = written(tmp_path, "Good names", "hostname", ".good.example", "GOOD.example.")
    plain = tmp_path / "exact.txt"
    plain.write_text(f"# known files\n{'D' * 32}  # of nothing\n\n198[.]51[.]100[.]53\n")
    assert await load(cidr, names) == (
        0,
        "Some networks: 2 entries; 1 that are none were passed over, such as 'no network'\nGood names: 1 entries\n",
    )
    assert await load(str(plain)) == (0, "exact: 2 entries\n")
    networks, good = ["Some networks"], ["Good names"]
    assert await flags(house, world) == {
        "resolver": ["Some networks", "exact"], "network": networks, "mapped": networks, "at": networks,
        "below": good, "itself": good, "page": good, "mail": good, "hash": ["exact"],
    }  # fmt: skip
    # A newer one of the same name takes its place; others stay; one that is taken away is gone with its entries.
    assert (await load(written(tmp_path, "Some networks", "cidr", "203.0.113.0/24")))[0] == 0
    assert (await load("--remove", "Good names")) == (0, "Good names is gone.\n")
    assert await flags(house, world) == {"resolver": ["exact"], "hash": ["exact"]}
    assert {(one.list_id, one.value) for one in await world.all(rows.WarningEntry)} == {
        (one.id, value)
        for one in await world.all(rows.WarningList)
        for value in (["203.0.113.0/24"] if one.name == "Some networks" else ["d" * 32, "198.51.100.53/32"])
    }
    before = await world.counts()
    for arguments, told in (
        ([written(tmp_path, "Odd", "regex", ".*")], "Odd: lists of the type regex are not taken"),
        (["--remove", "Good names"], "There is no warning list Good names."),
        ([], "Name the files to load, or a list to --remove."),
        ([str(tmp_path / "absent.txt")], "absent.txt"),
    ):
        code, said = await load(*arguments)
        assert code == 1 and told in said
    assert await world.counts() == {**before, "audit": before["audit"] + 1}
