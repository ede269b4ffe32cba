"""`casegraph ingest FORMAT FILE`: activity records from a log, streaming, with progress; again changes nothing."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from app import open_house
from cli.migrate import ready
from formats.activity import azure_ad, json_lines, sshd
from formats.activity.lines import MAX_LINE_BYTES, Malformed, Tally
from formats.activity.records import ActivityDraft
from formats.activity.stamps import starting_year
from foundation.errors import CommandRefused
from foundation.settings import Settings
from models.queries.organizations import the_organization
from resolvers.activity import ingest_chunk
from resolvers.operation import House, Operation
from rules.access.viewer import engine_of

CHUNK = 2_000  # records in one transaction: long enough to be quick, short enough to let others write between
STRIDE = 65_536  # bytes between two moves of the bar: drawing it for each line costs more than reading the line
FORMATS = ("sshd", "azure-ad", "json-lines")
SHOWN = 20  # malformed lines that are printed; all of them are counted


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser("ingest", help="read activity records from a log file")
    made.add_argument("format", choices=FORMATS, help="what the file is")
    made.add_argument("file", type=Path, metavar="FILE", help="the file, unpacked")
    made.add_argument("--organization", help="whose records they are; may be left out where there is only one")
    made.add_argument(
        "--year", type=int, help="sshd: of the first line (default: the latest that puts no line in the future)"
    )
    made.add_argument("--zone", type=zone, default=UTC, help="sshd: of the lines, a name or an offset (default: UTC)")
    made.set_defaults(run=run)


def year(text: str) -> int:
    if not text.isdecimal() or not 1970 <= int(text) <= 9998:
        raise argparse.ArgumentTypeError(f"{text!r} is no year from 1970 to 9998")
    return int(text)


def zone(text: str) -> tzinfo:
    """A zone by its name (Europe/Berlin) or its offset (+02:00)."""
    try:
        if text[:1] in "+-":
            hours, _, minutes = text[1:].partition(":")
            offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
            return timezone(-offset if text[0] == "-" else offset)
        return ZoneInfo(text)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise argparse.ArgumentTypeError(f"there is no time zone {text!r}") from error


@dataclass
class Lines:
    """The lines of a file, as often as they are asked for; tells how far the reading has come."""

    path: Path
    advanced: Callable[[int], None] = lambda _count: None

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            # Bounded: a file without line ends must not fill memory. What is cut is told as malformed, and its rest
            # is no line of its own: it would shift the numbers, and could be made to look like a record.
            read = 0
            while line := file.readline(MAX_LINE_BYTES + 1):
                read += len(line)
                yield line
                while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE_BYTES + 1)
                    read += len(line)
                if read >= STRIDE:
                    self.advanced(read)
                    read = 0
            self.advanced(read)


@dataclass
class Outcome:
    """What became of a file: new and known records, and the lines that could not be read."""

    tally: Tally = field(default_factory=Tally)
    created: int = 0
    known: int = 0
    malformed: list[Malformed] = field(default_factory=list)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    path: Path = arguments.file
    if not path.is_file():
        raise CommandRefused(f"There is no file {path}.")
    ready(settings)
    outcome = asyncio.run(_run(arguments, settings))
    for line in outcome.malformed:
        print(f"line {line.line}: {line.reason}: {line.head}", file=sys.stderr)
    if outcome.tally.malformed > len(outcome.malformed):
        print(f"... and {outcome.tally.malformed - len(outcome.malformed)} more", file=sys.stderr)
    tally = outcome.tally
    print(
        f"{tally.lines} lines: {outcome.created} new records, {outcome.known} known already, "
        f"{tally.skipped} of no interest, {tally.malformed} malformed"
    )
    return 1 if tally.lines and tally.malformed == tally.lines else 0


async def _run(arguments: argparse.Namespace, settings: Settings) -> Outcome:
    async with open_house(settings) as house:
        organization = await the_organization(house.database, arguments.organization)
        with _progress() as bar:
            task = bar.add_task(arguments.file.name, total=arguments.file.stat().st_size)
            lines = Lines(arguments.file)
            outcome = Outcome()
            drafts = read(arguments, lines, now=house.clock.now(), tally=outcome.tally)
            lines.advanced = lambda count: bar.advance(task, count)
            return await ingest(house, organization.id, drafts, outcome)


def read(
    arguments: argparse.Namespace, lines: Lines, *, now: datetime, tally: Tally
) -> Iterator[ActivityDraft | Malformed]:
    """The reader of the format asked for, over the lines. That of sshd may walk them once before it begins."""
    match arguments.format:
        case "azure-ad":
            return azure_ad.read(lines, tally=tally)
        case "json-lines":
            return json_lines.read(lines, tally=tally)
    year = arguments.year or starting_year(lines, zone=arguments.zone, now=now)
    return sshd.read(lines, year=year, zone=arguments.zone, now=now, tally=tally)


async def ingest(
    house: House, organization_id: str, drafts: Iterable[ActivityDraft | Malformed], outcome: Outcome
) -> Outcome:
    """Stores what a reader yields, a chunk a transaction."""
    operation = Operation(house, engine_of(organization_id), request_id="casegraph ingest")
    chunk: list[ActivityDraft] = []

    async def store() -> None:
        if chunk:
            stored = await ingest_chunk(operation, drafts=chunk)
            outcome.created += stored.created
            outcome.known += stored.duplicates
            chunk.clear()

    for draft in drafts:
        if isinstance(draft, Malformed):
            if len(outcome.malformed) < SHOWN:
                outcome.malformed.append(draft)
            continue
        chunk.append(draft)
        if len(chunk) >= CHUNK:
            await store()
    await store()
    return outcome


def _progress() -> Progress:
    """A bar on the terminal's error stream: what is piped on stays clean."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
