"""How much one document may be: measured before it is validated, each definition walked once.

A measure that follows every path through the fragments doubles with each fragment that is named twice; here a fragment
is measured once and its measure used wherever it is named, so the work grows with the text alone. Cycles and unknown
fragments count nothing: validation, which comes next, refuses them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
)

from foundation.settings import Settings


@dataclass(frozen=True)
class Limits:
    """The numbers of SECURITY R23, and where that says nothing, why. Those of the settings are the operator's."""

    characters: int = 100_000
    tokens: int = 2_000
    """Validation is quadratic at worst, so the parser is where it has to end."""
    anonymous_characters: int = 15_000
    anonymous_tokens: int = 500
    """The same for callers the schema is closed to: all they have to ask is how to sign in."""
    definitions: int = 100
    depth: int = 12
    """Fields inside fields, through fragments. What lies below __schema and __type is not counted: its own rule bounds
    it, and the query consoles send is deeper than any of ours."""
    nesting: int = 50
    """The same with inline and named fragments as levels of their own: everything that walks a document recurses."""
    aliases: int = 30
    roots: int = 20
    directives_a_place: int = 10
    directives: int = 50
    fields: int = 500
    """Of one selection set, as written."""
    repetitions: int = 15_000
    """The squares of how often each response name is written, added up: a name of 120 places fits. Whether fields of
    one name can be merged is validated in pairs, and 12,000 pairs keep everybody waiting for a second."""
    items: int = 1_000
    """Of one list, in a variable or a literal: as many as the longest list any field takes (`ingestActivity`)."""
    cost: int = 20_000
    anonymous_cost: int = 200
    keys: int = 250_000
    """Response keys of an answer, at most. Scalars cost nothing, so that cost alone would let a page's texts be asked
    for thirty times by aliases: 250,000 values are about ten megabytes of answer."""
    introspection_keys: int = 1_000_000
    """The same for what lies below __schema and __type; the query of consoles comes to a third of it."""

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """With what an operator may set. Characters go with the tokens: 50 of them for each, as by default."""
        return cls(
            characters=50 * settings.graphql_tokens,
            tokens=settings.graphql_tokens,
            depth=settings.graphql_depth,
            nesting=max(cls.nesting, settings.graphql_depth),
            aliases=settings.graphql_aliases,
            roots=settings.graphql_roots,
            directives=settings.graphql_directives,
            cost=settings.graphql_cost,
            anonymous_cost=settings.graphql_anonymous_cost,
        )


INTROSPECTION = frozenset({"__schema", "__type"})


class Spread(NamedTuple):
    name: str
    depth: int
    nesting: int
    inside: bool


@dataclass
class Definition:
    """What stands in one operation or fragment itself, and which fragments it names where."""

    depth: int = 0
    nesting: int = 0
    aliases: int = 0
    roots: int = 0
    spreads: list[Spread] = field(default_factory=list)


class Totals(NamedTuple):
    """A definition with all that its fragments bring."""

    depth: int
    nesting: int
    aliases: int
    roots: int


NOTHING = Totals(0, 0, 0, 0)


