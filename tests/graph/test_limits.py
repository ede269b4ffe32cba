"""How much one document may be and cost: exact numbers, refusals in words, and work that grows with the text alone."""

from typing import Any

import pytest
from graphql import get_introspection_query, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.costs import Cost, Reckoning
from schema.limits import Limits, Measuring, long_lists, measured
from tests.graph.asking import SCHEMA

LIMITS = Limits()


def refusals(document: str) -> dict[str, str]:
    """Which limits a document passes, and what is said."""
    return {(e.extensions or {})["limit"]: e.message for e in measured(parse(document), LIMITS)}


def cost(document: str, **variables: Any) -> Cost:
    known = SCHEMA.documents.get(document, closed=False)
    assert known.tree is not None, known.errors
    operation = known.operation(None)
    assert operation is not None
    return known.costs.of(SCHEMA._schema, known, operation, variables)


def nested(levels: int, around: str = "{0}") -> str:
    body = "id"
    for _ in range(levels - 1):
        body = f"a {{ {around.format(body)} }}"
    return f"{{ {around.format(body)} }}"


@pytest.mark.parametrize(
    ("limit", "allowed", "refused", "words"),
    [
        ("depth", nested(12), nested(13), "13 levels of fields; at most 12"),
        ("depth", nested(12, "... on A {{ {0} }}"), nested(13, "... {{ {0} }}"), "13 levels of fields; at most 12"),
        (
            "depth",
            "{ a { ...F } } fragment F on A " + nested(11),
            "{ a { ...F } } fragment F on A " + nested(12),
            "13 levels of fields; at most 12",
        ),
        ("nesting", "{" + "...{" * 49 + "id" + "}" * 50, "{" + "...{" * 51 + "id" + "}" * 52, "51 selections inside"),
        (
            "aliases",
            "{ a { " + " ".join(f"x{n}: id" for n in range(30)) + " } }",
            "{ a { " + " ".join(f"x{n}: id" for n in range(31)) + " } }",
            "31 aliases; at most 30",
        ),
        (
            "aliases",
            "{ a { ...F } b { ...F } } fragment F on A { " + " ".join(f"x{n}: id" for n in range(15)) + " }",
            "{ a { ...F } b { ...F } } fragment F on A { " + " ".join(f"x{n}: id" for n in range(16)) + " }",
            "32 aliases; at most 30",
        ),
        (
            "roots",
            "{ " + " ".join(f"f{n}" for n in range(20)) + " }",
            "{ " + " ".join(f"f{n}" for n in range(19)) + " ...F } fragment F on Query { a ... { b } }",
            "21 root fields; at most 20",
        ),
        ("directives", "{ a " + "@x " * 10 + "}", "{ a " + "@x " * 11 + "}", "11 directives in one place; at most 10"),
        (
            "directives",
            "{ z { " + ("a" + " @x" * 10 + " ") * 5 + "} }",
            "{ z { " + ("a" + " @x" * 10 + " ") * 5 + "b @x } }",
            "51 directives; at most 50",
        ),
        (
            "definitions",
            "{ a }" + "".join(f" fragment F{n} on A {{ id }}" for n in range(99)),
            "{ a }" + "".join(f" fragment F{n} on A {{ id }}" for n in range(100)),
            "101 definitions; at most 100",
        ),
        (
            "fields",
            "{ a { " + " ".join(f"f{n}" for n in range(500)) + " } }",
            "{ a { " + " ".join(f"f{n}" for n in range(501)) + " } }",
            "501 fields in one selection; at most 500",
        ),
        ("repetitions", "{ a { " + "id " * 122 + "} }", "{ a { " + "id " * 123 + "} }", "15129 squared repetitions"),
        ("items", f"{{ a(x: [{'1 ' * 1000}]) }}", f"{{ a(x: {{ y: [{'1 ' * 1001}] }}) }}", "1001 items in one list"),
        ("items", "{ a }", f"query($v: A = [{'1 ' * 1001}]) {{ a }}", "1001 items in one list; at most 1000"),
    ],
)
def test_what_passes_a_limit_is_refused_by_its_number(limit: str, allowed: str, refused: str, words: str) -> None:
    assert refusals(allowed) == {}
    told = refusals(refused)
    assert list(told) == [limit]
    assert words in told[limit]


def test_cycles_and_unknown_fragments_are_left_to_validation() -> None:
    assert refusals("{ ...A ...Nowhere } fragment A on Q { ...B } fragment B on Q { x { ...A } ...B }") == {}
    document = SCHEMA.documents.get("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", closed=False)
    assert document.code == "GRAPHQL_VALIDATION_FAILED"


def test_the_query_of_consoles_passes() -> None:
    query = get_introspection_query(specified_by_url=True, input_value_deprecation=True, directive_is_repeatable=True)
    assert refusals(query) == {}
    told = cost(query)
    assert (told.cost, told.keys) == (0, 0)
    assert 0 < told.introspection < LIMITS.introspection_keys


def test_lists_in_variables_are_counted_however_deep_they_lie() -> None:
    assert long_lists({"a": [1] * 1000, "b": {"c": [[2] * 1000]}}, 1000) == []
    told = long_lists({"a": [1] * 1001, "b": {"c": [{"d": [2] * 5000}]}, "e": "x" * 5000}, 1000)
    assert [error.message for error in told] == [
        "Variable '$a' holds a list of 1001 items; at most 1000 are allowed.",
        "Variable '$b' holds a list of 5000 items; at most 1000 are allowed.",
    ]


