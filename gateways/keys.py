"""The key file: made at first run, readable by its owner alone, read again when it has changed.

    {"current": KID, "keys": {KID: base64, ...}, "replaced": {KID: time, ...},
     "audit": {KID: base64, ...}, "walks": {KID: base64, ...}}

A key that is neither current nor replaced is coming: every process knows it before the first one uses it. `audit` and
`walks`: of keys that were dropped, what was derived for the audit trail, whose old seals stay to be checked, and for
the places of pollers, who may come back late. The file is only ever replaced whole: a reader never meets half of one.
"""

import base64
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from foundation import telemetry
from foundation.errors import CommandRefused, InvalidInput
from foundation.ids import new_id, secret_bytes
from foundation.times import from_text, to_text
from rules.access.keyring import LASTING, MASTER_BYTES, KeyRing, weakness

FILE = "keys.json"
LOOK_EVERY_S = 1.0
"""How long a process may not know of a change: it looks when it is asked for the ring, at most once a second."""

log = telemetry.logger("casegraph.keys")


class BadKeyFile(CommandRefused):
    """The key file cannot be used, and nothing is done without it."""


class NoKeyFile(BadKeyFile):
    """Making new keys would hide that the old ones are missing."""


@dataclass(frozen=True)
class Held:
    """What the file says."""

    ring: KeyRing
    replaced: dict[str, datetime]  # when a key ceased to be the current one

    @property
    def coming(self) -> str | None:
        """The key that a rotation has added and not yet made the current one."""
        coming = self.ring.masters.keys() - self.replaced.keys() - {self.ring.current}
        return min(coming, default=None)


class KeyFile:
    """The ring of a data folder, as it is now. Opening makes folder (0700) and file (0600), unless `make` forbids it.

    Two processes that start at once agree on one ring. Raises BadKeyFile, NoKeyFile, PermissionError.
    """

    def __init__(self, data_dir: Path, *, make: bool = True, now: Callable[[], float] = time.monotonic) -> None:
        self.path = data_dir / FILE
        self._now = now
        self._looked = 0.0
        if make:
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.path.exists():
                self._make()
        elif not self.path.exists():
            raise NoKeyFile(
                f"There is no {self.path}, and this database was used with keys. Put the key file back: without it "
                "nobody stays signed in, and no address or name can be read."
            )
        self._read()

    @property
    def ring(self) -> KeyRing:
        return self.held.ring

    @property
    def held(self) -> Held:
        """What the file says, a second ago at most. A file that became unreadable is reported, and not obeyed."""
        if self._now() - self._looked >= LOOK_EVERY_S:
            self._looked = self._now()
            try:
                if self._mark() != self._read_at:
                    self._read()
            except (OSError, BadKeyFile) as error:
                log.error("the key file cannot be read again", reason=type(error).__name__)
        return self._held

    # ---- changing it; one process at a time ----

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Raises CommandRefused where another process changes the keys. The lock ends with the process."""
        descriptor = os.open(self.path.with_name(f"{FILE}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read()
            yield
        except BlockingIOError:
            raise CommandRefused("Another process is changing the keys at this moment.") from None
        finally:
            os.close(descriptor)

    def add(self) -> str:
        """A new key, known and not yet used; its id."""
        kid, ring = new_id(), self._held.ring
        masters = {**ring.masters, kid: secret_bytes(MASTER_BYTES)}
        self._write(replace(self._held, ring=KeyRing(ring.current, masters, ring.remnants)))
        return kid

    def promote(self, kid: str, now: datetime) -> None:
        """From now on everything new is made with this key."""
        ring = self._held.ring
        self._write(Held(KeyRing(kid, ring.masters, ring.remnants), {**self._held.replaced, ring.current: now}))

    def drop(self, kid: str) -> None:
        """For good: what was made with it can never be read again, but for what outlives it."""
        ring = self._held.ring
        masters = {k: master for k, master in ring.masters.items() if k != kid}
        replaced = {k: at for k, at in self._held.replaced.items() if k != kid}
        remnants = {**ring.remnants, **{(use, kid): ring.key(use, kid) for use in LASTING}}
        self._write(Held(KeyRing(ring.current, masters, remnants), replaced))

    # ---- the file ----

    def _make(self) -> None:
        kid = new_id()
        draft = self._draft(Held(KeyRing(kid, {kid: secret_bytes(MASTER_BYTES)}), {}))
        try:
            os.link(draft, self.path)  # Fails when another process was first: its ring is the one.
        except FileExistsError:
            pass
        finally:
            draft.unlink()

    def _write(self, held: Held) -> None:
        """In place of the file, and for the same owner: who rotates keys as root must not lock the server out."""
        before = self.path.stat()
        draft = self._draft(held)
        try:
            if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(draft, before.st_uid, before.st_gid)
            os.replace(draft, self.path)
        finally:
            draft.unlink(missing_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._read()

    def _draft(self, held: Held) -> Path:
        said = {
            "current": held.ring.current,
            "keys": _as_text(held.ring.masters),
            "replaced": {kid: to_text(at) for kid, at in held.replaced.items()},
            **{str(use): _as_text(held.ring.left_of(use)) for use in LASTING},
        }
        draft = self.path.with_name(f"{FILE}.{new_id()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(said, file)
            file.flush()
            os.fsync(file.fileno())
        return draft

    def _mark(self) -> tuple[int, int, int]:
        found = self.path.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> None:
        mark = self._mark()  # before it is read: a change between the two is seen at the next look
        _check_closed(self.path)
        self._held = _parsed(self.path)
        self._read_at, self._looked = mark, self._now()


def _check_closed(path: Path) -> None:
    """Nobody but its owner reads the file, and nobody else can put another one in its place."""
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} may be read by others. Run: chmod 600 {path}")
    if path.parent.stat().st_mode & 0o022:
        raise PermissionError(f"{path.parent} may be written to by others. Run: chmod 700 {path.parent}")


def _parsed(path: Path) -> Held:
    try:
        said = json.loads(path.read_text())
        masters = _as_bytes(said["keys"])
        remnants = {(use, kid): key for use in LASTING for kid, key in _as_bytes(said.get(use, {})).items()}
        replaced = {kid: from_text(at) for kid, at in said.get("replaced", {}).items()}
        held = Held(KeyRing(said["current"], masters, remnants), replaced)
    except (ValueError, KeyError, TypeError, AttributeError, InvalidInput):
        # Without the cause: it may quote the file.
        raise BadKeyFile(f"{path} is damaged. Put the key file back from where you keep it.") from None
    for kid, master in masters.items():
        if why := weakness(master):
            raise BadKeyFile(f"{path}: the key {kid} {why}. Keys are made by chance, never by hand.")
    return held


def _as_text(keys: Mapping[str, bytes]) -> dict[str, str]:
    return {kid: base64.b64encode(key).decode() for kid, key in keys.items()}


def _as_bytes(texts: Mapping[str, str]) -> dict[str, bytes]:
    return {kid: base64.b64decode(text, validate=True) for kid, text in texts.items()}
