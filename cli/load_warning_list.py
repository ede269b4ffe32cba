"""`casegraph load-warning-list FILE...`: known-good values, that indicators of them are flagged by."""

import argparse
import asyncio
import gzip
from collections.abc import Iterator
from contextlib import AbstractContextManager
from io import BufferedIOBase
from pathlib import Path

from app import open_house
from cli.migrate import ready
from formats.warning_lists import ListFile, read_misp, read_plain
from foundation import telemetry
from foundation.errors import CommandRefused
from foundation.settings import Settings
from foundation.strict_json import read_value
from resolvers.operation import Operation
from resolvers.people import OPERATOR
from resolvers.warning_lists import Heading, load_list, remove_list
from rules.warning_lists import Entry, WarningListType, entry_of

MOST_BYTES = 256 * 1024 * 1024


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser(
        "load-warning-list",
        help="load lists of known-good values, to flag indicators of them",
        description="Loads warning lists: the JSON of MISP's (a file `list.json` of its repository), or a value a line "
        "with comments after #. A list replaces the one of the same name, at once when all of it is there. Indicators "
        "whose value stands on a list are flagged (`Indicator.warnings`) and left out of the lists for firewalls; "
        "nothing is refused.",
    )
    made.add_argument(
        "files", type=Path, nargs="*", metavar="FILE", help="a list; JSON where it ends in .json; .gz is unpacked"
    )
    made.add_argument("--name", help="what the list is called; where left out, as the file says or is called")
    made.add_argument(
        "--type",
        type=WarningListType,
        choices=list(WarningListType),
        help="how it is compared: cidr (what lies in these networks), hostname (these names and all below), string "
        "(exactly these); where left out, as the file says, or string",
    )
    made.add_argument("--remove", metavar="NAME", help="take the list of this name away")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if bool(arguments.files) is bool(arguments.remove):
        raise CommandRefused("Name the files to load, or a list to --remove.")
    if arguments.name and len(arguments.files) > 1:
        raise CommandRefused("One name is for one file.")
    for path in arguments.files:
        if not path.is_file():
            raise CommandRefused(f"There is no file {path}.")
    telemetry.configure(level="WARNING")
    ready(settings)
    return asyncio.run(_run(arguments, settings))


async def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    async with open_house(settings) as house:
        op = Operation(house, OPERATOR, request_id="casegraph load-warning-list")
        if arguments.remove:
            if not await remove_list(op, name=arguments.remove):
                raise CommandRefused(f"There is no warning list {arguments.remove}.")
            print(f"{arguments.remove} is gone.")
        for path in arguments.files:
            with _opened(path) as file:
                plain_name = path.name.removesuffix(".gz")
                if plain_name.lower().endswith(".json"):
                    read = read_misp(read_value(file.read(MOST_BYTES + 1), max_bytes=MOST_BYTES))
                else:
                    lines = (line.decode("utf-8", "replace") for line in file)
                    read = read_plain(lines, name=arguments.name or Path(plain_name).stem)
                heading = Heading(arguments.name or read.name, read.description, read.version, _type(arguments, read))
                passed: list[str] = []
                count = await load_list(op, heading=heading, entries=_entries(read, heading.type, passed))
            more = f"; {len(passed)} that are none were passed over, such as {passed[0][:80]!r}" if passed else ""
            print(f"{heading.name}: {count} entries{more}")
    return 0


def _type(arguments: argparse.Namespace, read: ListFile) -> WarningListType:
    if arguments.type is not None:
        return WarningListType(arguments.type)
    try:
        return WarningListType(read.type or WarningListType.STRING)
    except ValueError as error:
        # Each indicator would have to be held against each entry.
        raise CommandRefused(
            f"{read.name}: lists of the type {read.type} are not taken; --type says otherwise."
        ) from error


def _entries(read: ListFile, kind: WarningListType, passed: list[str]) -> Iterator[Entry]:
    for text in read.values:
        if (entry := entry_of(kind, text)) is not None:
            yield entry
        else:
            passed.append(text)


def _opened(path: Path) -> AbstractContextManager[BufferedIOBase]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")
