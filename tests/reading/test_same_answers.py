"""The small graph, whose faces hold a field of every kind: both executors give one answer."""

import os

import pytest

from resolvers.operation import House
from tests.graph.random_world import fill
from tests.graph.same_answers import UNAWAITED, Examiner
from tests.reading.graph import SCHEMA

EXAMPLES = int(os.environ.get("CASEGRAPH_EXAMPLES", "120"))
WORLDS = 6


@UNAWAITED
@pytest.mark.parametrize("number", range(WORLDS))
async def test_both_executors_give_one_answer(house: House, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    examiner = Examiner(SCHEMA, await fill(house, number), monkeypatch)
    await examiner.examine_some(1000 * number, EXAMPLES // WORLDS)
    print(dict(sorted(examiner.counts.items())))
