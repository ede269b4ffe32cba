"""The one way any door reads the graph: it checks the Action, then has a plan run for this operation's viewer."""

from collections.abc import Generator, Hashable, Mapping, Sequence
from functools import partial
from typing import Any

from models.reading.held import answered
from models.reading.origins import Page
from models.reading.parts import Mishap
from models.reading.plain import PlainRows, RowSource, SingleRows
from models.reading.plan import Answer, Plan
from models.reading.run import SLOTS_OF_A_REQUEST, Driver, Slots
from models.reading.selection import Arguments, Request, Selection
from models.reading.visibility import viewer_parameters
from models.walls import wall_of
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.pseudonyms import Pseudonyms

__all__ = [
    "Answer", "Mishap", "Plan", "Selection", "Slots", "driver_of", "new_slots", "read_batch", "read_json",
    "read_values", "rows_for_reference",
]  # fmt: skip


def driver_of(op: Operation) -> Driver:
    return op.house.database.planner


def new_slots() -> Slots:
    """How many connections one request may hold at once; hand the same to all reads of a request."""
    return Slots(SLOTS_OF_A_REQUEST)


class _Given:
    """The arguments of a constant selection, by the names it has for them."""

    def __init__(self, slots: Sequence[str] = (), given: Mapping[str, Any] | None = None) -> None:
        self._slots, self._given = slots, given or {}

    def __getitem__(self, slot: int) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._given.get(self._slots[slot], {})
        return found


def request_of(op: Operation, args: Arguments, reader_id: str | None = None) -> Request:
    """`reader_id`: see `viewer_parameters`."""
    house = op.house
    parameters = viewer_parameters(op.viewer, reader_id=reader_id)
    pseudonyms = pseudonyms_for(op, reader_id)
    return Request(op.viewer, op.clock.now(), house.keys, pseudonyms, parameters, args, house.cursors)


def pseudonyms_for(op: Operation, reader_id: str | None) -> Pseudonyms:
    return op.pseudonyms if reader_id is None else op.pseudonyms.of_reader(reader_id)


async def read_json(
    op: Operation,
    action: Action | None,
    plan: Plan,
    seed: Mapping[str, Any],
    args: Arguments,
    slots: Slots | None = None,
) -> Answer:
    """Runs a plan; the data is JSON bytes. `action` None: whoever acted has been checked, and reads what it changed.

    Raises Unauthenticated or Forbidden before anything runs, Unavailable when the database does not answer in time.
    """
    if action is not None:
        await op.begin_read(action, field=plan.pick.name)
    answer: Answer = await driver_of(op).drive(plan.json(seed, request_of(op, args)), slots)
    if action is not None:
        op.has_read(action, plan.pick.name, named(seed), answer.things)
    return answer


def named(seed: Mapping[str, Any]) -> list[Any]:
    """The ids that a root was asked for."""
    ids = seed.get("ids")
    return list(ids) if isinstance(ids, list) else [seed["id"]] if "id" in seed else []


async def read_values(
    op: Operation,
    action: Action | None,
    selection: Selection,
    seed: Mapping[str, Any],
    **given: Mapping[str, Any],
) -> Any:
    """Reads a constant selection as Python values: dicts, lists, datetimes. Raises the first error there is.

    `given`: the arguments of its pages and batches, by the names that it has for them. `action` None: whoever acted has
    been checked, and reads what it changed.
    """
    if action is not None:
        await op.begin_read(action)
    driver = driver_of(op)
    key: Hashable = ("constant", selection)
    plan = driver.plans.of(key, lambda: Plan(selection.pick, selection.slots, driver.dialect))
    answer: Answer = await driver.drive(plan.values(seed, request_of(op, _Given(selection.slots, given))))
    if answer.mishaps:
        raise answer.mishaps[-1].error
    if action is not None:
        pages = isinstance(selection.pick.origin, Page)
        things = len(answer.data["edges"]) if pages else int(answer.data is not None)
        op.has_read(action, selection.name, named(seed), things)
    return answer.data


# ---- for the reference executor ----


def rows_for_reference(op: Operation, *, plain: bool, reader_id: str | None = None) -> RowSource:
    """Where the reference takes its rows from: one statement for each parent, or (in tests) whole tables, filtered,
    sorted and cut in Python."""
    if plain:
        request = request_of(op, _Given(), reader_id)
        return PlainRows(partial(op.house.database.reading, wall_of(op.viewer)), request)
    return SingleRows(driver_of(op), request_of(op, _Given(), reader_id))


async def read_batch(op: Operation, asking: Generator[Any, Any, Any], reader_id: str | None = None) -> Any:
    """Runs a batch that yields lookups."""
    driver = driver_of(op)
    return await driver.drive(answered(asking, request_of(op, _Given(), reader_id), driver.dialect))
