"""Heads of the audit chains, kept beside the database: what was cut off a chain at its end is told by them alone.

One small file an organisation, `audit-checkpoints/<organisation>.json`, put in place of the last one. Copy them
elsewhere for good measure: who can write both the database and this folder can take both back to an earlier day.
"""

import json
import os
from pathlib import Path

from foundation.ids import new_id
from foundation.telemetry import logger
from rules.audit_chain import Checkpoint, Head

FOLDER = "audit-checkpoints"
UNOWNED = "nobody"  # the chain of what nobody was signed in for

log = logger("casegraph.audit")


class Checkpoints:
    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER

    def keep(self, checkpoint: Checkpoint) -> None:
        """Whole or not at all. One of an earlier history is kept under its own name."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(checkpoint.head.organization_id)
        if (earlier := _read(path)) is not None and earlier.epoch != checkpoint.epoch:
            os.replace(path, path.with_suffix(f".{earlier.epoch[:8]}.json"))
        draft = path.with_suffix(f".{new_id()}")  # of its own: several processes may share the folder
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(_text(checkpoint))
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)

    def of(self, organization_id: str) -> Checkpoint | None:
        return _read(self._path(organization_id))

    def earlier(self, organization_id: str) -> list[Checkpoint]:
        """Those of histories before the present one."""
        path = self._path(organization_id)
        kept = [_read(one) for one in sorted(self.folder.glob(f"{path.stem}.*.json"))]
        return [one for one in kept if one is not None]

    def organizations(self) -> list[str]:
        """Those that have a checkpoint."""
        names = {path.name.split(".")[0] for path in self.folder.glob("*.json")}
        return sorted("" if name == UNOWNED else name for name in names)

    def _path(self, organization_id: str) -> Path:
        if not organization_id.replace("-", "").isalnum() and organization_id:
            organization_id = organization_id.encode().hex()  # No id of ours; a path must not be made of it.
        return self.folder / f"{organization_id or UNOWNED}.json"


def _text(checkpoint: Checkpoint) -> str:
    head = checkpoint.head
    members = {
        "organization": head.organization_id,
        "sequence": head.sequence,
        "hash": head.hash,
        "epoch": checkpoint.epoch,
        "at": checkpoint.at,
        "key": checkpoint.key_id,
        "signature": checkpoint.signature,
    }
    return json.dumps(members) + "\n"


def _read(path: Path) -> Checkpoint | None:
    try:
        held = json.loads(path.read_text())
        head = Head(str(held["organization"]), int(held["sequence"]), str(held["hash"]))
        return Checkpoint(head, str(held["epoch"]), str(held["key"]), str(held["at"]), str(held["signature"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        # Told as a checkpoint that nobody signed, not passed over: damaging the file must not hide anything.
        log.warning("a checkpoint cannot be read", file=path.name, error=type(error).__name__)
        return Checkpoint(Head("", 0), "", "", "")