PAGE = "investigations(first: $n) { totalCount pageInfo { hasNextPage } edges { cursor node { ref } } }"


@pytest.mark.parametrize(
    ("document", "variables", "points"),
    [
        ("{ __typename }", {}, 0),
        ("{ viewer { role } }", {}, 1),
        ("{ viewer { role user { name } user { name } } }", {}, 3),
        ("{ investigations { totalCount } }", {}, 1),
        ("{ investigations { edges { node { ref title: ref } } } }", {}, 21),
        ("{ investigations(first: 50) { edges { node { ref } } } }", {}, 51),
        ("{ investigations(last: 7) { edges { node { ref } } } }", {}, 8),
        ("{ investigations(first: 0) { edges { node { ref } } } }", {}, 1),
        ("{ investigations(first: 5000) { edges { node { ref } } } }", {}, 1),
        (f"query($n: Int) {{ {PAGE} }}", {"n": 3}, 4),
        (f"query($n: Int) {{ {PAGE} }}", {"n": "x"}, 101),
        (f"query($n: Int) {{ {PAGE} }}", {"n": None}, 21),
        (f"query($n: Int) {{ {PAGE} }}", {}, 21),
        (f"query($n: Int = 9) {{ {PAGE} }}", {}, 10),
        (
            "{ investigations(first: 2) { edges { node { domains { id } entity { value } } } } }",
            {},
            1 + 2 * (1 + 9 + 1),
        ),
        ('{ nodes(ids: ["INV-1", "INV-2"]) { id } }', {}, 2),
        ("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["INV-1"] * 5}, 5),
        ("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["INV-1"] * 500}, 100),
        ('{ investigation(id: "INV-1") { graph { nodes { key } edges { key } } } }', {}, 2 + 300 + 600),
        ('{ investigation(id: "INV-1") { graph(maxNodes: 10) { edges { source { key } } } } }', {}, 2 + 20 * 2),
        ("{ events(first: 4) { edges { node { __typename } } } }", {}, 5),
        (
            "{ investigations(first: 10) { ...P } other: investigations(first: 20) { ...P } }"
            " fragment P on InvestigationConnection { edges { node { ref } } }",
            {},
            11 + 21,
        ),
        ("mutation { logout { signedOut userErrors { code } } }", {}, 2),
        ("{ trustLevels { name } }", {}, 3),
    ],
)
def test_the_cost_of_a_document(document: str, variables: dict[str, Any], points: int) -> None:
    assert cost(document, **variables).cost == points
    assert cost(document, **variables).cost == points, "remembered"


def test_what_lies_below_three_pages_is_refused_by_its_cost() -> None:
    page = "investigations(first: 100) {{ edges {{ node {{ {0} }} }} }}"
    inner = page.format("entity { " + page.format("entity { " + page.format("ref") + " }") + " }")
    assert cost(f"{{ {inner} }}").cost == 1 + 100 * (2 + 1 + 100 * (2 + 1 + 100))


def test_values_are_counted_where_cost_is_nothing() -> None:
    inner = "evidence(first: 100) {{ edges {{ node {{ {0} }} }} }}"
    page = f"{{{{ investigations(first: 100) {{{{ edges {{{{ node {{{{ {inner} }}}} }}}} }}}} }}}}"
    plain, aliased = cost(page.format("title")), cost(page.format(" ".join(f"x{n}: title" for n in range(30))))
    assert plain.cost == aliased.cost == 1 + 100 * (1 + 1 + 100)
    assert aliased.keys - plain.keys == 29 * 100 * 100
    assert plain.keys < LIMITS.keys < aliased.keys


def bomb(fragments: int, spreads: int) -> str:
    """Each fragment names the next one several times: the paths through it double, the text does not."""
    chain = [f"fragment F{n} on Investigation {{ {f'...F{n + 1} ' * spreads}ref }}" for n in range(fragments)]
    last = f"fragment F{fragments} on Investigation {{ ref }}"
    return '{ investigation(id: "INV-1") { ...F0 } } ' + " ".join([*chain, last])


def test_the_work_of_measuring_grows_with_the_text_and_not_with_the_paths() -> None:
    for fragments, spreads in ((5, 2), (10, 2), (20, 2), (40, 2), (20, 8)):
        document = parse(bomb(fragments, spreads))
        measuring = Measuring(LIMITS)
        measuring.document(document)
        selections = 2 + fragments * (spreads + 1) + 1
        assert measuring.visited <= 3 * selections
        known = {node.name.value: node for node in document.definitions[1:]}  # type: ignore[attr-defined]
        reckoning = Reckoning(SCHEMA._schema, known, document.definitions[0], {})  # type: ignore[arg-type]
        assert reckoning.total().keys == 1 + sum(spreads**n for n in range(fragments + 1))
        assert reckoning.visited == selections


names = st.sampled_from(["ref", "status", "phase", "x: ref", "... on Investigation { ref }", "...F0", "...F1", "...F2"])


@given(st.lists(st.lists(names, min_size=1, max_size=12), min_size=3, max_size=12))
@settings(max_examples=60, deadline=None)
def test_no_document_is_visited_more_often_than_it_is_long(bodies: list[list[str]]) -> None:
    texts = [f"fragment F{n} on Investigation {{ {' '.join(body)} }}" for n, body in enumerate(bodies)]
    measuring = Measuring(LIMITS)
    measuring.document(parse('{ investigation(id: "INV-1") { ...F0 ...F1 } } ' + " ".join(texts)))
    assert measuring.visited <= 10 + 3 * sum(2 * len(body) + 1 for body in bodies)
