"""What the README and the demonstration tell people to paste is a document that the graph accepts."""

import json
import re
from pathlib import Path

import pytest
from graphql import parse, validate

from cli import demo, parser
from schema.root import build_schema

README = (Path(__file__).parents[2] / "README.md").read_text()


def documents() -> list[str]:
    blocks = re.findall(r"```graphql\n(.*?)```", README, re.DOTALL)
    sent = [json.loads(body)["query"] for body in re.findall(r"<<'JSON'\n(.*?)\nJSON", README, re.DOTALL)]
    inline = re.findall(r"`(mutation \{.*?\})`", README)
    assert blocks and sent and inline
    return [*blocks, *sent, *inline]


TO_PASTE = [*documents(), demo.CREATE, demo.SO_FAR, demo.FROM_THERE, demo.SUMMARY, demo.TO_PASTE % "INV-1"]


@pytest.mark.parametrize("document", TO_PASTE)
def test_every_document_to_paste_is_valid(document: str) -> None:
    assert [error.message for error in validate(build_schema()._schema, parse(document))] == []


@pytest.mark.parametrize("document", TO_PASTE)
def test_every_document_to_paste_is_within_the_limits(document: str) -> None:
    schema = build_schema()
    known = schema.documents.get(document, closed=False)
    assert known.errors == ()
    assert schema.limits is not None
    for operation in known.operations.values():
        assert 0 < known.costs.of(schema._schema, known, operation, {}).cost <= schema.limits.cost


def test_every_command_of_the_readme_exists() -> None:
    known = set(re.findall(r"^\s{4}([a-z-]+)", parser().format_help(), re.MULTILINE))
    named = set(re.findall(r"casegraph ([a-z][a-z-]+)", README))
    assert named <= known, named - known
