"""`casegraph snapshot`: writes schema.graphql and the README's table of settings; their diff is reviewed like code."""

import argparse
import re
from pathlib import Path

from foundation.settings import Settings, table
from schema.root import build_schema

SCHEMA, README = "schema.graphql", "README.md"
SETTINGS = re.compile(r"(<!-- settings:[^\n]*-->\n).*?(<!-- /settings -->)", re.DOTALL)


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser("snapshot", help="write schema.graphql and the README's table of settings")
    made.add_argument("--folder", type=Path, default=Path(), help="where they lie (default: here)")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, _settings: Settings) -> int:
    (arguments.folder / SCHEMA).write_text(graph())
    readme = arguments.folder / README
    if readme.exists():
        readme.write_text(with_settings(readme.read_text()))
    print(arguments.folder / SCHEMA)
    return 0


def graph() -> str:
    """The schema as text, ending in one newline."""
    return build_schema().as_str().rstrip() + "\n"


def with_settings(readme: str) -> str:
    """The README with its table of settings as `foundation/settings.py` has it."""
    rows = [f"| `{name}` | {f'`{default}`' if default else 'empty'} | {says} |" for name, default, says in table()]
    written = "\n".join(["| setting | default | meaning |", "| --- | --- | --- |", *rows])
    return SETTINGS.sub(lambda found: f"{found[1]}{written}\n{found[2]}", readme)
