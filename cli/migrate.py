"""`casegraph migrate`: one step, safe to repeat, one process at a time."""

import argparse
import os
from contextlib import suppress
from pathlib import Path

from foundation.errors import CommandRefused
from foundation.settings import Settings
from gateways.jobs import migrate_engine
from gateways.keys import KeyFile
from migrations import personal
from migrations import run as migrations


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser("migrate", help="bring the database to the shape this version needs")
    made.set_defaults(run=run)


def run(_arguments: argparse.Namespace, settings: Settings) -> int:
    before = prepare(settings)
    print(f"{settings.database.partition(':')[0]}: {before or 'empty'} -> {migrations.head()}")
    return 0


def prepare(settings: Settings) -> str | None:
    """Makes the data folder, migrates and seals; says at which revision the database stood before."""
    make_folder(settings.data_dir)
    if settings.is_sqlite:
        _make_closed(Path(settings.database.removeprefix("sqlite:///")))
    before = migrations.revision(settings.database)
    migrations.upgrade(settings.database)
    personal.seal_rows(settings.database, lambda: KeyFile(settings.data_dir).ring)
    migrate_engine(settings.database)
    return before


def make_folder(folder: Path) -> None:
    """The data folder, for its owner alone. Raises CommandRefused where it cannot be made."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandRefused(f"The data folder {folder} cannot be made: {error.strerror}.") from error


def _make_closed(database: Path) -> None:
    """A new file that its owner alone may read, wherever it lies; what SQLite puts beside it gets the same mode."""
    with suppress(OSError):  # what is wrong with the place is told when it is opened
        os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def ready(settings: Settings) -> None:
    """What every command that opens the database does first: SQLite is migrated by itself, PostgreSQL must be.

    Whoever met an older schema would fail at the first statement; he is rather told at once.
    """
    if settings.is_sqlite:
        prepare(settings)
        return
    stands = migrations.revision(settings.database)
    if stands != migrations.head():
        raise CommandRefused(
            f"The database stands at {stands or 'nothing'}, this version needs {migrations.head()}. "
            "Run `casegraph migrate`."
        )
    if personal.is_clear(settings.database):
        raise CommandRefused("Some addresses or names are not sealed yet. Run `casegraph migrate`.")
