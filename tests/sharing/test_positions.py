"""Whatever happens to versions and to trust, a reader of a collection ends up with exactly what it may see.

`CASEGRAPH_TEST_HISTORIES=1000` runs as many histories on each database; by default a few.
"""

import asyncio
import os
from collections import Counter
from random import Random

import pytest

from foundation.clock import FixedClock
from models.database import Database
from resolvers.operation import House
from tests.conftest import NOON
from tests.sharing.histories import Facts, Item, Poller, Sharing, Wrong

HISTORIES = int(os.environ.get("CASEGRAPH_TEST_HISTORIES", "0"))
STEPS = 80


async def _history(database: Database, seed: str, steps: int = STEPS) -> None:
    """One writer; every reader is looked at after each step."""
    sharing = Sharing(database, FixedClock(NOON), Random(seed))
    await sharing.begin()
    keys = [(collection, reader) for collection in sharing.collections for reader in sharing.readers]
    ever: dict[tuple[str, str], set[Item]] = {key: set() for key in keys}
    losses: dict[tuple[str, str], Counter[Item]] = {key: Counter() for key in keys}
    before: dict[tuple[str, str], set[Item]] = {key: set() for key in keys}
    pollers = [Poller(sharing, *key, by_date) for key in keys for by_date in (False, True)]
    for _ in range(steps):
        await sharing.step()
        views = {key: sharing.facts.view(*key) for key in keys}
        for key, view in views.items():
            ever[key] |= set(view)
            losses[key].update(before[key] - set(view))
            before[key] = set(view)
        for poller in pollers:
            if sharing.draw.random() < 0.2:
                await poller.read(views[poller.collection, poller.reader])
    for poller in pollers:
        key = poller.collection, poller.reader
        _check(await poller.finish(), sharing.facts.view(*key))
        if poller.mentioned - ever[key]:
            raise Wrong("it was told of what it never had")
        if poller.revoked - losses[key]:
            raise Wrong("it was told of more losses than there were")
        if (await poller.read())[1]:
            raise Wrong("an idle request gave objects")
    for key in keys:
        _check(await Poller(sharing, *key, by_date=False).finish(), sharing.facts.view(*key))


def _check(held: dict[Item, tuple[int, int]], view: dict[Item, tuple[int, int]]) -> None:
    if held != view:
        missing, kept = set(view.items()) - set(held.items()), set(held.items()) - set(view.items())
        raise Wrong(f"missing {missing}, kept {kept}")


@pytest.mark.parametrize("number", range(HISTORIES or 3))
async def test_a_reader_ends_with_what_it_may_see(house: House, number: int) -> None:
    await _history(house.database, f"serial {number}")


@pytest.mark.parametrize("number", range(max(1, HISTORIES // 5)))
async def test_also_while_three_write_and_two_read(house: House, number: int) -> None:
    sharing = Sharing(house.database, FixedClock(NOON), Random(f"parallel {number}"), is_alone=False)
    await sharing.begin()
    done = asyncio.Event()

    async def write(producer: str) -> None:
        for _ in range(25):
            await sharing.step([producer])
            await asyncio.sleep(0)

    async def poll(poller: Poller) -> None:
        while not done.is_set():
            await poller.read()
            await asyncio.sleep(0)

    pollers = [
        Poller(sharing, sharing.draw.choice(sharing.collections), sharing.draw.choice(sharing.readers), by_date)
        for by_date in (False, True)
    ]
    async with asyncio.TaskGroup() as tasks:
        for poller in pollers:
            tasks.create_task(poll(poller))
        writers = [tasks.create_task(write(producer)) for producer in sharing.producers]
        await asyncio.gather(*writers)
        done.set()
    async with house.database.reading() as session:
        facts = await Facts.read(session)
    for poller in pollers:
        _check(await poller.finish(), facts.view(poller.collection, poller.reader))