class Measuring:
    """One document being measured. `visited` counts nodes that were looked at: what the work is proportional to."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.visited = 0
        self.directives = 0
        self.names: Counter[str] = Counter()
        self.errors: list[GraphQLError] = []

    def document(self, tree: DocumentNode) -> list[GraphQLError]:
        limits = self.limits
        if len(tree.definitions) > limits.definitions:
            self._refuse("definitions", len(tree.definitions), limits.definitions, "definitions")
            return self.errors
        operations, fragments = list[Definition](), dict[str, Definition]()
        for node in tree.definitions:
            if isinstance(node, OperationDefinitionNode):
                operations.append(self._definition(node))
                for variable in node.variable_definitions or ():
                    self._directives(variable)
                    self._literals([variable.default_value] if variable.default_value else ())
            elif isinstance(node, FragmentDefinitionNode):
                fragments[node.name.value] = self._definition(node)
        if self.directives > limits.directives:
            self._refuse("directives", self.directives, limits.directives, "directives")
        repeated = sum(count * count for count in self.names.values() if count > 1)
        if repeated > limits.repetitions:
            self._refuse("repetitions", repeated, limits.repetitions, "squared repetitions of field names")
        if not self.errors:
            self._compare(operations, self._totals(fragments), fragments)
        return self.errors

    def _compare(
        self, operations: Iterable[Definition], totals: dict[str, Totals], fragments: Mapping[str, Definition]
    ) -> None:
        limits = self.limits
        everything = [_sum(operation, totals) for operation in operations]
        # A fragment that no operation names is walked by validation all the same.
        nesting = max((total.nesting for total in (*everything, *totals.values())), default=0)
        if nesting > limits.nesting:
            self._refuse("nesting", nesting, limits.nesting, "selections inside selections")
        for total in everything:
            if total.depth > limits.depth:
                self._refuse("depth", total.depth, limits.depth, "levels of fields")
            if total.aliases > limits.aliases:
                self._refuse("aliases", total.aliases, limits.aliases, "aliases")
            if total.roots > limits.roots:
                self._refuse("roots", total.roots, limits.roots, "root fields")

    def _definition(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> Definition:
        made = Definition()
        self._directives(node)
        # (selection set, fields around it, selection sets around it, whether it lies in the introspection)
        open_sets: list[tuple[Any, int, int, bool]] = [(node.selection_set, 0, 0, False)]
        while open_sets:
            selection_set, depth, nesting, inside = open_sets.pop()
            made.nesting = max(made.nesting, nesting)
            if len(selection_set.selections) > self.limits.fields:
                self._refuse("fields", len(selection_set.selections), self.limits.fields, "fields in one selection")
            for selection in selection_set.selections:
                self.visited += 1
                self._directives(selection)
                if isinstance(selection, FragmentSpreadNode):
                    made.spreads.append(Spread(selection.name.value, depth, nesting + 1, inside))
                    continue
                below, there = depth, inside
                if isinstance(selection, FieldNode):
                    below, there = self._field(made, selection, depth, inside)
                if selection.selection_set is not None:
                    open_sets.append((selection.selection_set, below, nesting + 1, there))
        return made

    def _field(self, made: Definition, node: FieldNode, depth: int, inside: bool) -> tuple[int, bool]:
        """The depth below a field, and whether that is the introspection."""
        name = node.name.value
        inside = inside or name in INTROSPECTION
        below = depth if inside else depth + 1
        made.depth = max(made.depth, below)
        made.roots += depth == 0 and (not inside or name in INTROSPECTION)
        made.aliases += node.alias is not None
        self.names[node.alias.value if node.alias else name] += 1
        self._literals([argument.value for argument in node.arguments or ()])
        return below, inside

    def _directives(self, node: Any) -> None:
        placed = node.directives or ()
        self.directives += len(placed)
        if len(placed) > self.limits.directives_a_place:
            self._refuse("directives", len(placed), self.limits.directives_a_place, "directives in one place")
        for directive in placed:
            self.visited += 1
            self._literals([argument.value for argument in directive.arguments or ()])

    def _literals(self, values: Iterable[Any]) -> None:
        left = list(values)
        while left:
            self.visited += 1
            value = left.pop()
            if isinstance(value, ListValueNode):
                if len(value.values) > self.limits.items:
                    self._refuse("items", len(value.values), self.limits.items, "items in one list")
                left.extend(value.values)
            elif isinstance(value, ObjectValueNode):
                left.extend(member.value for member in value.fields)

    def _totals(self, fragments: Mapping[str, Definition]) -> dict[str, Totals]:
        """Of every fragment, those it names first. Without recursion: a chain of them may be long."""
        totals: dict[str, Totals] = {}
        for name in fragments:
            waiting = [(name, iter(fragments[name].spreads))]
            begun = {name}
            while waiting and name not in totals:
                current, spreads = waiting[-1]
                following = next((s.name for s in spreads if s.name in fragments and s.name not in totals), None)
                if following is None:
                    totals[current] = _sum(fragments[current], totals)
                    waiting.pop()
                elif following not in begun:
                    begun.add(following)
                    waiting.append((following, iter(fragments[following].spreads)))
                self.visited += 1
        return totals

    def _refuse(self, limit: str, number: int, maximum: int, measure: str) -> None:
        if all((error.extensions or {}).get("limit") != limit for error in self.errors):
            self.errors.append(over(limit, number, maximum, measure))


def over(limit: str, number: int, maximum: int, measure: str) -> GraphQLError:
    """The refusal of what is more than its limit: which one, the number, and what was counted."""
    shown = str(number) if number < 10**15 else "more than 10^15"
    text = f"This document has {shown} {measure}; at most {maximum} are allowed."
    return GraphQLError(text, extensions={"code": "BAD_USER_INPUT", "limit": limit, "maximum": maximum})


def measured(tree: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """Why this document is refused before it is validated: one error for each limit it passes."""
    return Measuring(limits).document(tree)


def long_lists(variables: Mapping[str, Any], most: int) -> list[GraphQLError]:
    """Refuses variables in which some list, however deep, has more than `most` items: before any of it is coerced."""
    return [
        GraphQLError(
            f"Variable '${name[:64]}' holds a list of {number} items; at most {most} are allowed.",
            extensions={"code": "BAD_USER_INPUT", "limit": "items", "maximum": most},
        )
        for name, value in variables.items()
        if (number := _longest(value, most)) > most
    ]


def _longest(value: Any, most: int) -> int:
    left = [value]
    while left:
        current = left.pop()
        if isinstance(current, list):
            if len(current) > most:
                return len(current)
            left.extend(item for item in current if isinstance(item, list | dict))
        elif isinstance(current, dict):
            left.extend(item for item in current.values() if isinstance(item, list | dict))
    return 0


def _sum(own: Definition, totals: Mapping[str, Totals]) -> Totals:
    depth, nesting, aliases, roots = own.depth, own.nesting, own.aliases, own.roots
    for spread in own.spreads:
        inner = totals.get(spread.name, NOTHING)
        nesting = max(nesting, spread.nesting + inner.nesting)
        aliases += inner.aliases
        if not spread.inside:
            depth = max(depth, spread.depth + inner.depth)
            roots += inner.roots if spread.depth == 0 else 0
    return Totals(depth, nesting, aliases, roots)
