"""Connections: what may be asked for, whose cursors are taken, and where a page lies."""

from typing import Any

import orjson
import pytest

from foundation.cursors import Cursors
from models import tables as rows
from models.walls import EVERYTHING
from tests.reading.graph import SCHEMA, Context
from tests.world import World, minutes

PAGE = """query($first: Int, $last: Int, $after: Cursor, $before: Cursor, $by: EvidenceOrder) {
  evidence(first: $first, last: $last, after: $after, before: $before, orderBy: $by) {
    totalCount
    edges { cursor node { title } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


async def ask(world: World, **values: Any) -> Any:
    return await SCHEMA.execute(PAGE, values, context_value=Context(world.op()))


async def page(world: World, **values: Any) -> tuple[list[str], bool, bool, dict[str, Any]]:
    result = await ask(world, **values)
    assert result.errors is None
    found = decoded(result.data)["evidence"]
    info = found["pageInfo"]
    titles = [edge["node"]["title"] for edge in found["edges"]]
    assert (info["startCursor"], info["endCursor"]) == (
        (found["edges"][0]["cursor"], found["edges"][-1]["cursor"]) if titles else (None, None)
    )
    return titles, info["hasPreviousPage"], info["hasNextPage"], found


def decoded(data: Any) -> Any:
    return orjson.loads(orjson.dumps(data))


@pytest.fixture
async def seven(world: World) -> World:
    """Seven pieces of evidence, found in pairs at the same moment."""
    case = await world.case()
    for i in range(7):
        at = minutes(i // 2, world.house.clock.now())
        await world.evidence(case, title=f"t{i}", discovered_at=at, strength=0.5)
    return world


async def test_pages_follow_each_other_forward_and_backward(seven: World) -> None:
    titles, before, after, found = await page(seven, first=3)
    assert (titles, before, after, found["totalCount"]) == (["t0", "t1", "t2"], False, True, 7)
    titles, before, after, found = await page(seven, first=3, after=found["pageInfo"]["endCursor"])
    assert (titles, before, after, found["totalCount"]) == (["t3", "t4", "t5"], True, True, 7)
    second = found["pageInfo"]
    titles, before, after, _ = await page(seven, first=3, after=second["endCursor"])
    assert (titles, before, after) == (["t6"], True, False)
    titles, before, after, _ = await page(seven, last=2, before=second["startCursor"])
    assert (titles, before, after) == (["t1", "t2"], True, True)
    titles, before, after, _ = await page(seven, last=2)
    assert (titles, before, after) == (["t5", "t6"], True, False)
    titles, before, after, _ = await page(seven, last=7)
    assert (titles, before, after) == ([f"t{i}" for i in range(7)], False, False)


async def test_a_page_between_two_cursors(seven: World) -> None:
    _, _, _, found = await page(seven, first=7)
    cursors = [edge["cursor"] for edge in found["edges"]]
    titles, before, after, _ = await page(seven, after=cursors[1], before=cursors[5], first=2)
    assert (titles, before, after) == (["t2", "t3"], True, True)
    titles, before, after, _ = await page(seven, after=cursors[1], before=cursors[5], last=2)
    assert (titles, before, after) == (["t3", "t4"], True, True)


async def test_equal_keys_are_told_apart(seven: World) -> None:
    cursor, seen = None, []
    while True:
        titles, _, more, found = await page(seven, first=2, after=cursor, by="STRENGTH")
        seen += titles
        if not more:
            break
        cursor = found["pageInfo"]["endCursor"]
    assert seen == [f"t{i}" for i in reversed(range(7))]


async def test_a_page_holds_twenty_when_nothing_is_said(world: World) -> None:
    case = await world.case()
    for i in range(22):
        await world.evidence(case, title=f"t{i}", discovered_at=minutes(i, world.house.clock.now()))
    titles, before, after, _ = await page(world)
    assert (titles, before, after) == ([f"t{i}" for i in range(20)], False, True)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"last": -1}, "last"),
        ({"last": 101}, "last"),
        ({"first": 1, "last": 1}, "last"),
        ({"after": "rubbish"}, "after"),
        ({"before": ""}, "before"),
        ({"after": "é"}, "after"),
    ],
    ids=str,
)
async def test_what_no_page_can_be_is_refused(seven: World, values: dict[str, Any], field: str) -> None:
    result = await ask(seven, **values)
    assert result.data == {"evidence": None}
    (error,) = result.errors
    assert error.path == ["evidence"]
    assert error.extensions["code"] == "BAD_USER_INPUT"
    assert error.extensions["field"] == field


async def test_cursors_of_others_are_refused(seven: World) -> None:
    mine = seven.house.cursors
    _, _, _, found = await page(seven, first=1)
    good = found["pageInfo"]["endCursor"]
    strangers = {
        "another key": Cursors(lambda: [b"x" * 32]).seal(
            "list evidence", ["discovered_at", "2026-11-21T12:00:00.000000Z", 1]
        ),
        "another list": mine.seal("list investigation", ["discovered_at", "2026-11-21T12:00:00.000000Z", 1]),
        "another order": mine.seal("list evidence", ["-strength", 0.5, 1]),
        "too short": mine.seal("list evidence", ["discovered_at", 1]),
        "a null": mine.seal("list evidence", ["discovered_at", None, 1]),
        "changed": good[:-1] + ("A" if good[-1] != "A" else "B"),
    }
    for name, cursor in strangers.items():
        result = await ask(seven, after=cursor)
        assert result.data == {"evidence": None}, name
        assert result.errors[0].extensions["code"] == "BAD_USER_INPUT", name
    assert (await ask(seven, after=good)).errors is None


async def test_a_cursor_stays_good_when_its_row_is_gone(seven: World) -> None:
    _, _, _, found = await page(seven, first=2)
    async with seven.house.database.transaction(EVERYTHING) as session:
        await session.delete(await session.get(rows.Evidence, 2))
    titles, _, _, _ = await page(seven, first=2, after=found["pageInfo"]["endCursor"])
    assert titles == ["t2", "t3"]
