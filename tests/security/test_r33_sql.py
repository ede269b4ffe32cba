"""R33: values reach the database as parameters; what is searched for is meant literally; orders are words of ours."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType, get_named_type

from tests.graph.asking import SCHEMA, Graph
from tests.world import World

ROOT = Path(__file__).parents[2]
ROOMS = ("models", "resolvers", "workers", "gateways", "rules", "web", "schema", "rest_compat", "taxii", "cli")
TAKES_SQL = {"text", "literal_column", "exec_driver_sql", "execute", "executemany", "fetch", "fetchval", "fetchrow"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def named(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def put_together(argument: ast.expr) -> Iterator[str]:
    """What is put into a text from outside it; the module's own constants are spelt in capitals."""
    if isinstance(argument, ast.JoinedStr):
        for part in argument.values:
            if isinstance(part, ast.FormattedValue):
                name = ast.unparse(part.value)
                if not re.fullmatch(r"_?[A-Z][A-Z_]*", name):
                    yield name
    elif (isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Add | ast.Mod)) or (
        isinstance(argument, ast.Call) and named(argument) == "format"
    ):
        yield ast.unparse(argument)


KNOWN = {
    ("cli/backup.py", "PRAGMA"),
    ("models/database.py", "pragma"),
    ("models/reading/statements.py", "NO_PARENT"),
    ("models/queries/activity.py", "_COLUMNS"),  # names of our own columns, joined
    # Conditions on our own columns, with the numbers of rules/trust.py; whatever comes from outside is a parameter.
    ("models/queries/rights.py", ""),
    ("models/queries/positions.py", ""),
    ("models/queries/pages.py", ""),
    ("models/queries/edges.py", "stix_edge"),  # names of our own columns
}


def test_no_statement_is_put_together_from_values() -> None:
    guilty = [
        (where, name)
        for where, call in calls()
        if named(call) in TAKES_SQL and call.args
        for name in put_together(call.args[0])
        if not any(where.startswith(f"{file}:") and word in ast.unparse(call) for file, word in KNOWN)
    ]
    assert guilty == []


def test_every_like_says_what_escapes() -> None:
    bare = [
        where
        for where, call in calls()
        if named(call) in ("like", "ilike", "icontains", "istartswith", "iendswith")
        and not {keyword.arg for keyword in call.keywords} & {"escape", "autoescape"}
    ]
    # The one pattern that is no search: a ref, made of a number.
    assert [where.partition(":")[0] for where in bare] == ["models/reading/links.py"]


def test_every_order_is_an_enumeration() -> None:
    loose = [
        f"{type_.name}.{name}({argument})"
        for type_ in SCHEMA._schema.type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items()
        for argument, described in field.args.items()
        if re.search("order|sort", argument, re.IGNORECASE)
        and not isinstance(get_named_type(described.type), GraphQLEnumType)
    ]
    assert loose == []


SEARCH = "query ($text: String!) { investigations(filter: {search: $text}) { totalCount edges { node { ref } } } }"


@pytest.mark.parametrize(
    ("text", "count"),
    [("100%", 1), ("%", 1), ("a_b", 1), ("_", 1), ("\\", 1), ("axb", 1), ("' OR 1=1 --", 0), ("*", 0)],
)
async def test_what_is_searched_for_is_meant_literally(world: World, text: str, count: int) -> None:
    for value in ("100% sure", "a_b", "axb", "c:\\temp"):
        await world.case(entity_value=value)
    told = await Graph(world.house, "planned").ask(world.viewer, SEARCH, text=text)
    assert (told["investigations"]["totalCount"], len(told["investigations"]["edges"])) == (count, count)
