"""Random documents over the whole schema, random data with every kind of fault in it, on both databases: the planner
and the reference executor give one answer.

`CASEGRAPH_EXAMPLES=1000` writes a thousand documents for each database; each is answered four times, with other
variables and for other viewers, on the same plans.
"""

import os
from collections import Counter

import pytest

from resolvers.operation import House
from schema.refusals import Schema
from tests.graph.graph_under_test import build
from tests.graph.random_world import fill
from tests.graph.same_answers import UNAWAITED, Examiner

EXAMPLES = int(os.environ.get("CASEGRAPH_EXAMPLES", "200"))
WORLDS = 8
PLENTY = 200
"""From so many documents on, each kind of thing has to have been met."""


@pytest.fixture(scope="module")
def schema() -> Schema:
    return build()


@UNAWAITED
@pytest.mark.parametrize("number", range(WORLDS))
async def test_both_executors_give_one_answer(
    house: House, schema: Schema, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    examiner = Examiner(schema, await fill(house, number), monkeypatch)
    await examiner.examine_some(1000 * number, EXAMPLES // WORLDS)
    counts = examiner.counts
    with capsys.disabled():
        print(f"\n{house.database.planner.dialect}, world {number}: {told(counts)}")
    if EXAMPLES // WORLDS >= PLENTY // WORLDS:
        assert counts["objects"] and counts["nulls"] and counts["objects of abstract types"]
    # Where the walker is asked although there was nothing to tell, a shaper is written wrong.
    assert counts["needless surprises"] == 0
    assert counts["another of several errors told"] <= counts["errors alike"]


def told(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
