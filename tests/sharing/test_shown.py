"""Whatever is sent, withdrawn, trusted or said to be one's own: the rows a reader sees are what plain Python says.

`CASEGRAPH_TEST_HISTORIES=200` runs as many histories on each database; by default two.
"""

import os
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from formats.stix.indicator import read_indicator
from foundation.observables import search_forms
from models import tables as rows
from models.database import Session
from models.queries.positions import needs_in
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import engine_of
from tests.graph.asking import Graph
from tests.sharing.renditions import Shared
from tests.world import World

HISTORIES = int(os.environ.get("CASEGRAPH_TEST_HISTORIES", "2"))
STEPS = 25
SOUGHT = (
    "198.51.100.7", "198.51.100.8", "10.0.0.5", "203.0.113.9", "www.evil.test", "vpn.bank.example", "ada@bank.example",
    "http://203.0.113.9/login", "bank.example", "198.51.0.0/16", "10.0.0",
)  # fmt: skip
FIND = """query ($text: String!) {
  value: indicators(first: 100, filter: {value: $text, includeRevoked: true}) { edges { node { pattern name } } }
  search: indicators(first: 100, filter: {search: $text, includeRevoked: true}) { edges { node { pattern name } } }
}"""


@pytest.mark.parametrize("number", range(HISTORIES))
async def test_rows_are_what_may_be_seen(world: World, number: int) -> None:
    shared = Shared(world, Random(f"renditions {number}"))
    await shared.begin()
    for step in range(1, STEPS + 1):
        await shared.step()
        if step % 5:
            continue
        async with world.house.database.reading() as session:
            for reader in shared.organizations:
                await _check(shared, session, reader)
            for producer in shared.organizations[:2]:
                await _check_entries(shared, session, producer)
    graph = Graph(world.house, "planned")
    for viewer in (world.publisher, world.stranger, replace(world.stranger, organization_id=shared.organizations[2])):
        view = shared.view(viewer.organization_id)
        indicators = [read_indicator(one[2]) for one in view.values() if one[2]["type"] == "indicator"]
        for sought in SOUGHT:
            forms, plain = search_forms(sought), sought.lower()
            told = await graph.ask(viewer, FIND, text=sought)
            assert _told(told["value"]) == sorted(
                (one.pattern, str(one.name)) for one in indicators if any(key.value in forms for key in one.keys)
            )
            assert _told(told["search"]) == sorted(
                (one.pattern, str(one.name))
                for one in indicators
                if plain in one.pattern.lower() or plain in (one.name or "").lower()
            )


def _told(answer: Any) -> list[tuple[str, str]]:
    return sorted((edge["node"]["pattern"], str(edge["node"]["name"])) for edge in answer["edges"])


async def _check(shared: Shared, session: Session, reader: str) -> None:
    view = shared.view(reader)
    objects = await _seen(session, rows.StixObject, reader)
    # Each object once, in one form; and under a name of its own where it is not as it was sent.
    assert sorted(row.original_id for row in objects) == sorted(view)
    for row in objects:
        producer, is_masked, content = view[row.original_id]
        nameless = is_masked and row.type == "identity"
        assert (row.organization_id, row.form_from > 0) == (producer, is_masked)
        assert row.name == (None if nameless and content["name"].startswith("Organisation ") else content.get("name"))
        assert (row.stix_id == content["id"], row.revoked) == (not is_masked, content.get("revoked", False))
    found: set[tuple[str, Any]] = set()
    indicators = await _seen(session, rows.Indicator, reader)
    assert {row.id for row in indicators} == {row.id for row in objects if row.type == "indicator"}
    for row in indicators:
        content = view[row.original_id][2]
        told = read_indicator(content)
        assert (row.pattern, row.value, row.name, row.labels) == (told.pattern, told.value, told.name, told.labels)
        found |= {(row.id, key) for key in told.keys}
    # No other value finds them.
    key = rows.IndicatorKey
    statement = select(col(key.indicator_id), col(key.type), col(key.path), col(key.value))
    keys = (await session.execute(statement.where(col(key.indicator_id).in_([row.id for row in indicators])))).all()
    assert {(row[0], tuple(row[1:])) for row in keys} == found


async def _seen(session: Session, table: Any, reader: str) -> list[Any]:
    return list(
        (await session.scalars(select(table).where(visible(table)), viewer_parameters(engine_of(reader)))).all()
    )


async def _check_entries(shared: Shared, session: Session, producer: str) -> None:
    """The collections ask the same of their readers as the rows do."""
    needs = shared.needs(producer)
    wanted = {
        shared.sent[producer, stix_id].key: need
        for stix_id, need in needs.items()
        if shared.sent[producer, stix_id].required is not None
    }
    if shared.sent:
        mine = [one.key for (whose, _), one in shared.sent.items() if whose == producer]
        found = await session.scalars(select(col(rows.Collection.id)))
        homes = [await needs_in(session, collection, mine) for collection in found.all()]
        assert [one for one in homes if one] == ([wanted] * 2 if wanted else [])
