"""R23: how much a document may be. The numbers one by one: tests/graph/test_limits.py; here is what a door says."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import httpx
import pytest
from graphql import Lexer, Source, TokenKind
from hypothesis import given
from hypothesis import strategies as st

from app import make_app
from foundation.settings import Settings
from schema.documents import hopeless
from schema.limits import Limits
from schema.refusals import Schema
from schema.root import build_schema
from tests.door import server
from tests.identity.conftest import Identity

NUMBERS = {
    "characters": 100_000, "anonymous_characters": 15_000, "tokens": 2_000, "depth": 12, "aliases": 30, "roots": 20,
    "directives_a_place": 10, "directives": 50, "definitions": 100, "cost": 20_000, "anonymous_cost": 200,
}  # fmt: skip


def bomb(fragments: int) -> str:
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(fragments - 1))
    return f"{{ ...F0 }} {chain} fragment F{fragments - 1} on Query {{ __typename }}"


def nested(levels: int) -> str:
    inner = "id"
    for level in range(levels - 1):
        inner = f"{'user' if level % 2 else 'organization'} {{ {inner} }}"
    return f"{{ viewer {{ {inner} }} }}"


HOSTILE: dict[str, tuple[str, str | None]] = {
    # name: (document, the limit that it passes; None where it is refused as it stands)
    "thirty fragments, each named twice": (bomb(30), "roots"),
    "a thousand aliases": ("{ " + " ".join(f"a{n}: __typename" for n in range(600)) + " }", "aliases"),
    "a hundred aliases": ("{ viewer { " + " ".join(f"a{n}: role" for n in range(100)) + " } }", "aliases"),
    "fields in fields": (nested(30), "depth"),
    "brackets": ("{ a" * 5_000 + "}" * 5_000, None),
    "a hundred directives in one place": ("{ __typename" + " @skip(if: true)" * 100 + " }", "directives"),
    "unknown directives": ("{ __typename " + "@a" * 900 + " }", "directives"),
    "eighty roots": ("{ " + "viewer { role } " * 80 + "}", "roots"),
    "two hundred operations": (" ".join(f"query Q{n} {{ __typename }}" for n in range(200)), "definitions"),
    "too dear": (
        "{ investigations { edges { node { graph(maxNodes: 2000) { nodes { key } } } } } }",
        "cost",
    ),
    "two thousand tokens and more": ("{ viewer { " + "role " * 2_000 + "} }", None),
    "too many characters": ("{ viewer { role } } #" + "x" * 100_000, None),
    "a page of 101": ("{ investigations(first: 101) { totalCount } }", None),
}


@pytest.fixture
async def place(identity: Identity) -> AsyncIterator[str]:
    async with server.beside(make_app(identity.house, working=False)) as at:
        yield at


async def test_hostile_documents_are_refused_and_nothing_runs(identity: Identity, place: str) -> None:
    headers = {"authorization": f"Bearer {(await identity.login('Per')).access_token}", "accept": "application/json"}
    before = await identity.world.counts()
    async with httpx.AsyncClient(base_url=f"http://{place}", headers=headers, timeout=60) as client:
        for name, (document, limit) in HOSTILE.items():
            told: Any = (await client.post("/graphql", json={"query": document})).json()
            assert not any((told.get("data") or {}).values()), name
            assert 1 <= len(told["errors"]) <= 5 and all(len(error["message"]) <= 300 for error in told["errors"]), name
            if limit is not None:
                assert limit in {error["extensions"].get("limit") for error in told["errors"]}, (name, told)
        batch = await client.post("/graphql", json=[{"query": "{ viewer { role } }"}] * 2)
        assert (batch.status_code, "data" in batch.json()) == (400, False)
    assert await identity.world.counts() == before


def test_the_numbers_are_those_required_and_can_be_set() -> None:
    plain = Limits.of(Settings(_env_file=None))
    assert plain == Limits()
    assert {name: value for name, value in asdict(plain).items() if name in NUMBERS} == NUMBERS
    names = ("cost", "anonymous_cost", "depth", "aliases", "roots", "directives")
    wider: dict[str, Any] = {f"graphql_{name}": 77 for name in names}
    assert {getattr(Limits.of(Settings(_env_file=None, **wider)), name) for name in names} == {77}
    changed = Limits.of(Settings(_env_file=None, graphql_tokens=100, graphql_depth=60))
    assert (changed.tokens, changed.characters, changed.nesting) == (100, 5_000, 60)


async def test_a_setting_reaches_the_documents() -> None:
    schema: Schema = build_schema(limits=Limits(aliases=1, tokens=9))
    for document, code in (
        ("{ a: __typename b: __typename }", "BAD_USER_INPUT"),
        ("{ a b c d e f g h }", "GRAPHQL_PARSE_FAILED"),
    ):
        assert schema.documents.get(document, closed=False).code == code


async def test_texts_that_are_too_long_do_not_drive_others_out_of_memory() -> None:
    documents = build_schema().documents
    documents.get("{ viewer { role } }", closed=False)
    for n in range(3):
        documents.get("#" + str(n) * 3_000_000, closed=False)
    assert len(documents) == 1


CLOSED = st.sampled_from(
    [
        '"a # b"',
        '"""c \\""" "d" { e"""',
        "f",
        "-1.5e+3",
        "...",
        "{",
        "}",
        "@g",
        "#h i\n",
        ",",
        '""',
        '"\\"j"',
        "\ufeff",
        " ",
    ]
)


@given(st.lists(CLOSED, max_size=40))
def test_tokens_are_counted_as_the_parser_counts_them(parts: list[str]) -> None:
    text = " ".join(parts)
    lexer, number = Lexer(Source(text)), 0
    while lexer.advance().kind is not TokenKind.EOF:
        number += 1
    free = Limits(aliases=10**6, directives=10**6, definitions=10**6)
    assert hopeless(text, free, number) is None
    assert number == 0 or hopeless(text, free, number - 1) is not None


@pytest.mark.parametrize(
    ("document", "limit"),
    [
        ('query($a: Int = 1, $b: B = {c: {d: 2}}) { e(f: {g: [{h: "{ : @"}]}) { i } } # { : @', None),
        ("{ a: b }", "aliases"),
        ("{ a: b } query C { d }", None),
        ("{ a: b c: d e: f } query E { f }", "aliases"),
        ("{ a @b }", "directives"),
        ("{ a } query B { c } fragment D on E { f }", "definitions"),
    ],
)
def test_what_the_text_makes_certain(document: str, limit: str | None) -> None:
    """With one alias, no directive and two definitions allowed."""
    tight = Limits(aliases=1 if "c:" in document or "C" in document else 0, directives=0, definitions=2)
    found = hopeless(document, tight, 2_000)
    assert (found and (found[1].extensions or {})["limit"]) == limit


@pytest.mark.parametrize("part", ['"""' + '\\"""', '"', '"""', '"\\', "#", "\\", '"a\n', "..", "-"])
def test_what_is_never_closed_is_read_once(part: str) -> None:
    """Were it read again from each of its marks, a hundred kilobytes would take minutes."""
    hopeless(part * (100_000 // len(part)), Limits(), 10**6)
    hopeless('"""' + part * (100_000 // len(part)), Limits(), 10**6)
