"""`casegraph snapshot`: writes schema.graphql; its diff is reviewed like code."""

import argparse
from pathlib import Path

from foundation.settings import Settings
from schema.root import build_schema

FILE = "schema.graphql"


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser("snapshot", help="print the graph to schema.graphql")
    made.add_argument("--folder", type=Path, default=Path(), help="where to write it (default: here)")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, _settings: Settings) -> int:
    path = arguments.folder / FILE
    path.write_text(printed())
    print(path)
    return 0


def printed() -> str:
    """The schema as text, ending in one newline."""
    return build_schema().as_str().rstrip() + "\n"
