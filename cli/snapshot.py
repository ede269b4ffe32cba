"""`casegraph snapshot`: writes schema.graphql, docs/permissions.md and the README's table of settings; their diff is
reviewed like code."""

import argparse
import re
from pathlib import Path

from cli.permissions import permissions
from foundation.settings import Settings, table
from schema.root import build_schema

SCHEMA, README, PERMISSIONS = "schema.graphql", "README.md", "docs/permissions.md"
SETTINGS = re.compile(r"(<!-- settings:[^\n]*-->\n).*?(<!-- /settings -->)", re.DOTALL)


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser("snapshot", help="write schema.graphql, docs/permissions.md and the README's settings")
    made.add_argument("--folder", type=Path, default=Path(), help="where they lie (default: here)")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, _settings: Settings) -> int:
    (arguments.folder / SCHEMA).write_text(graph())
    if (page := arguments.folder / PERMISSIONS).parent.exists():
        page.write_text(permissions())
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
