"""R27: STIX patterns are measured before they are parsed, and no regular expression that may run for ever is taken."""

import re
from typing import Any

import pytest

from formats.stix import pattern as patterns
from models import tables as rows
from tests.graph.asking import Graph
from tests.intelligence.objects import bundle, indicator
from tests.world import World

IMPORT = """mutation Import($bundle: JSON!) { importStix(input: {bundle: $bundle}) {
  results { status error { code message field } } userErrors { code message } } }"""


def nested(levels: int) -> str:
    return "[" + "(" * (levels - 1) + "a:b = 'x'" + ")" * (levels - 1) + "]"


def matches(expression: str) -> str:
    return "[file:name MATCHES '" + expression.replace("\\", "\\\\").replace("'", "\\'") + "']"


REFUSED = {
    "10,001 characters": "[a:b = '" + "x" * (10_001 - 10) + "']",
    "51 levels": nested(51),
    "2,000 brackets": "[" * 2000,
    "2,000 closing brackets": "]" * 2000,
    "empty": "",
    "blank": "  ",
    "no observation": "a:b = 'x'",
    "open": "[a:b = 'x'",
    "text without end": "[a:b = 'x]",
    "no value": "[a:b = ]",
    "no path": "[a = 'x']",
    "a comment without end": "[a:b = 'x' /* ]",
    "a word of nonsense": "[a:b LIKELY 'x']",
    "a time of nonsense": "[a:b = 'x'] START t'yesterday' STOP t'today'",
    "qualified twice": "[a:b = 'x'] REPEATS 2 TIMES REPEATS 3 TIMES",
    "a back reference": matches(r"(a+)\1$"),
    "looking ahead": matches("^(?=(a+)+$)b"),
    "looking behind": matches("(?<=a+)b"),
    "a bracket too few": matches("(a"),
    "a range of nonsense": matches("[z-a]"),
    "counted too often": matches("((a{100}){100}){100}"),
    "a conditional": matches("(?(1)a|b)"),
}
TAKEN = {
    "10,000 characters": "[a:b = '" + "x" * (10_000 - 10) + "']",
    "50 levels": nested(50),
    # For ever with a backtracking matcher, linear with RE2; kept as it was sent, and matched in the worker alone.
    "(a+)+$": matches("^(a+)+$"),
    "(x|x)*y": matches("(x|x)*y"),
}


async def send(world: World, *sent: str) -> list[dict[str, Any]]:
    objects = [indicator(n, pattern=pattern) for n, pattern in enumerate(sent, 1)]
    told = await Graph(world.house, "planned").ask(world.publisher, IMPORT, bundle=bundle(*objects))
    results: list[dict[str, Any]] = told["importStix"]["results"]
    return results


async def test_what_may_not_be_parsed_is_refused_by_name(world: World) -> None:
    results = await send(world, *REFUSED.values())
    told = {name: (r["status"], r["error"] and r["error"]["code"]) for name, r in zip(REFUSED, results, strict=True)}
    assert told == dict.fromkeys(REFUSED, ("REFUSED", "INVALID_STIX_OBJECT"))
    messages = [r["error"]["message"] for r in results]
    assert [text for text in messages if re.search(r"Error|Exception|None|\.py|line \d+, in", text)] == []
    assert await world.all(rows.Indicator) == await world.all(rows.StixVersion) == []


async def test_what_is_within_the_bounds_is_taken(world: World) -> None:
    results = await send(world, *TAKEN.values())
    assert [r["status"] for r in results] == ["CREATED"] * len(TAKEN)
    held = {row.pattern: row.is_indexed for row in await world.all(rows.Indicator)}
    assert {pattern for pattern, indexed in held.items() if not indexed} >= {TAKEN["(a+)+$"], TAKEN["(x|x)*y"]}


@pytest.mark.parametrize("name", ["10,001 characters", "51 levels", "2,000 brackets"])
async def test_the_parser_does_not_see_what_is_too_large(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(patterns, "Parsed", lambda text: seen.append(text))
    (result,) = await send(world, REFUSED[name])
    assert (result["status"], seen) == ("REFUSED", [])
