"""One process a SQLite file: the embedded engine holds a lock beside the database for as long as it runs."""

import fcntl
import os
from pathlib import Path

from foundation.errors import CommandRefused


class AlreadyServed(CommandRefused):
    """Another process runs on this database file. Shown to whoever started the second one."""


def take_alone(database: Path) -> int:
    """Locks `database`, or raises AlreadyServed; the descriptor that holds the lock.

    The system lets the lock go with the process, however that ends, so none is ever left behind.
    """
    beside = database.with_name(f"{database.name}.serving")
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise AlreadyServed(
            f"{database} is served by another process already{f' (number {holder})' if holder else ''}. "
            "Stop that one first; one SQLite file has one server."
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor


def let_go(descriptor: int) -> None:
    """Unlocks. The file stays: removing it would let two processes lock two files of one name."""
    os.close(descriptor)


def check_alone(database: Path) -> None:
    """Raises AlreadyServed where another process runs on `database`: for commands that come before the engine."""
    if database.parent.is_dir():
        let_go(take_alone(database))
