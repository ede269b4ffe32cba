"""Writes random documents over any schema of faces, with the values they need: ids that exist, cursors near equal keys,
filters that let something through."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)
from graphql.pyutils import Undefined

from foundation.cursors import Cursors
from foundation.times import to_text
from models.reading import origins
from models.reading.stored import key_name, sql_table
from schema.faces import SOURCES
from schema.selecting import DEFINITION, face_of, node_type

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
MOVING = frozenset({"auditLog", "auditVerification"})
"""Roots whose reading is itself a line of the trail: two readings are never alike. tests/audit reads them both ways."""
WEIGHTY = {"edges", "node", "pageInfo"}
PLENTIFUL = {"investigation", "investigations", "nodes", "activity", "evidence", "events"}


@dataclass
class Pool:
    """What the values of one world are drawn from. `ids` by the name of the argument or input field."""

    rows: Rows
    ids: Mapping[str, Sequence[str]]
    words: Sequence[str]
    start: datetime
    cursors: Cursors


@dataclass
class Author:
    """One document. `sane`: asks for nothing refused, or errors would erase every answer.

    `values(...)` draws the variables anew; those of @skip and @include can be turned round.
    """

    random: Random
    schema: Any
    pool: Pool
    budget: int = 0
    sane: bool = True
    abstract: int = 0
    declared: dict[str, tuple[str, Callable[[], Any], bool]] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    serial: int = 0
    said: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def document(self) -> tuple[str, str]:
        """(kind of operation, text)."""
        r = self.random
        self.budget, self.sane = r.choice((20, 50, 110)), r.random() < 0.75
        kinds = ["query"] * 10
        kinds += ["mutation"] if self.schema.mutation_type else []
        kinds += ["subscription"] if self.schema.subscription_type else []
        kind = r.choice(kinds)
        if kind == "subscription":  # one root, and nothing skipped there
            name, definition = r.choice(list(self.schema.subscription_type.fields.items()))
            inner = self.selection(get_named_type(definition.type), 5)
            body = f"{{ {name}{self.arguments(self.schema.subscription_type, name, definition)} {inner} }}"
        else:
            root = self.schema.query_type if kind == "query" else self.schema.mutation_type
            body = self.selection(root, r.choice((3, 5, 7)), root=True)
        heads = ", ".join(f"${name}: {type_}" for name, (type_, _, _) in self.declared.items())
        return kind, "\n".join([f"{kind}{f'({heads})' if heads else ''} {body}", *self.fragments])

    def values(self, *, turned: bool = False) -> dict[str, Any]:
        out = {}
        for name, (_, draw, required) in self.declared.items():
            if name in ("yes", "no"):
                out[name] = (name == "yes") != turned
            elif required or self.random.random() < 0.9:
                out[name] = draw()
        return out

    # ---- selections ----

    def selection(self, type_: Any, depth: int, *, root: bool = False) -> str:
        r, out = self.random, list[str]()
        fields = dict(getattr(type_, "fields", {}))
        for name in ("_", *MOVING):
            fields.pop(name, None)
        if is_abstract_type(type_) and r.random() < 0.8:
            self.abstract += 1
            out.append(f"abstract{self.abstract}: __typename")
        for _ in range(r.randint(1, 3) if root else r.randint(2, 6)):
            self.budget -= 1
            roll = r.random()
            if roll < 0.06:
                out.append(r.choice(("", "t: ")) + "__typename" + self.directive())
            elif roll < (0.45 if is_abstract_type(type_) else 0.2) and depth > 0 and not root:
                out.append(self.fragment(type_, depth))
            elif fields:
                out.append(self.field(type_, fields, depth))
        return "{ " + " ".join(out or ["__typename"]) + " }"

    def fragment(self, type_: Any, depth: int) -> str:
        r = self.random
        if is_abstract_type(type_):
            inside = r.choice(self.schema.get_possible_types(type_))
        else:
            inside = r.choice([type_, *type_.interfaces])
        body = self.selection(inside, depth - 1)
        if r.random() < 0.5:
            self.fragments.append(f"fragment F{len(self.fragments)} on {inside.name} {body}")
            return f"...F{len(self.fragments) - 1}{self.directive()}"
        return f"... on {inside.name}{self.directive()} {body}"

    def field(self, type_: Any, fields: dict[str, Any], depth: int) -> str:
        r = self.random
        leaves = [n for n in fields if is_leaf_type(get_named_type(fields[n].type))]
        if depth <= 0 or self.budget <= 0:
            name = r.choice(leaves or [min(fields)])
        else:
            heavy = [n for n, f in fields.items() if not is_leaf_type(get_named_type(f.type))]
            heavy += [n for n in fields if n in WEIGHTY] * 5
            heavy += [n for n in fields if n in PLENTIFUL and type_ is self.schema.query_type] * 5
            name = r.choice([*fields, *heavy, *heavy])
        of = get_named_type(fields[name].type)
        known = self.said.setdefault((type_.name, name), [])
        if known and r.random() < 0.3:  # the same field again, to be merged
            head = r.choice(known)
        else:
            args = self.arguments(type_, name, fields[name])
            self.serial += 1
            aliased = bool(fields[name].args) or r.random() < 0.2
            head = (f"x{self.serial}: " if aliased else "") + name + args
            known.append(head)
        # What a page is made of costs no depth, or nothing below two lists would ever be reached.
        body = "" if is_leaf_type(of) else " " + self.selection(of, depth - (name not in WEIGHTY))
        return head + self.directive() + body

    def directive(self) -> str:
        if self.random.random() > 0.06:
            return ""
        word = self.random.choice(("skip", "include"))
        if self.random.random() < 0.4:
            return f" @{word}(if: {self.random.choice(('true', 'false'))})"
        name = self.random.choice(("yes", "no"))
        self.declared[name] = ("Boolean!", lambda: True, True)
        return f" @{word}(if: ${name})"

    # ---- arguments ----

    def arguments(self, owner: Any, field_name: str, definition: Any) -> str:
        r, out = self.random, list[str]()
        chosen: set[str] = set()
        order = None
        settled = self.sane and "orderBy" in definition.args
        free = settled and r.random() < 0.5
        if settled and not free:
            # Cursors belong to an order, so it is settled first, and written as it is.
            order = r.choice(list(get_named_type(definition.args["orderBy"].type).values.items()))
            out.append(f"orderBy: {order[0]}")
        for name, argument in definition.args.items():
            if (name == "orderBy" and order) or (free and name in ("after", "before")):
                continue
            required = is_required_argument(argument)
            chance = {"last": 0.2, "before": 0.12, "after": 0.2, "first": 0.5, "filter": 0.35}.get(name, 0.5)
            if not required and r.random() > chance:
                continue
            if self.sane and name == "last" and "first" in chosen:
                continue
            chosen.add(name)
            draw = self.drawing(name, argument.type, definition, order and str(order[1].value))
            if r.random() < 0.45:
                variable = f"v{len(self.declared)}"
                self.declared[variable] = (str(argument.type), draw, required)
                out.append(f"{name}: ${variable}")
            else:
                out.append(f"{name}: {written(draw(), argument.type)}")
        return f"({', '.join(out)})" if out else ""

    def drawing(self, name: str, type_: Any, definition: Any, order: str | None) -> Callable[[], Any]:
        """A way to draw a value of this argument, again and again."""
        sane = self.sane

        def draw() -> Any:
            r = self.random
            if name in ("after", "before"):
                return "rubbish" if not sane and r.random() < 0.3 else self.cursor(definition, order)
            if name in ("first", "last"):
                return r.choice((1, 2, 3, 5, 20, 20) if sane else (1, 2, 3, 0, 101, -1))
            shown = self.pool.ids.get(get_named_type(definition.type).name)
            if name == "id" and shown and r.random() < 0.8:
                return r.choice(shown)
            return self.value(name, type_)

        return draw

    def cursor(self, definition: Any, order: str | None) -> str | None:
        """Of a row of the listed table, or of a place beside it."""
        field_ = definition.extensions[DEFINITION]
        page = getattr(field_, "source", None)
        if not isinstance(page, origins.Page):
            return None
        table = SOURCES[face_of(node_type(get_named_type(definition.type)))]
        rows = self.pool.rows.get(sql_table(table).name)
        order = order or self.random.choice(list(page.orders))
        column, _ = page.orders[order]
        key = key_name(table)
        row = dict(self.random.choice(rows)) if rows else {column: 0, key: 0}
        values = [row[column]] if column == key else [row[column], row[key]]
        if self.random.random() < 0.2 and isinstance(values[-1], int):
            values[-1] += self.random.choice((-1, 1))
        plain = [to_text(v) if isinstance(v, datetime) else v for v in values]
        return self.pool.cursors.seal(f"list {sql_table(table).name}", [order, *plain])

    def value(self, name: str, type_: Any) -> Any:
        r = self.random
        if is_non_null_type(type_):
            return self.value(name, type_.of_type)
        if is_list_type(type_):
            return [self.value(name, type_.of_type) for _ in range(r.choice((0, 1, 2, 2, 4)))]
        named = get_named_type(type_)
        if isinstance(named, GraphQLEnumType):
            return r.choice(list(named.values))
        if isinstance(named, GraphQLInputObjectType):
            given = {}
            for inner, definition in named.fields.items():
                required = is_non_null_type(definition.type) and definition.default_value is Undefined
                if required or r.random() < 1.1 / len(named.fields):
                    given[inner] = self.value(inner, definition.type)
            return given
        if named.name == "ID":
            known = self.pool.ids.get(name) or self.pool.ids["id"]
            return r.choice([*known, *known, "nothing"])
        if named.name == "DateTime":
            return to_text(self.pool.start + timedelta(days=r.randrange(-1, 5), microseconds=r.choice((0, 0, 5))))
        if named.name == "Boolean":
            return r.random() < 0.5
        if named.name in ("Int", "Confidence"):
            return r.choice((1, 2, 3, 5, 10, 50) if self.sane else (0, 1, -1, 5, 1000))
        if named.name in ("Float", "Score"):
            return r.choice((0, 0.25, 0.5, 0.5, 1))
        return r.choice([*self.pool.words, r.choice(self.pool.words)[:3], ""])


def written(value: Any, type_: Any) -> str:
    """A value as a literal."""
    named = get_named_type(type_)
    if isinstance(value, list):
        return "[" + ", ".join(written(item, named) for item in value) + "]"
    if isinstance(value, dict):
        inner = {n: written(v, named.fields[n].type) for n, v in value.items()}
        return "{" + ", ".join(f"{n}: {v}" for n, v in inner.items()) + "}"
    if isinstance(named, GraphQLEnumType) and value is not None:
        return str(value)
    return orjson.dumps(value).decode()
