"""R26: one strict reader of JSON, at every door; what it refuses is refused in the form of that door."""

import re
from pathlib import Path

import pytest

from foundation import strict_json
from foundation.errors import Malformed
from foundation.strict_json import read_json
from tests.security import hostile
from tests.security.test_hostile_inputs import ONCE, faults, settings
from tests.security.wire import exchange, serving
from tests.world import World

__all__ = ["settings"]

ROOT = Path(strict_json.__file__).parents[1]
DOORS = ("schema", "rest_compat", "taxii", "web", "resolvers")


@ONCE
async def test_no_door_takes_what_is_no_json(world: World) -> None:
    table = hostile.bodies()
    assert len(table) >= 200
    before, wrong = await world.counts(), list[str]()
    async with serving(world.house) as port:
        for name, (raw, expected) in table.items():
            wrong += faults(name, raw, expected, await exchange(port, raw))
    assert not wrong, "\n".join(wrong)
    assert await world.counts() == before


@pytest.mark.parametrize("name", hostile.JSON_BODIES)
def test_the_reader_says_no_in_words_of_its_own(name: str) -> None:
    body = hostile.JSON_BODIES[name]
    with pytest.raises(Malformed) as refused:
        read_json(body, max_bytes=10_000)
    assert refused.value.status == 400 and len(refused.value.text) < 200
    assert b"passwd" not in refused.value.text.encode()


OURS = {f"resolvers/{name}.py" for name in ("collections", "feeds", "resharing", "seen", "showing")}
"""They read again what was read strictly before it was stored, or what we sealed ourselves."""


def test_no_door_reads_json_in_another_way() -> None:
    other = re.compile(r"\bjson\.loads\(|\borjson\.loads\(|\brequest\.json\(|\.receive_json\(|\brequest\.form\(")
    found = [str(file.relative_to(ROOT)) for room in DOORS for file in (ROOT / room).rglob("*.py")
             if other.search(file.read_text())]  # fmt: skip
    assert set(found) == OURS
