"""`casegraph import-stix FILE...`: STIX 2.1 bundles of any size, streaming, with progress; again changes nothing."""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from app import open_house
from cli.migrate import ready
from formats.stix.bundles import Objects
from formats.stix.from_stix import MOST_BYTES
from foundation.errors import CommandRefused, Malformed
from foundation.settings import Settings
from foundation.strict_json import read_value
from foundation.written import Written
from models.queries.organizations import the_organization
from resolvers.indicators import MOST_OBJECTS, ImportStatus, import_chunk
from resolvers.operation import House, Operation
from rules.access.viewer import engine_of
from rules.trust import TrustLevelName

CHUNK_BYTES = 65_536
Advanced = Callable[[int], None]  # told how many bytes were read
SHOWN = 20  # refused objects that are printed; all of them are counted


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser("import-stix", help="read indicators and other objects from STIX 2.1 bundles")
    made.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a bundle, unpacked")
    made.add_argument("--organization", help="who is to hold them; may be left out where there is only one")
    made.add_argument(
        "--level",
        type=TrustLevelName,
        choices=list(TrustLevelName),
        default=TrustLevelName.TRUSTED,
        help="how much trust the objects ask of those they are shared with; trusted, if left out",
    )
    made.set_defaults(run=run)


@dataclass
class Outcome:
    """What became of all files: objects by their status, and why some were refused."""

    objects: Counter[ImportStatus] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)
    broken: int = 0

    def refuse(self, text: str) -> None:
        if len(self.refusals) < SHOWN:
            self.refusals.append(text)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    for path in arguments.files:
        if not path.is_file():
            raise CommandRefused(f"There is no file {path}.")
    ready(settings)
    outcome = asyncio.run(_run(arguments, settings))
    for line in outcome.refusals:
        print(line, file=sys.stderr)
    more = outcome.objects[ImportStatus.REFUSED] + outcome.broken - len(outcome.refusals)
    if more > 0:
        print(f"... and {more} more", file=sys.stderr)
    counted = outcome.objects
    print(
        f"{counted.total()} objects: {counted[ImportStatus.CREATED]} new, {counted[ImportStatus.UPDATED]} in a newer "
        f"version, {counted[ImportStatus.KEPT]} in an older one, {counted[ImportStatus.UNCHANGED]} known already, "
        f"{counted[ImportStatus.REFUSED]} refused"
    )
    return 1 if outcome.broken else 0


async def _run(arguments: argparse.Namespace, settings: Settings) -> Outcome:
    outcome = Outcome()
    async with open_house(settings) as house:
        organization = await the_organization(house.database, arguments.organization)
        with bar() as drawn:
            for path in arguments.files:
                task = drawn.add_task(path.name, total=2 * path.stat().st_size)
                await import_file(house, organization.id, path, outcome, partial(drawn.advance, task), arguments.level)
    return outcome


async def import_file(
    house: House,
    organization_id: str,
    path: Path,
    outcome: Outcome,
    advanced: Advanced = lambda _count: None,
    level: TrustLevelName | None = None,
) -> None:
    """Stores the objects of a file, a thousand a transaction.

    Twice through: markings first, wherever in the file they stand. An object whose marking is not known yet would be
    held as strictly as can be, and stay so. A file that breaks off keeps what was read of it, and says so.
    """
    operation = Operation(house, engine_of(organization_id), request_id="casegraph import-stix")
    importing = _Importing(operation, path.name, outcome, level)
    for wants_markings in (True, False):
        try:
            for number, value in enumerate(_values(path, advanced), 1):
                if _is_marking(value) is wants_markings:
                    await importing.take(number, value)
        except Malformed as refusal:
            if not wants_markings:
                outcome.broken += 1
                outcome.refuse(f"{path.name}: {refusal.text}")
        await importing.store()


@dataclass
class _Importing:
    """Objects of one file on their way in, by their number in it."""

    operation: Operation
    file: str
    outcome: Outcome
    level: TrustLevelName | None
    chunk: list[tuple[int, Any]] = field(default_factory=list)

    async def take(self, number: int, value: Any) -> None:
        self.chunk.append((number, value))
        if len(self.chunk) >= MOST_OBJECTS:
            await self.store()

    async def store(self) -> None:
        if not self.chunk:
            return
        objects = [value for _, value in self.chunk]
        results = await import_chunk(self.operation, objects=objects, source=self.file, level=self.level)
        for (number, _), result in zip(self.chunk, results, strict=True):
            self.outcome.objects[result.status] += 1
            if result.status is ImportStatus.REFUSED:
                which = f"object {number}{f' ({result.stix_id})' if result.stix_id else ''}"
                self.outcome.refuse(f"{self.file}: {which}: {result.message}")
        self.chunk.clear()


def _is_marking(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "marking-definition"


def _values(path: Path, advanced: Advanced) -> Iterator[Any]:
    """The objects of a file; what is no JSON in its place is a text that nobody takes for an object."""
    for raw in Objects(_chunks(path, advanced)):
        try:
            value = read_value(raw, max_bytes=MOST_BYTES)
            yield Written(value, raw.decode()) if isinstance(value, dict) else value
        except Malformed as refusal:
            yield refusal.text


def _chunks(path: Path, advanced: Advanced) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            advanced(len(chunk))
            yield chunk


def bar() -> Progress:
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
