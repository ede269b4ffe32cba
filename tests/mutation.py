"""Proof of a proof: one fault at a time is planted in a copy of the repository, and the tests have to find it."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(".git", "*.db", "casegraph-data", ".venv", "node_modules", "__pycache__", ".*_cache")
SECONDS = 600  # for one fault


class Fault(NamedTuple):
    """`right` stands in `file` once; `wrong` in its place is the fault."""

    file: str
    right: str
    wrong: str
    what: str
    database: str = "sqlite"


def plant_all(faults: Sequence[Fault], tests: Sequence[str], *, examples: str, default: int) -> int:
    """Plants each fault by itself and says which were found. The number of those that lived.

    `examples` is the environment variable that tells the tests how much to try, `default` its value.
    """
    options = argparse.ArgumentParser()
    options.add_argument("--examples", type=int, default=default)
    options.add_argument("--only", default="", help="a word of the faults to plant")
    options.add_argument("--database", default="", help="sqlite or postgresql")
    options.add_argument("--skip", type=int, default=0, help="how many faults of the list to leave out")
    given = options.parse_args()
    for fault in faults:
        if (places := (ROOT / fault.file).read_text().count(fault.right)) != 1:
            raise SystemExit(f"{fault.what}: {places} places in {fault.file} read so.")
    alive = 0
    for fault in faults[given.skip :]:
        if given.only not in fault.what or given.database not in fault.database:
            continue
        began = time.monotonic()
        lived = _lives(fault, tests, {examples: str(given.examples)})
        alive += lived
        print(f"{'LIVES' if lived else 'found'}  {fault.what} ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"{alive} of {len(faults)} faults lived")
    return alive


def _lives(fault: Fault, tests: Sequence[str], environment: dict[str, str]) -> bool:
    """Whether the tests overlook the fault."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(ROOT, Path(folder) / "copy", ignore=LEFT_OUT))
        text = (copy / fault.file).read_text()
        (copy / fault.file).write_text(text.replace(fault.right, fault.wrong))
        command = [sys.executable, "-m", "pytest", *tests, "-x", "-q", "-p", "no:cacheprovider"]
        run = subprocess.run(
            [*command, "-k", fault.database], cwd=copy, capture_output=True, text=True,
            env={**os.environ, **environment}, timeout=SECONDS, check=False,
        )  # fmt: skip
    if run.returncode not in (0, 1):
        raise SystemExit(f"{fault.what}: the tests did not run.\n{run.stdout[-2000:]}")
    return run.returncode == 0
