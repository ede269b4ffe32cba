"""`casegraph import-list FILE`: values a line or in a table, each with a verdict; again changes nothing."""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from app import open_house
from cli.import_stix import Advanced, bar
from cli.migrate import ready
from formats.lists import MOST_LINE, read_list
from foundation.errors import CommandRefused
from foundation.settings import Settings
from foundation.words import IndicatorType, Tlp
from models.queries.organizations import the_organization
from resolvers.listing import MOST_LINES, Common, LineStatus, import_lines
from resolvers.operation import House, Operation
from rules.access.viewer import engine_of
from rules.trust import TrustLevelName

SHOWN = 20  # refused lines that are printed; all of them are counted


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser(
        "import-list",
        help="make indicators of a list of addresses, names, URLs, digests or mail addresses",
        description="Reads a value a line, or a table whose column of values is found by its heading or its looks; "
        "values may be defanged, and comments begin with #, // or ;. What is held already is left alone.",
    )
    made.add_argument("file", type=Path, metavar="FILE", help="the list, unpacked, in UTF-8")
    made.add_argument("--organization", help="who is to hold them; may be left out where there is only one")
    made.add_argument("--type", type=IndicatorType, choices=list(IndicatorType), help="what all values are")
    made.add_argument("--label", action="append", default=[], help="a word to file them under; may be given again")
    made.add_argument("--confidence", type=int, choices=range(101), metavar="0-100", help="how sure you are")
    made.add_argument(
        "--tlp", type=Tlp, choices=list(Tlp), default=Tlp.AMBER, help="how far they go; amber if left out"
    )
    made.add_argument(
        "--level",
        type=TrustLevelName,
        choices=list(TrustLevelName),
        default=TrustLevelName.TRUSTED,
        help="how much trust they ask of those they are shared with; trusted, if left out",
    )
    made.add_argument("--dry-run", action="store_true", help="only tell what would become of each line")
    made.add_argument("--verdicts", action="store_true", help="print a line for each line: number, status, type, value")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if not arguments.file.is_file():
        raise CommandRefused(f"There is no file {arguments.file}.")
    ready(settings)
    counted = asyncio.run(_run(arguments, settings))
    would = "would be " if arguments.dry_run else ""
    print(
        f"{counted.total()} lines: {counted[LineStatus.CREATED]} {would}new, {counted[LineStatus.KNOWN]} known "
        f"already, {counted[LineStatus.REPEATED]} repeated, {counted[LineStatus.REFUSED]} refused"
    )
    return 1 if counted.total() and counted[LineStatus.REFUSED] == counted.total() else 0


async def _run(arguments: argparse.Namespace, settings: Settings) -> Counter[LineStatus]:
    async with open_house(settings) as house:
        organization = await the_organization(house.database, arguments.organization)
        with bar() as drawn:
            task = drawn.add_task(arguments.file.name, total=arguments.file.stat().st_size)
            return await import_file(house, organization.id, arguments, partial(drawn.advance, task))


async def import_file(
    house: House, organization_id: str, arguments: argparse.Namespace, advanced: Advanced
) -> Counter[LineStatus]:
    """A thousand lines a transaction; how many lines ended how."""
    op = Operation(house, engine_of(organization_id), request_id="casegraph import-list")
    common = Common(arguments.label, arguments.confidence, arguments.tlp, arguments.level)
    counted: Counter[LineStatus] = Counter()
    lines, seen, told = read_list(_lines(arguments.file, advanced), kind=arguments.type), set[tuple[str, str]](), 0
    while some := list(islice(lines, MOST_LINES)):
        for one in await import_lines(
            op, lines=some, source=arguments.file.name, common=common, seen=seen, is_dry=arguments.dry_run
        ):
            status = LineStatus(one["status"])
            counted[status] += 1
            if arguments.verdicts:
                print("\t".join(_cells(one)))
            elif status is LineStatus.REFUSED and (told := told + 1) <= SHOWN:
                print(f"line {one['line']}: {one['message']} {one['text'][:80]!r}", file=sys.stderr)
    if told > SHOWN:
        print(f"... and {told - SHOWN} more", file=sys.stderr)
    return counted


def _cells(one: dict[str, Any]) -> list[str]:
    more = one["message"] or (f"on {', '.join(one['warnings'])}" if one["warnings"] else "")
    shown = one["value"] or ascii(one["text"])
    return [str(one["line"]), one["status"], one["type"] or "", shown, more]


def _lines(path: Path, advanced: Advanced) -> Iterator[str]:
    with path.open("rb") as file:
        while line := file.readline(4 * MOST_LINE):
            advanced(len(line))
            yield line.decode("utf-8-sig", "replace").rstrip("\r\n")
            while not line.endswith(b"\n") and (line := file.readline(4 * MOST_LINE)):
                advanced(len(line))  # the rest of what is no line of a list
