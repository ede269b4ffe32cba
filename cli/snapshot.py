"""`casegraph snapshot`: writes schema.graphql, openapi.json, docs/permissions.md and the README's table of settings;
their diff is reviewed like code."""

import argparse
import re
from pathlib import Path

import orjson

from cli.permissions import permissions
from foundation.settings import Settings, table
from foundation.version import VERSION
from rest_compat import openapi
from rest_compat.contracts import contracts
from rest_compat.endpoints import Contract
from schema.root import build_schema
from web.health import Health

SCHEMA, REST, README, PERMISSIONS = "schema.graphql", "openapi.json", "README.md", "docs/permissions.md"
SETTINGS = re.compile(r"(<!-- settings:[^\n]*-->\n).*?(<!-- /settings -->)", re.DOTALL)


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser(
        "snapshot", help="write what is printed from the code: graph, REST, permissions, settings"
    )
    made.add_argument("--folder", type=Path, default=Path(), help="where they lie (default: here)")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, _settings: Settings) -> int:
    (arguments.folder / SCHEMA).write_text(graph())
    (arguments.folder / REST).write_bytes(rest())
    if (page := arguments.folder / PERMISSIONS).parent.exists():
        page.write_text(permissions(served()))
    readme = arguments.folder / README
    if readme.exists():
        readme.write_text(with_settings(readme.read_text()))
    print(arguments.folder / SCHEMA, arguments.folder / REST)
    return 0


def graph() -> str:
    """The schema as text, ending in one newline."""
    return build_schema().as_str().rstrip() + "\n"


def served() -> tuple[Contract, ...]:
    """The REST contracts, of a server that is not running."""
    return contracts(Health({}, version=VERSION))


def rest() -> bytes:
    """The REST contracts as an OpenAPI document, indented, ending in one newline."""
    told = openapi.document(served())
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def with_settings(readme: str) -> str:
    """The README with its table of settings as `foundation/settings.py` has it."""
    rows = [f"| `{name}` | {f'`{default}`' if default else 'empty'} | {says} |" for name, default, says in table()]
    written = "\n".join(["| setting | default | meaning |", "| --- | --- | --- |", *rows])
    return SETTINGS.sub(lambda found: f"{found[1]}{written}\n{found[2]}", readme)
