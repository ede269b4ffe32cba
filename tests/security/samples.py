"""Documents for any root field, and bodies for any route, read off the schema and the router: small, well-formed, and
naming nothing that exists unless a test says what. A new field or route needs nothing here as long as its arguments are
called like those of its neighbours."""

import re
from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)
from graphql.pyutils import Undefined

from foundation.ids import to_global, to_ref
from rules.nodes import NAMED, NUMBERED

NOBODY = "00000000-0000-4000-8000-00000000dead"
NUMBER = 987_654
TIMES = {"start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z"}
TEXTS = {"DateTime": "2026-11-20T00:00:00Z", "Cursor": "none", "JSON": {}}
SAYINGS: Mapping[str, Any] = {
    "value": "203.0.113.9",
    "bundle": {"type": "bundle", "objects": []},
    "records": [],
    "expiresInDays": 1,
    "type": None,
}


def absent(kind: str) -> str:
    """A well-formed id of this kind that nobody has."""
    return to_global(kind, NOBODY if kind in NAMED else NUMBER)


SIDES = {
    "relationship": "TrustRelationship",
    "group": "TrustGroup",
    "trustor": "Organization",
    "trustee": "Organization",
}


def kind_of(argument: str, owner: str) -> str:
    """What an argument of type ID names: by its own name, or, where it is just `id`, by whose it is."""
    word = re.sub(r"Ids?$", "", argument)
    word = SIDES.get(word, owner if word in ("id", "ids", "") else word)
    kinds = sorted(NAMED | NUMBERED, key=len, reverse=True)
    return next((kind for kind in kinds if kind.lower() in word.lower()), "User")


def value(name: str, type_: Any, owner: str, ids: Mapping[str, str]) -> Any:
    """One value of an input type. `ids`: by kind, what to name instead of what nobody has."""
    if is_non_null_type(type_):
        return value(name, type_.of_type, owner, ids)
    if SAYINGS.get(name) is not None:
        return SAYINGS[name]
    if is_list_type(type_):
        return [value(name, type_.of_type, owner, ids)]
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        needed = {
            inner: definition.type
            for inner, definition in type_.fields.items()
            if is_non_null_type(definition.type) and definition.default_value is Undefined
        }
        return {inner: value(inner, kind, type_.name, ids) for inner, kind in needed.items()}
    if type_.name == "ID":
        kind = kind_of(name, owner)
        return ids.get(kind) or absent(kind)
    if type_.name in ("Int", "Confidence"):
        return 1
    if type_.name in ("Float", "Score"):
        return 0.5
    if type_.name == "Boolean":
        return True
    return TIMES.get(name) or TEXTS.get(type_.name, "Sample-text-7")


def call(kind: str, name: str, definition: Any, ids: Mapping[str, str] | None = None) -> tuple[str, dict[str, Any]]:
    """(document, variables) that call one root field with what it needs, and with a case where it takes one. A
    subscription is to go on from where nobody was, which it refuses: it would wait for what never happens."""
    optional = {"investigationId", *(["after"] if kind == "subscription" else [])}
    given = {
        argument: described.type
        for argument, described in definition.args.items()
        if is_required_argument(described) or argument in optional
    }
    owner = get_named_type(definition.type).name + name
    variables = {argument: value(argument, type_, owner, ids or {}) for argument, type_ in given.items()}
    heads = ", ".join(f"${argument}: {type_}" for argument, type_ in given.items())
    passed = ", ".join(f"{argument}: ${argument}" for argument in given)
    body = "" if is_leaf_type(get_named_type(definition.type)) else " { __typename }"
    head, arguments = (f"({heads})", f"({passed})") if given else ("", "")
    return f"{kind}{head} {{ {name}{arguments}{body} }}", variables


def path_of(pattern: str, ids: Mapping[str, str] | None = None) -> str:
    """The path of a route with something in each of its places."""
    known = {"investigation_id": to_ref("INV", NUMBER), "evidence_id": to_ref("EV", NUMBER), **(ids or {})}
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda place: known.get(place[1], NOBODY), pattern)
