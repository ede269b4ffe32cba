"""Documents: parsed and validated once, known by their text.

Strawberry's ValidationCache hashes the syntax tree on every request and parses each time; the text is the cheaper key.
What a caller may see of the schema is part of the key, because it decides which rules run (introspection, hints).
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.costs import Cost, Reckoning
from schema.limits import Limits, measured, over

CACHED_CHARACTERS = 4_000_000
"""All texts in the cache together. A syntax tree takes about a hundred bytes a character: 400 MB at the very worst,
which only signed-in callers with distinct documents of the full size could reach; usual documents are a thousandth."""

HELD_COSTS = 64
"""Costs remembered of one document: one for each page size in use."""

_TOKEN = re.compile(
    r'''
    (?P<comment>\#[^\n\r]*)
    | """(?:\\"""|[^"]|"(?!""))*+(?:"""|\Z)
    | "(?:\\.|[^"\\\n\r])*+"?
    | [A-Za-z_][A-Za-z0-9_]*+
    | -?[0-9][0-9.eE+-]*+
    | \.\.\.
    | [!$&()\[\]{}:=@|]
    ''',
    re.VERBOSE,
)
"""The tokens of a valid document, and its comments. Whatever it meets it takes in and never goes back: what is not
closed would else be read again from each of its quotation marks."""

_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
_CLOSED_RULES = (*_RULES, NoSchemaIntrospectionCustomRule)


class Costs:
    """What the operations of one document cost, by the values of the variables that matter for it."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, tuple[Any, ...]], Cost] = {}
        self._asked: dict[int, tuple[str, ...]] = {}

    def of(self, schema: GraphQLSchema, document: "Document", operation: OperationDefinitionNode, raw: Any) -> Cost:
        """Reckoned once for each operation and each such value; operations live as long as their document."""
        names = self._asked.get(id(operation))
        if names is not None and (known := self._held.get((id(operation), _values(names, raw)))) is not None:
            return known
        reckoning = Reckoning(schema, document.fragments, operation, raw)
        cost = reckoning.total()
        names = self._asked[id(operation)] = tuple(sorted(reckoning.asked))
        if len(self._held) >= HELD_COSTS:
            self._held.clear()
        self._held[id(operation), _values(names, raw)] = cost
        return cost


@dataclass(frozen=True)
class Document:
    """A document ready to run, or the errors it has and the code they are shown under."""

    tree: DocumentNode | None
    operations: Mapping[str, OperationDefinitionNode]
    fragments: Mapping[str, FragmentDefinitionNode] = field(default_factory=dict)
    errors: tuple[GraphQLError, ...] = ()
    code: str = ""
    costs: Costs = field(default_factory=Costs)

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation a request means: the named one, or the only one. None when that is not determined."""
        if name is not None:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None


class Documents:
    """The cache. One per schema; bounded by the characters it holds."""

    def __init__(
        self, schema: GraphQLSchema, *, limits: Limits | None = None, characters: int = CACHED_CHARACTERS
    ) -> None:
        self._schema = schema
        self._limits, self._sizes = limits, limits or Limits()
        self._room = characters
        self._held: OrderedDict[tuple[str, bool], Document] = OrderedDict()

    def holds(self, text: str, *, closed: bool) -> bool:
        """Whether nothing has to be read for it."""
        return (text, closed) in self._held

    def get(self, text: str, *, closed: bool) -> Document:
        """The document. `closed`: the caller may not learn the schema, neither by introspection nor by hints."""
        most = self._sizes.anonymous_characters if closed else self._sizes.characters
        if len(text) > most:
            # Not kept: a few of the size that a body may have would drive everything else out of the cache.
            return _faulty("GRAPHQL_PARSE_FAILED", GraphQLError(f"The document has more than {most} characters."))
        key = (text, closed)
        held = self._held.get(key)
        if held is not None:
            self._held.move_to_end(key)
            return held
        made = self._held[key] = self._read(text, closed)
        self._room -= len(text)
        while self._room < 0 and len(self._held) > 1:
            (dropped, _), _ = self._held.popitem(last=False)
            self._room += len(dropped)
        return made

    def __len__(self) -> int:
        return len(self._held)

    def _read(self, text: str, closed: bool) -> Document:
        tokens = self._sizes.anonymous_tokens if closed else self._sizes.tokens
        if (no := hopeless(text, self._sizes, tokens)) is not None:
            return _faulty(*no)
        try:
            # The specification knows no empty selections; graphql-core would answer `{}` with nothing.
            tree = parse(text, max_tokens=tokens, allow_empty_selection_sets=False)
        except GraphQLSyntaxError as error:
            return _faulty("GRAPHQL_PARSE_FAILED", error.with_traceback(None))
        except RecursionError:
            return _faulty("GRAPHQL_PARSE_FAILED", GraphQLError("The document is nested too deeply."))
        if self._limits and (errors := measured(tree, self._limits)):
            return _faulty("BAD_USER_INPUT", *errors)
        rules = _CLOSED_RULES if closed else _RULES
        if errors := validate(self._schema, tree, rules, max_errors=5, hide_suggestions=closed):
            return _faulty("GRAPHQL_VALIDATION_FAILED", *errors)
        found = [node for node in tree.definitions if isinstance(node, OperationDefinitionNode)]
        fragments = {node.name.value: node for node in tree.definitions if isinstance(node, FragmentDefinitionNode)}
        return Document(tree, {node.name.value if node.name else "": node for node in found}, fragments)


def hopeless(text: str, limits: Limits, tokens: int) -> tuple[str, GraphQLError] | None:
    """What the text alone makes certain, and the code it is shown under: limits that parsing could only confirm, at ten
    times the price. An alias is a colon outside parentheses, a definition a brace outside braces."""
    seen = aliases = directives = definitions = braces = parentheses = 0
    for match in _TOKEN.finditer(text):
        if match.lastgroup is not None:
            continue
        seen += 1
        if seen > tokens:
            return "GRAPHQL_PARSE_FAILED", GraphQLError(f"The document has more than {tokens} tokens.")
        match match[0]:
            case "(":
                parentheses += 1
            case ")":
                parentheses -= 1
            case "@":
                directives += 1
            case ":" if parentheses <= 0:
                aliases += 1
            case "{" if parentheses <= 0:
                definitions += braces <= 0
                braces += 1
            case "}" if parentheses <= 0:
                braces -= 1
    for limit, number, most, measure in (
        ("definitions", definitions, limits.definitions, "definitions"),
        ("directives", directives, limits.directives, "directives"),
        # Each definition may have as many; where all have more together, one of them has.
        ("aliases", aliases, limits.aliases * max(1, definitions), "aliases"),
    ):
        if number > most:
            return "BAD_USER_INPUT", over(limit, number, most, measure)
    return None


def _values(names: tuple[str, ...], raw: Any) -> tuple[Any, ...]:
    """Of a list only its length matters, and what is no number is reckoned alike; by type too, since 1 equals true."""
    values = (raw.get(name, Ellipsis) for name in names)
    return tuple((type(v), len(v) if isinstance(v, list) else v if isinstance(v, int | float) else 0) for v in values)


def _faulty(code: str, *errors: GraphQLError) -> Document:
    return Document(None, {}, errors=errors, code=code)
