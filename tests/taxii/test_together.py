"""Three write at once, all objects of one time, while one reads by `added_after` and another by `next`: no object is
missed and none comes twice. `CASEGRAPH_TEST_OBJECTS=10000` sends as many."""

import asyncio
import os
from collections import Counter

from tests.intelligence.objects import malware
from tests.taxii.conftest import Door
from tests.taxii.test_pollers import LAST

OBJECTS = int(os.environ.get("CASEGRAPH_TEST_OBJECTS", "300"))
AT_ONCE = max(10, OBJECTS // 100)
LIMIT = max(7, OBJECTS // 30)


async def test_nothing_is_missed_and_nothing_comes_twice(door: Door) -> None:
    door.world.house.budgets._settings = door.world.house.settings.model_copy(update={"rate_limits": False})
    done = asyncio.Event()
    path = f"collections/{door.homes['own']}/objects/"

    async def write(which: int) -> None:
        numbers = range(which, OBJECTS, 3)
        for start in range(0, len(numbers), AT_ONCE):
            await door.push(*(malware(n) for n in numbers[start : start + AT_ONCE]))

    async def poll(by: str) -> Counter[str]:
        """As Elastic and OpenCTI do: the date cut to milliseconds once there is no more, or the last cursor again."""
        seen: Counter[str] = Counter()
        since = cursor = None
        while True:
            is_last = done.is_set()
            answer = await door.get(path, limit=LIMIT, **({"next": cursor} if cursor else {"added_after": since}))
            page = answer.json()
            seen.update(one["id"] for one in page.get("objects", ()))
            if page.get("objects"):
                since = answer.headers[LAST] if page.get("more") else f"{answer.headers[LAST][:23]}Z"
            cursor = page.get("next") if by == "next" else None
            if is_last and not page.get("more"):
                return seen
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        polls = [tasks.create_task(poll(by)) for by in ("added_after", "next")]
        await asyncio.gather(*(tasks.create_task(write(which)) for which in range(3)))
        done.set()
    everything = Counter(malware(n)["id"] for n in range(OBJECTS))
    assert [one.result() for one in polls] == [everything, everything]
