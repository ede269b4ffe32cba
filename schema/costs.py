"""What an operation costs, reckoned before it runs from the bounds its fields declare.

A scalar costs nothing, an edge and a pageInfo neither; an object costs 1, a list its bound times one element. The bound
is `first` or `last` where a field takes them (20 when left out), the ids of a list of ids, `maxNodes` of a drawn graph
(and twice as many edges), and what the origin of the field declares elsewhere. It is a bound from above: what appears
twice is counted twice, whether or not it is merged, and every branch of an abstract type counts.

    query { investigations(first: 50) { edges { node { ref domains { domain } } } } }    # 1 + 50 x (1 + 9 x 1) = 501
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.pyutils import Undefined

from models.reading import origins
from rules.investigation.graph import MOST_NODES
from schema.faces import FaceField
from schema.limits import INTROSPECTION, Limits, over
from schema.selecting import DEFINITION

PAGE = 20
"""Elements of a page when neither `first` nor `last` is given, and of a list that declares no bound."""

MOST = 100
"""Elements of a page at most: a larger `first` is refused by the field itself."""

BOUNDS = {"UserError": 1, "TrustLevel": 3, "IngestResult": 1_000}
"""Lists that no face declares, by what they hold: a mutation tells one fault, and a result for each record."""

INTROSPECTED = {
    "fields": 10, "inputFields": 10, "enumValues": 10, "args": 3, "interfaces": 2, "possibleTypes": 5, "directives": 10,
}  # fmt: skip
"""Elements of the lists of the introspection, on the average of this schema; `types` is known."""


class Cost(NamedTuple):
    """`cost` as told to the client; `keys` and `introspection` count response keys, `nodes` objects with an id."""

    cost: int = 0
    keys: int = 0
    introspection: int = 0
    nodes: int = 0

    def plus(self, other: "Cost") -> "Cost":
        return Cost(*(mine + its for mine, its in zip(self, other, strict=True)))

    def times(self, number: int) -> "Cost":
        return Cost(*(mine * number for mine in self))


FREE = Cost()
ONE_KEY = Cost(keys=1)
ONE_INTROSPECTED = Cost(introspection=1)


class Sized(NamedTuple):
    """The cost of a selection that may stand in a page or a drawn graph of any size: what is `fixed`, and what each
    element brings. So a fragment is reckoned once, whatever the pages it stands in."""

    fixed: Cost = FREE
    each_node: Cost = FREE
    each_edge: Cost = FREE

    def plus(self, other: "Sized") -> "Sized":
        return Sized(*(mine.plus(its) for mine, its in zip(self, other, strict=True)))

    def of(self, nodes: int, edges: int) -> Cost:
        return self.fixed.plus(self.each_node.times(nodes)).plus(self.each_edge.times(edges))


def cost_of(
    schema: Any,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> Cost:
    """The cost of a valid operation with these raw variables."""
    return Reckoning(schema, fragments, operation, variables).total()


def too_costly(cost: Cost, maximum: int, limits: Limits) -> list[GraphQLError]:
    """Why this operation is not run. Whom `maximum` leaves a hundredth of the cost, has a hundredth of the keys."""
    keys = limits.keys * maximum // limits.cost
    if cost.cost > maximum:
        return [over("cost", cost.cost, maximum, "points of cost")]
    if cost.keys > keys:
        return [over("keys", cost.keys, keys, "possible values in its answer")]
    if cost.introspection > limits.introspection_keys:
        return [over("introspection", cost.introspection, limits.introspection_keys, "values of introspection")]
    return []


class Reckoning:
    """One operation being reckoned. `visited` counts the selections that were looked at: what the work is proportional
    to. `asked` names the variables whose values the cost depends on."""

    def __init__(
        self,
        schema: Any,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self.schema, self.fragments, self.operation, self.variables = schema, fragments, operation, variables
        self.known: dict[str, Sized] = {}
        self.visited = 0
        self.asked: set[str] = set()

    def total(self) -> Cost:
        return self._set(self.schema.get_root_type(self.operation.operation), self.operation.selection_set).fixed

    def _set(self, type_: Any, selected: SelectionSetNode) -> Sized:
        total = Sized()
        for selection in selected.selections:
            self.visited += 1
            match selection:
                case FieldNode():
                    total = total.plus(self._field(type_, selection))
                case FragmentSpreadNode():
                    total = total.plus(self._fragment(selection.name.value))
                case InlineFragmentNode():
                    condition = selection.type_condition
                    inner = self.schema.get_type(condition.name.value) if condition else type_
                    total = total.plus(self._set(inner, selection.selection_set))
        return total

    def _fragment(self, name: str) -> Sized:
        if name not in self.known:
            fragment = self.fragments[name]
            type_ = self.schema.get_type(fragment.type_condition.name.value)
            self.known[name] = self._set(type_, fragment.selection_set)
        return self.known[name]

    def _field(self, owner: Any, node: FieldNode) -> Sized:
        definition = self.schema.get_field(owner, node.name.value)
        named = get_named_type(definition.type)
        introspecting = owner.name.startswith("__") or node.name.value in INTROSPECTION
        key = ONE_INTROSPECTED if introspecting else ONE_KEY
        if node.selection_set is None:
            return Sized(key)
        inner = self._set(named, node.selection_set)
        if introspecting:
            return Sized(key.plus(inner.fixed.times(self._number(owner, definition, node))))
        element = inner.of(*self._sizes(definition, node)).plus(_itself(named))
        if _is_sized(owner) and is_list_type(get_nullable_type(definition.type)):
            return Sized(key, FREE, element) if node.name.value == "edges" else Sized(key, element)
        return Sized(key.plus(element.times(self._number(owner, definition, node))))

    def _number(self, owner: Any, definition: Any, node: FieldNode) -> int:
        """How many elements the field holds at most; those of pages and drawn graphs are counted apart."""
        if not is_list_type(get_nullable_type(definition.type)):
            return 1
        name = node.name.value
        if owner.name.startswith("__"):
            return len(self.schema.type_map) if name == "types" else INTROSPECTED.get(name, PAGE)
        made = definition.extensions.get(DEFINITION)
        if not isinstance(made, FaceField):
            return BOUNDS.get(get_named_type(definition.type).name, PAGE)
        if isinstance(made.source, origins.OneOf):
            return self._items(node, made.source.needs[0], made.source.bound)
        bound = made.source.bound
        if "first" not in definition.args:
            return bound
        given = self._whole(definition, node, "first", bound)
        return PAGE if given is None else given

    def _sizes(self, definition: Any, node: FieldNode) -> tuple[int, int]:
        """How many nodes and edges lie below a page or a drawn graph."""
        if "first" in definition.args:
            given = [n for name in ("first", "last") if (n := self._whole(definition, node, name, MOST)) is not None]
            number = max(given, default=PAGE)
            return number, number
        if "maxNodes" in definition.args:
            nodes = self._whole(definition, node, "maxNodes", MOST_NODES) or 0
            return nodes, 2 * nodes
        return PAGE, PAGE

    def _whole(self, definition: Any, node: FieldNode, name: str, most: int) -> int | None:
        """An argument that is a whole number, as it will be; `most` for what is no number at all."""
        value = next((a.value for a in node.arguments or () if a.name.value == name), None)
        if isinstance(value, VariableNode):
            raw = self._variable(value.name.value)
        elif isinstance(value, IntValueNode):
            raw = int(value.value) if len(value.value) < 12 else -1
        else:
            raw = Undefined if value is None else None
        if raw is Undefined:
            default = definition.args[name].default_value if name in definition.args else Undefined
            raw = None if default is Undefined else default
        if raw is None:
            return None
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            return most
        return int(raw) if 0 <= raw <= most else 0  # The field itself refuses such a number, and nothing is read.

    def _items(self, node: FieldNode, name: str, most: int) -> int:
        value = next((a.value for a in node.arguments or () if a.name.value == name), None)
        if isinstance(value, VariableNode):
            raw = self._variable(value.name.value)
            return min(len(raw), most) if isinstance(raw, list) else 1 if isinstance(raw, str) else most
        return min(len(value.values), most) if isinstance(value, ListValueNode) else 1

    def _variable(self, name: str) -> Any:
        """Its raw value, or its default; Undefined where it has neither."""
        self.asked.add(name)
        if name in self.variables:
            return self.variables[name]
        for stated in self.operation.variable_definitions or ():
            if stated.variable.name.value == name and stated.default_value is not None:
                given = stated.default_value
                if isinstance(given, IntValueNode):
                    return int(given.value) if len(given.value) < 12 else MOST
                return ["" for _ in given.values] if isinstance(given, ListValueNode) else None
        return Undefined


def _is_sized(type_: Any) -> bool:
    """Whether it is a page or a drawn graph, whose size stands in the arguments of the field above."""
    fields = getattr(type_, "fields", {})
    return "edges" in fields and ("pageInfo" in fields or "hiddenNodeCount" in fields)


def _itself(type_: Any) -> Cost:
    return Cost(0 if _is_free(type_) else 1, nodes=int(_is_node(type_)))


def _is_node(type_: Any) -> bool:
    """Whether what it is has an id of its own: `Node`, its types and the unions of them."""
    return type_.name == "Node" or any(interface.name == "Node" for interface in getattr(type_, "interfaces", ()))


def _is_free(type_: Any) -> bool:
    fields = getattr(type_, "fields", {})
    return type_.name == "PageInfo" or ("cursor" in fields and "node" in fields)
