"""Runs random documents through both executors and compares what they say."""

import gc
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import parse, validate

from foundation import telemetry
from resolvers.operation import Operation
from schema import errors
from schema.refusals import Schema
from tests.graph.authors import Author
from tests.graph.comparing import Heard, compare, heard
from tests.graph.random_world import RandomWorld

UNAWAITED = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
"""graphql-core leaves coroutines of its own behind where a sibling fails at once; only the reference meets that."""


@dataclass
class Context:
    """What the door hands to resolvers; `memory` is the plain mode's, kept for a viewer as long as the rows last."""

    operation: Operation
    reading: str
    memory: dict[str, Any] = field(default_factory=dict)


class Silence:
    """Planted faults are no news."""

    def error(self, *_: Any, **__: Any) -> None:
        pass


class Examiner:
    def __init__(self, schema: Schema, world: RandomWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        # Which five of many errors are shown is a matter of timing.
        monkeypatch.setattr(errors, "SHOWN", 10**6)
        monkeypatch.setattr(errors, "_log", Silence())
        self.schema, self.world, self.counts = schema, world, Counter[str]()
        self.plain = [Context(self._op(viewer), "plain") for viewer in world.viewers]

    def _op(self, viewer: Any) -> Operation:
        return Operation(self.world.house, viewer, request_id="random")

    async def examine_some(self, first: int, count: int) -> None:
        """So many valid documents, from seeds that follow each other."""
        seeds = itertools.count(first)
        while self.counts["documents"] < count:
            await self.examine(next(seeds))
        gc.collect()  # while the warnings about what graphql-core left behind are expected

    async def examine(self, seed: int) -> None:
        """One document: as it is, with other variables and @skip and @include turned round, and for another viewer."""
        r = random.Random(seed)
        author = Author(r, self.schema._schema, self.world.pool)
        kind, text = author.document()
        if faults := validate(self.schema._schema, parse(text)):
            self.counts["invalid"] += 1
            assert all("conflict" in fault.message for fault in faults), (text, faults)
            return
        self.counts["documents"] += 1
        self.counts[f"{kind} documents"] += 1
        viewer = r.choice((0, 0, 0, 1, 2, 3))
        for turned, who in ((False, viewer), (True, viewer), (False, viewer), (False, r.randrange(4))):
            await self.both(kind, text, author.values(turned=turned), who)

    async def both(self, kind: str, text: str, values: dict[str, Any], who: int) -> None:
        before = telemetry.counters().get("reading.surprises", 0)
        planned = await self.answers(kind, text, values, Context(self.plain[who].operation, "planned"))
        surprises = telemetry.counters().get("reading.surprises", 0) - before
        plain = await self.answers(kind, text, values, self.plain[who])
        assert len(planned) == len(plain), text
        for mine, theirs in zip(planned, plain, strict=True):
            self.counts["answers"] += 1
            self.counts["answers with errors"] += bool(theirs.errors)
            compare(mine, theirs, self.counts, f"{text}\nvariables: {values}\nviewer {who}")
        if surprises and not any(answer.errors for answer in planned):
            self.counts["needless surprises"] += 1

    async def answers(self, kind: str, text: str, values: dict[str, Any], context: Context) -> list[Heard]:
        if kind != "subscription":
            return [heard(await self.schema.execute(text, values, context_value=context))]
        stream = await self.schema.stream(text, values, context_value=context, fresh_context=lambda: context)
        return [heard(event) async for event in stream]
