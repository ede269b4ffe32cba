"""What is printed stands in the repository, and is current."""

from pathlib import Path

from cli.snapshot import graph, rest, with_settings

ROOT = Path(__file__).parents[2]
ADVICE = "Run `make snapshot` and read the difference."


def test_the_printed_graph_is_current() -> None:
    assert (ROOT / "schema.graphql").read_text() == graph(), ADVICE


def test_the_printed_rest_contracts_are_current() -> None:
    assert (ROOT / "openapi.json").read_bytes() == rest(), ADVICE


def test_the_readme_names_every_setting() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme == with_settings(readme), ADVICE
    assert "| `CASEGRAPH_DATABASE_URL` |" in readme
