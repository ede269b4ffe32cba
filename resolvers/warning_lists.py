"""Warning lists, as the operator loads them. They flag, and refuse nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from foundation.ids import new_id
from models.queries import warning_lists
from models.warning_lists import WarningList
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.warning_lists import Entry, WarningListType


@dataclass(frozen=True)
class Heading:
    """What a list says of itself."""

    name: str
    description: str
    version: str
    type: WarningListType


async def load_list(op: Operation, *, heading: Heading, entries: Iterable[Entry]) -> int:
    """Replaces the list of this name, at once when all of it is there; how many entries it has.

    Broken off, it changes nothing, and what it left behind goes when the list is loaded again.
    """
    op.check(Action.WARNING_LIST_LOAD)
    house = op.house
    made = WarningList(
        id=new_id(),
        name=heading.name,
        description=heading.description,
        version=heading.version,
        type=str(heading.type),
        loaded_at=op.clock.now(),
    )
    async with house.database.transaction() as session:
        await warning_lists.add(session, made)
    count = 0
    rest = iter(entries)
    while some := dict.fromkeys(islice(rest, warning_lists.BATCH)):
        async with house.database.transaction() as session:
            count += await warning_lists.add_entries(session, made.id, some)
    async with op.write(Action.WARNING_LIST_LOAD, target=heading.name, entries=count, version=heading.version) as door:
        await warning_lists.activate(door.session, made.id, heading.name, count)
    await _clear(op, heading.name)
    return count


async def remove_list(op: Operation, *, name: str) -> bool:
    """Takes a list away. Whether there was one of this name."""
    async with op.write(Action.WARNING_LIST_LOAD, target=name, removed=True) as door:
        was_there = await warning_lists.deactivate(door.session, name)
    await _clear(op, name)
    return was_there


async def _clear(op: Operation, name: str) -> None:
    async with op.house.database.reading() as session:
        gone = await warning_lists.inactive(session, name)
    for list_id in gone:
        more = True
        while more:
            async with op.house.database.transaction() as session:
                more = await warning_lists.remove_some(session, list_id)
