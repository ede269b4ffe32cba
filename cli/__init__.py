"""The `casegraph` command."""

import argparse
import gc
import sys
from collections.abc import Sequence

# What is imported stays. To look through it for garbage, again and again, took two fifths of the time of a command.
collects = gc.isenabled()
gc.disable()

from pydantic import ValidationError

from cli import (
    backup,
    demo,
    documents,
    import_list,
    import_stix,
    ingest,
    keys,
    load_warning_list,
    migrate,
    people,
    remove_totp,
    reset_password,
    serve,
    snapshot,
    verify_audit,
)
from foundation.errors import CommandRefused, Refusal
from foundation.settings import Settings, table
from migrations.run import NewerSchema
from workers.sole import AlreadyServed

if collects:
    gc.freeze()
    gc.enable()

COMMANDS = (
    demo,
    serve,
    migrate,
    people,
    remove_totp,
    reset_password,
    keys,
    ingest,
    import_stix,
    import_list,
    load_warning_list,
    documents,
    backup,
    verify_audit,
    snapshot,
)
# What is told in one line: the command could not do it, and says why.
REFUSED = (Refusal, CommandRefused, NewerSchema, AlreadyServed, PermissionError)


def parser() -> argparse.ArgumentParser:
    """The command line, whole: each command file adds its own part."""
    width = max(len(name) for name, _, _ in table())
    settings = "\n".join(f"  {name:<{width}}  {says}" for name, _, says in table())
    made = argparse.ArgumentParser(
        prog="casegraph",
        description="Investigations and shared threat intelligence as one typed graph, live and explainable.",
        epilog=f"Settings, read from the environment and from a file .env:\n{settings}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(commands)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. 0: done; 1: refused, with the reason; 2: wrongly called; 130: interrupted."""
    chosen = parser().parse_args(arguments)
    try:
        settings = Settings()
    except ValidationError as error:
        for wrong in error.errors():
            name = "_".join(str(part) for part in wrong["loc"]).upper()
            print(f"casegraph: CASEGRAPH_{name}: {wrong['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        return 2
    try:
        done: int = chosen.run(chosen, settings)
    except REFUSED as error:
        print(f"casegraph: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return done
