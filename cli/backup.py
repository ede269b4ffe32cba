"""`casegraph backup` and `restore`: a SQLite database copied while it is in use, and put back while it is not."""

import argparse
import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from cli.migrate import make_folder, prepare
from foundation.clock import SystemClock
from foundation.errors import CommandRefused
from foundation.settings import Settings
from migrations import run as migrations
from models.database import Database
from models.queries.installation import begin_epoch
from workers import sole


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, act, says in (
        ("backup", backup, "copy the SQLite database to FILE, also while it is in use; the keys are not in it"),
        ("restore", restore, "put a copy back while nothing serves; ends all sign-ins and starts a new epoch"),
    ):
        made = commands.add_parser(name, help=says)
        made.add_argument("file", type=Path, metavar="FILE")
        made.set_defaults(run=act)


def _database_file(settings: Settings) -> Path:
    if not settings.is_sqlite:
        raise CommandRefused("This database is PostgreSQL: use pg_dump and pg_restore.")
    return Path(settings.database.removeprefix("sqlite:///"))


def backup(arguments: argparse.Namespace, settings: Settings) -> int:
    source: Path = _database_file(settings)
    target: Path = arguments.file
    if not source.exists():
        raise CommandRefused(f"There is no database at {source}.")
    if target.exists():
        raise CommandRefused(f"{target} is there already; a backup overwrites nothing.")
    if not target.parent.is_dir():
        raise CommandRefused(f"There is no folder {target.parent}.")
    _copy(source, target)
    print(f"{target}: {target.stat().st_size:,} bytes. Keep {settings.data_dir / 'keys.json'} apart from it.")
    return 0


def restore(arguments: argparse.Namespace, settings: Settings) -> int:
    """Whole or not at all: the copy is checked before it takes the place of what is there."""
    source: Path = arguments.file
    target = _database_file(settings)
    if not source.is_file():
        raise CommandRefused(f"There is no file {source}.")
    make_folder(settings.data_dir)
    lock = sole.take_alone(target)
    try:
        draft = target.with_name(f"{target.name}.restoring")
        draft.unlink(missing_ok=True)
        try:
            _copy(source, draft)
            if migrations.revision(f"sqlite:///{draft}") is None:
                raise CommandRefused(f"{source} is no casegraph database.")
            prepare(settings.model_copy(update={"database_url": f"sqlite:///{draft}"}))
            asyncio.run(_begin_anew(draft))
            for leftover in ("-wal", "-shm"):
                target.with_name(target.name + leftover).unlink(missing_ok=True)
            os.replace(draft, target)
        finally:
            draft.unlink(missing_ok=True)
    finally:
        sole.let_go(lock)
    print(f"{target} restored. Everybody signs in again; subscribers that resume are told of the gap.")
    return 0


def _copy(source: Path, target: Path) -> None:
    """SQLite's own online copy: consistent whatever is written meanwhile; then checked."""
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    os.close(descriptor)
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            if new.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise CommandRefused(f"{source} is damaged: the copy does not pass SQLite's integrity check.")
            new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        target.unlink()
        raise CommandRefused(f"{source} is no SQLite database.") from error
    except CommandRefused:
        target.unlink()
        raise


async def _begin_anew(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    try:
        await begin_epoch(database, SystemClock().now())
    finally:
        await database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # One file, without a log that would stay behind.
