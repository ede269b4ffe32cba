"""The key file: made at first run, readable by its owner alone."""

import base64
import json
import os
from pathlib import Path

from foundation.ids import new_id, secret_bytes
from rules.access.keyring import MASTER_BYTES, KeyRing

FILE = "keys.json"


def open_ring(data_dir: Path) -> KeyRing:
    """Reads the ring of `data_dir`, or makes folder (0700) and ring (0600). Two processes that start at once agree."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / FILE
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} may be read by others. Run: chmod 600 {path}")
    held = json.loads(path.read_text())
    return KeyRing(held["current"], {kid: base64.b64decode(text) for kid, text in held["keys"].items()})


def _make(path: Path) -> None:
    kid = new_id()
    held = {"current": kid, "keys": {kid: base64.b64encode(secret_bytes(MASTER_BYTES)).decode()}}
    draft = path.with_name(f"{path.name}.{new_id()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(held, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # Fails when another process was first: its ring is the one.
    except FileExistsError:
        pass
    finally:
        draft.unlink()
