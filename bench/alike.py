"""Whether foreign and absent can be told apart by time: both are asked for in turns; prints the ratio of the medians.

python -m bench.alike postgresql://.../bench --data FOLDER      a database that bench.data has filled
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from app import open_house
from foundation.errors import Refusal
from foundation.ids import new_id
from foundation.settings import Settings
from resolvers.investigations import update_investigation
from resolvers.operation import House, Operation
from rules.access.viewer import Role, Viewer, ViewerKind
from rules.investigation.words import Priority
from schema.root import build_schema

FOREIGN, ABSENT = 1, 2**40
TURNS = 600
READ = "query ($id: ID!) { investigation(id: $id) { ref status } node(id: $id) { id } }"


@dataclass(frozen=True)
class Context:
    operation: Operation
    reading: str = "planned"


def acts(house: House) -> dict[str, Callable[[int], Awaitable[object]]]:
    stranger = Viewer(ViewerKind.USER, new_id(), new_id(), Role.PUBLISHER, "stranger")
    schema = build_schema()

    async def read(number: int) -> object:
        context = Context(Operation(house, stranger, request_id="bench"))
        return await schema.execute(READ, {"id": f"INV-{number}"}, context)

    async def write(number: int) -> object:
        op = Operation(house, stranger, request_id="bench")
        try:
            return await update_investigation(op, investigation_id=number, priority=Priority.HIGH)
        except Refusal as refusal:
            return refusal

    return {"reading": read, "writing": write}


async def measure(url: str, data: Path) -> None:
    """`data`: the folder with the keys of that database; they are made at the first run."""
    settings = Settings(_env_file=None, database_url=url, data_dir=data, mode="development", rate_limits="off")
    async with open_house(settings) as house:
        for name, act in acts(house).items():
            taken: dict[int, list[float]] = {FOREIGN: [], ABSENT: []}
            for turn in range(TURNS):
                for number in (FOREIGN, ABSENT) if turn % 2 else (ABSENT, FOREIGN):
                    began = time.perf_counter()
                    await act(number)
                    taken[number].append(time.perf_counter() - began)
            foreign, absent = (statistics.median(taken[number]) for number in (FOREIGN, ABSENT))
            spread = statistics.quantiles(taken[ABSENT], n=4)
            print(
                f"{name}: foreign / absent {foreign / absent:.3f}; "
                f"quartiles of absent {spread[0] / absent:.2f} to {spread[2] / absent:.2f} of its median"
            )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("url")
    options.add_argument("--data", type=Path, default=Path("casegraph-data"))
    given = options.parse_args()
    asyncio.run(measure(given.url, given.data))


if __name__ == "__main__":
    main()
