"""The schema as a reader meets it: every word explained, and printed as it was reviewed."""

from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_introspection_type,
    is_list_type,
    is_non_null_type,
    is_specified_scalar_type,
)

from schema.root import build_schema

SCHEMA = build_schema()
CORE: Any = SCHEMA._schema
TYPES = {n: t for n, t in CORE.type_map.items() if not is_introspection_type(t) and not is_specified_scalar_type(t)}


def test_the_printed_schema_is_the_reviewed_one():
    printed = Path(__file__).parents[2] / "schema.graphql"
    assert printed.read_text(encoding="utf-8") == SCHEMA.as_str().rstrip() + "\n", "run: python -m cli snapshot"


def undescribed() -> list[str]:
    missing = []
    for name, made in TYPES.items():
        if not made.description:
            missing.append(name)
        if isinstance(made, GraphQLEnumType):
            missing += [f"{name}.{value}" for value, one in made.values.items() if not one.description]
        if isinstance(made, GraphQLObjectType | GraphQLInterfaceType):
            for field, one in made.fields.items():
                if not one.description:
                    missing.append(f"{name}.{field}")
                missing += [f"{name}.{field}({a})" for a, given in one.args.items() if not given.description]
        if isinstance(made, GraphQLInputObjectType):
            missing += [f"{name}.{field}" for field, one in made.fields.items() if not one.description]
    return missing


def test_everything_is_described():
    assert undescribed() == []


def test_descriptions_are_sentences():
    """Ends like a sentence, so that nothing stands there that was cut or left half-written."""
    descriptions = {
        f"{name}.{field}": one.description
        for name, made in TYPES.items()
        if isinstance(made, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType)
        for field, one in made.fields.items()
    } | {name: made.description for name, made in TYPES.items()}
    assert [place for place, text in descriptions.items() if not text.rstrip("`").endswith((".", "?"))] == []


def test_roots_that_may_refuse_are_nullable():
    roots = {**CORE.query_type.fields, **(CORE.mutation_type.fields if CORE.mutation_type else {})}
    assert [name for name, field in roots.items() if is_non_null_type(field.type)] == ["nodes"]


def test_lists_of_nodes_hold_no_nulls():
    """Only `nodes` answers in the order asked for, with null where nothing is found."""
    holed = []
    for name, made in TYPES.items():
        if isinstance(made, GraphQLObjectType | GraphQLInterfaceType):
            for field, one in made.fields.items():
                bare = one.type.of_type if is_non_null_type(one.type) else one.type
                if is_list_type(bare) and not is_non_null_type(bare.of_type):
                    holed.append(f"{name}.{field}")
    assert holed == ["Query.nodes"]


@pytest.mark.parametrize(
    "name",
    [
        "ActivityRecord", "ApiKey", "DomainAnalysis", "Evidence", "Indicator", "Investigation", "Note", "Organization",
        "RiskPoint", "Session", "Sighting", "StixObject", "TimelineEvent", "User", "Verification",
    ],
)  # fmt: skip
def test_things_with_an_identity_are_nodes(name):
    assert [one.name for one in TYPES[name].interfaces] == ["Node"]


def test_connections_are_of_one_shape():
    for name, made in TYPES.items():
        if name.endswith("Connection"):
            # Rights to events are asked one by one, so nobody knows how many of a stream somebody may see.
            # And what is searched is looked through no further than for the page.
            counted = [] if name in ("EventConnection", "SearchConnection") else ["totalCount"]
            assert list(made.fields) == ["edges", "pageInfo", *counted], name
        if name.endswith("Edge") and name != "GraphEdge":
            assert list(made.fields) == ["node", "cursor"], name


OWN_FILTERS = {"SessionFilter", "DeviceFilter", "ApiKeyFilter"} | {"AuditFilter", "AccessFilter"}  # these never change


def test_every_filter_knows_what_changed_since():
    filters = [name for name in TYPES if name.endswith("Filter") and name not in OWN_FILTERS]
    assert [name for name in filters if "updatedSince" not in TYPES[name].fields] == []
