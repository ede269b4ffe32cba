"""Documents that walk the whole printed schema: each field of each type, each order, each filter, each id. They are
written from the schema itself, so a new field is walked on the day it is made."""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
)

from tests.graph.authors import written
from tests.security.samples import value

PAGED = {"edges", "node", "pageInfo"}
Ids = Mapping[str, Sequence[str]]


class Queries:
    """The schema as random authors should see it: to be read, not to be written or followed."""

    mutation_type = subscription_type = None

    def __init__(self, schema: Any) -> None:
        self._schema = schema

    def __getattr__(self, name: str) -> Any:
        return getattr(self._schema, name)


class Walk:
    def __init__(self, schema: Any, ids: Ids, apart: frozenset[str] = frozenset()) -> None:
        """`apart`: root fields that share no document with others."""
        self.schema, self.apart = schema, apart
        self.ids = {kind: some[0] for kind, some in ids.items() if some}
        self.told: set[tuple[str, str]] = set()

    def documents(self) -> Iterator[str]:
        """For each type that a query can reach, each of its fields by the shortest way there."""
        ways: dict[str, tuple[str, str]] = {self.schema.query_type.name: ("query ", "")}
        waiting = deque([self.schema.query_type])
        while waiting:
            type_ = waiting.popleft()
            head, tail = ways[type_.name]
            for body in self.bodies(type_):
                yield f"{head}{{ {body} }}{tail}"
            for name, field in type_.fields.items():
                of = get_named_type(field.type)
                if is_leaf_type(of):
                    continue
                for next_ in self.schema.get_possible_types(of) if is_abstract_type(of) else [of]:
                    by_id, known = "id" in field.args, self.ids.get(next_.name)
                    if next_.name in ways or (is_abstract_type(of) and by_id and known is None):
                        continue
                    named = {"id": f'"{known}"'} if by_id and known else {}
                    call = f"{name}{self.arguments(field, **named)}"
                    if next_ is of:
                        ways[next_.name] = (f"{head}{{ {call} ", f" }}{tail}")
                    else:
                        ways[next_.name] = (f"{head}{{ {call} {{ ... on {next_.name} ", f" }} }}{tail}")
                    waiting.append(next_)

    def bodies(self, type_: Any) -> Iterator[str]:
        """Every field of a type: plainly, then in each order, and with each filter by itself."""
        out = []
        for n, (name, field) in enumerate(type_.fields.items()):
            self.told.add((type_.name, name))
            out.append(f"f{n}: {name}{self.arguments(field)}{self.below(field)}")
            for argument, described in field.args.items():
                named = get_named_type(described.type)
                if argument == "orderBy" and isinstance(named, GraphQLEnumType):
                    for word in named.values:
                        out.append(f"o{len(out)}: {name}{self.arguments(field, orderBy=word)}{self.below(field)}")
                elif argument == "filter":
                    for inner, definition in named.fields.items():
                        given = written({inner: value(inner, definition.type, named.name, self.ids)}, named)
                        out.append(f"i{len(out)}: {name}{self.arguments(field, filter=given)}{self.below(field)}")
        while out:  # a few at once: validating a document costs the square of its fields
            some = [out.pop()]
            while (
                out
                and not ({_field(some[0]), _field(out[-1])} & self.apart)
                and sum(map(_tokens, [*some, out[-1]])) < 600
            ):
                some.append(out.pop())
            yield "\n".join(some)

    def arguments(self, field: Any, **more: str) -> str:
        owner = get_named_type(field.type).name
        given = {
            name: written(value(name, described.type, owner, self.ids), described.type)
            for name, described in field.args.items()
            if is_required_argument(described) and name not in more
        } | more
        return f"({', '.join(f'{name}: {text}' for name, text in given.items())})" if given else ""

    def below(self, field: Any) -> str:
        of = get_named_type(field.type)
        return "" if is_leaf_type(of) else f" {{ {self.leaves(of)} }}"

    def one_leaf(self, type_: Any) -> str:
        """Each kind behind an interface has its own document; here it is enough that it is there."""
        return next((f"{type_.name}_{name}: {name}" for name in ("id", "cursor") if name in type_.fields), "__typename")

    def leaves(self, type_: Any) -> str:
        """All that a type shows without going further, but for what a page is made of."""
        if is_abstract_type(type_):
            kinds = self.schema.get_possible_types(type_)
            return "__typename " + " ".join(f"... on {of.name} {{ {self.one_leaf(of)} }}" for of in kinds)
        out = ["__typename"]
        for name, field in type_.fields.items():
            of = get_named_type(field.type)
            if any(is_required_argument(argument) for argument in field.args.values()):
                continue
            if is_leaf_type(of):
                out.append(f"{type_.name}_{name}: {name}")
            elif name in PAGED and is_object_type(of):
                out.append(f"{name} {{ {self.leaves(of)} }}")
            elif name in PAGED:
                out.append(f"{name} {{ __typename }}")
        return " ".join(out)


def _field(text: str) -> str:
    return text.partition(": ")[2].partition("(")[0].partition(" ")[0]


def _tokens(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))
