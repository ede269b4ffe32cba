"""The house's own rules: rooms, directions, sizes, and the one home of each thing that has one."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = PROJECT["tool"]["importlinter"]["root_packages"]
SHADOWING = {"platform", "alembic", "stix", "graphql", "types", "domain"}
DOORS = {"schema", "rest_compat", "taxii", "workers"}
LARGEST = 500


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def product() -> list[Path]:
    return [ROOT / "app.py", *sources(*ROOMS, "cli", "migrations")]


def test_calls_go_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("room", [*ROOMS, "cli", "migrations"])
def test_each_room_resolves_inside_this_repository(room: str) -> None:
    spec = importlib.util.find_spec(room)
    assert spec and spec.origin and Path(spec.origin).is_relative_to(ROOT)
    assert room not in SHADOWING


def test_no_file_outgrows_its_word() -> None:
    large = {
        str(path.relative_to(ROOT)): count
        for path in [*product(), *sources("tests")]
        if "versions" not in path.parts and (count := len(path.read_text().splitlines())) > LARGEST
    }
    assert large == {}


def calls(path: Path) -> Iterator[str]:
    """Dotted names that a file calls or reads as attributes."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


@pytest.mark.parametrize(
    ("forbidden", "homes"),
    [
        (r"os\.(environ|getenv)", ["foundation/settings.py"]),
        (r"datetime\.(now|utcnow|today)|date\.today|time\.time", ["foundation/clock.py"]),
        (r"uuid4|uuid\.uuid\d|secrets\.\w+", ["foundation/ids.py", "rules/access/"]),
        (r"session\.commit|connection\.commit", ["models/database.py", "migrations/"]),
    ],
    ids=["environment", "time", "chance", "commit"],
)
def test_one_home(forbidden: str, homes: list[str]) -> None:
    strangers = {
        str(path.relative_to(ROOT)): found
        for path in product()
        if not any(str(path.relative_to(ROOT)).startswith(home) for home in homes)
        and (found := sorted({name for name in calls(path) if re.fullmatch(forbidden, name)}))
    }
    assert strangers == {}


def test_only_app_and_cli_join_the_doors() -> None:
    """The import linter sees rooms only; these two files stand above them and stay small."""
    assert len((ROOT / "app.py").read_text().splitlines()) <= 150
    for path in [*sources("tests"), *product()]:
        inside = path.relative_to(ROOT).parts[0]
        if inside in {"schema", "app.py", "cli", "tests"}:
            continue
        imported = {
            (node.module or "").split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
        }
        assert "schema" not in imported, path


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in product()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_tracked_files_name_no_package_host_and_no_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    hosts = re.compile(r"https?://[a-z0-9.-]*(pypi|npmjs|pythonhosted)[a-z0-9.-]*|/home/[a-z]+/|/root/")
    guilty = [
        name
        for name in listed.stdout.split()
        if name != "tests/house/test_house.py"
        and (ROOT / name).is_file()
        and hosts.search((ROOT / name).read_text(errors="ignore"))
    ]
    assert guilty == []
    assert not [name for name in listed.stdout.split() if re.search(r"(^|/)(package-lock\.json|.*\.lock)$", name)]
