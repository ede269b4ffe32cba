"""`casegraph rotate-keys`: a new master key for everything, while the product runs (SECURITY R3, R39)."""

import argparse
import asyncio
import sys

from app import open_house
from cli.migrate import ready
from foundation import telemetry
from foundation.settings import Settings
from gateways.keys import LOOK_EVERY_S, KeyFile
from models.queries import installation
from resolvers.keys import Progress, reseal, why_kept
from resolvers.operation import House, Operation
from resolvers.people import OPERATOR
from rules.access.actions import Action

WAIT_S = 3 * LOOK_EVERY_S


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser(
        "rotate-keys",
        help="make a new master key and put everything under it, while the product runs",
        description="Adds a master key to the key file, waits until every process knows it, makes it the current one "
        "and seals addresses, names and second factors anew, in batches. Cut off anywhere it goes on where it stopped "
        "when it is run again. Old keys still open what was made with them, until --retire drops those that nothing "
        "needs any more: about a week later, when the last sign-in of before has ended.",
    )
    made.add_argument("--retire", action="store_true", help="drop old keys that nothing needs, instead of making one")
    made.add_argument(
        "--wait",
        type=float,
        default=WAIT_S,
        metavar="SECONDS",
        help=f"how long a changed key file takes to reach every process ({WAIT_S:g}; more where the folder is shared "
        "between machines)",
    )
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    telemetry.configure(level="WARNING")
    ready(settings)
    return asyncio.run(_run(settings, retiring=arguments.retire, wait_s=arguments.wait))


async def _run(settings: Settings, *, retiring: bool, wait_s: float) -> int:
    async with open_house(settings) as house:
        keys = house.key_source
        assert isinstance(keys, KeyFile)
        with keys.alone():
            return await (retire(house, keys) if retiring else rotate(house, keys, wait_s=wait_s))


async def rotate(house: House, keys: KeyFile, *, wait_s: float) -> int:
    """0 when everything lies under the current key; 1 when something does not open."""
    op = Operation(house, OPERATOR, request_id="casegraph rotate-keys")
    if keys.held.coming is None and (unfinished := await _seal_anew(op)).done:
        print(f"A rotation had been cut off. It is finished: the key is {keys.ring.current}, and no other was made.")
        return _outcome(unfinished)
    await _exchange(house, keys, wait_s)
    return _outcome(await _seal_anew(op))


async def _seal_anew(op: Operation) -> Progress:
    progress = Progress(0)
    async for progress in reseal(op):
        if sys.stderr.isatty() and progress.total:
            print(f"\r{progress.done} of {progress.total}", end="", file=sys.stderr, flush=True)
    return progress


def _outcome(progress: Progress) -> int:
    print(f"{progress.done} rows sealed anew.")
    for damage in progress.damaged:
        print(f"casegraph: {damage}", file=sys.stderr)
    return 1 if progress.damaged else 0


async def _exchange(house: House, keys: KeyFile, wait_s: float) -> None:
    """A new current key. Every process knows it before one uses it, and uses it before anything rests on that."""
    coming = keys.held.coming or keys.add()
    await asyncio.sleep(wait_s)
    await installation.note_key(house.database, coming)
    keys.promote(coming, house.clock.now())
    await asyncio.sleep(wait_s)
    print(f"The key {coming} is the current one. Keep a copy of {keys.path}, apart from the database's.")


async def retire(house: House, keys: KeyFile) -> int:
    """Drops every old key that nothing needs."""
    op = Operation(house, OPERATOR, request_id="casegraph rotate-keys --retire")
    if not keys.held.replaced:
        print("There is no old key.")
    for kid, replaced_at in sorted(keys.held.replaced.items()):
        if why := await why_kept(op, kid, replaced_at):
            print(f"{kid} is kept: {why}")
            continue
        # The database first: cut off between the two, one key too many is known, and none too few.
        await installation.forget_key(house.database, kid)
        keys.drop(kid)
        async with op.write(Action.KEYS_ROTATE, retired=kid):
            pass
        print(f"{kid} is gone.")
    return 0
