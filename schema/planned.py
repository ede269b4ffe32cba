"""GraphQL's selection -> picks -> a plan, run where graphql-core would have gone down field by field.

Roots, payload fields and event fields return a `Source`; `PlannedExecutor` takes it wherever it appears. In the modes
`reference` and `plain` the same declarations are resolved by `schema.reference`.

    investigation: Investigation | None      # a payload's field
    return ArchivePayload(investigation=planned(info, Investigation, row.id), user_errors=[])
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import orjson
import strawberry
from graphql import GraphQLError, OperationType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from foundation.errors import Unauthenticated
from models.reading.origins import One, OneOf, Origin
from resolvers import reading
from resolvers.operation import Operation
from rules.access.actions import Action, may
from schema import fields, reference
from schema.anonymous import is_public
from schema.arguments import Given, tidy
from schema.faces import FaceField
from schema.marks import action_of
from schema.selecting import Reader

Info = strawberry.Info[Any, Any]


class ReadingContext(Protocol):
    """What faces need of `info.context`. `reading`: `planned`, `reference` (a statement for each parent), or `plain`
    (tests: whole tables, filtered in Python)."""

    @property
    def operation(self) -> Operation: ...

    @property
    def reading(self) -> str: ...


class Source(NamedTuple):
    """What a root, a payload field or an event field returns in place of data: read from here.

    `seed` holds what the origin needs, by name. `action` is checked before the read.
    """

    origin: Origin
    seed: dict[str, Any]
    action: Any = None


def resolve(field: FaceField, source: Any, info: Info, kwargs: dict[str, Any]) -> Any:
    """Of every field of a face: a root becomes a Source, and below a root the reference resolves it."""
    args = tidy(kwargs)
    if hasattr(source, "_row"):  # shown by the reference
        return source._reader.value(field.source, source._row, args, info)
    if info.context.reading == "planned":
        return Source(field.source, args, field.action)
    return reference.root(info, field.source, args, field.action)


fields.RESOLVE[0] = resolve

_ONE = One(("key",))
_LISTS: dict[type, OneOf] = {}


def planned(info: Info, face: type, key: Any, *, action: Action = Action.GRAPH_READ) -> Any:
    """The row of this face's table with this key, for a field whose type is the face and may be null.

    `action`: what the viewer must be allowed, or is answered with null.
    """
    return _read(info, _ONE, {"key": key}, face, action)


def planned_list(info: Info, face: type, keys: Sequence[Any]) -> Any:
    """Rows by their keys, in this order, for a field that is a list of the face; null where a row is not to be seen."""
    if face not in _LISTS:
        name = face.__strawberry_definition__.name  # type: ignore[attr-defined]
        _LISTS[face] = OneOf(("keys",), locate=lambda key: (name, key), several=True, bound=10_000)
    return _read(info, _LISTS[face], {"keys": list(keys)}, face, Action.GRAPH_READ)


def planned_objects(info: Info, origin: Origin, seed: dict[str, Any], face: type) -> Any:
    """Objects that were found already, for a field that is a list of the face of their class."""
    return _read(info, origin, seed, face, Action.GRAPH_READ)


def _read(info: Info, origin: Origin, seed: dict[str, Any], face: type, action: Action) -> Any:
    if not may(info.context.operation.viewer, action):
        return None  # A key that may only write learns that it wrote, not what else the graph holds.
    if info.context.reading == "planned":
        return Source(origin, seed)
    return reference.Shared(lambda: reference.of_face(info, origin, seed, face))


class PlannedExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core, which on meeting a Source takes the planned answer instead of going down."""

    _slots: reading.Slots | None = None
    objects = 0
    """In the planned parts of the answer, and more where their texts hold braces: counted, not read."""
    closed_to_caller = False
    """Set where the caller has no identity: roots that are not public are refused before their arguments are read."""

    def execute_field(self, parent_type: Any, source: Any, details: Any, path: Any, position: Any) -> Any:
        if path.prev is None and self.operation.operation is OperationType.MUTATION:
            # Mutations run one after the other, so there is one that is asked for at a time.
            field = parent_type.fields.get(details[0].node.name.value)
            self.context_value.operation.asked.action = None if field is None else action_of(field)
        if self.closed_to_caller and path.prev is None:
            name = details[0].node.name.value
            if not is_public(parent_type, name):
                self.handle_field_error(Unauthenticated(), parent_type.fields[name].type, details, path)
                return None
        return super().execute_field(parent_type, source, details, path, position)

    def complete_value(self, return_type: Any, details: Any, info: Any, path: Any, result: Any, position: Any) -> Any:
        if result.__class__ is Source:
            return self._planned(info, path, details, result)
        return super().complete_value(return_type, details, info, path, result, position)

    async def _planned(self, info: Any, path: Any, details: list[Any], source: Source) -> Any:
        op: Operation = self.context_value.operation
        if self._slots is None:
            self._slots = reading.new_slots()
        places = path.as_list()
        plan = self._plan(reading.driver_of(op), info.parent_type, places, details, source)
        given = Given(plan.slots, self.schema, self.variable_values)
        answer = await reading.read_json(op, source.action, plan, source.seed, given, self._slots)
        errors = [_located(mishap, places) for mishap in answer.mishaps]
        if answer.failed:
            for error in errors[:-1]:
                self.collected_errors.add(error, None)
            raise errors[-1]
        self.objects += answer.data.count(b"{")
        self.collected_errors.errors.extend(errors)
        return None if answer.data == b"null" else orjson.Fragment(answer.data)

    def _plan(self, driver: Any, owner: Any, places: list[Any], details: list[Any], source: Source) -> reading.Plan:
        """Known by text and place, never by the syntax tree: identities of trees are used again, and hashing one costs
        more than a point query. @skip and @include read nothing but Boolean variables, so their values choose the plan;
        every other argument is a parameter."""
        operation = self.operation
        assert operation.loc is not None, "documents are parsed with locations"
        booleans = [(n, v) for n, v in self.variable_values.coerced.items() if v is True or v is False]
        key = (
            self.schema,
            source.origin,
            operation.loc.source.body,
            operation.name and operation.name.value,
            owner.name,
            *(place for place in places if place.__class__ is str),
            *booleans,
        )

        def make() -> reading.Plan:
            reader = Reader(self.schema, self.fragments, operation, self.variable_values)
            pick = reader.pick(
                places[-1] if places[-1].__class__ is str else _key(places), owner, details, source.origin
            )
            return reading.Plan(pick, reader.slots, driver.dialect)

        plan: reading.Plan = driver.plans.of(key, make)
        return plan


def _key(places: list[Any]) -> str:
    return next(place for place in reversed(places) if place.__class__ is str)


def _located(mishap: reading.Mishap, places: list[Any]) -> GraphQLError:
    """Worded by the Schema, like every other error: here only where it happened and what it was."""
    error = mishap.error
    nodes = [detail.node for detail in mishap.pick.mark]
    return GraphQLError(str(error), nodes, path=[*places, *mishap.path[1:]], original_error=error)


__all__ = [
    "Info",
    "PlannedExecutor",
    "ReadingContext",
    "Source",
    "planned",
    "planned_list",
    "planned_objects",
    "resolve",
]
