"""Fields that the row itself answers: columns, rules, facets, and the parts of an edge."""

from typing import Any

from models.reading import origins
from models.reading.leaves import column_leaf, leaf
from models.reading.level import Level
from models.reading.parts import Part, Place, Walker
from models.reading.selection import Pick


class ColumnPart(Part):
    def __init__(self, pick: Pick, level: Level) -> None:
        super().__init__(pick)
        (self.column,) = pick.origin.needs
        self.level = level
        level.at(self.column)
        if level.is_table and level.stored[self.column].kind == "sealed":
            raise LookupError(f"{level.name}: {self.column} lies sealed; a rule that is handed the ring opens it.")

    def expression(self) -> str:
        return column_leaf(self.level, self.pick, self.column)

    def careful(self, walker: Walker, place: Place) -> Any:
        return place.known(self.column)


class RulePart(Part):
    """A pure function. Its arguments, if it has any, are looked up by slot when the shaper runs."""

    def __init__(self, pick: Pick, level: Level) -> None:
        super().__init__(pick)
        assert isinstance(pick.origin, origins.Rule)
        self.origin, self.level = pick.origin, level
        for column in self.origin.needs:
            level.at(column)

    def expression(self) -> str:
        given = [self.level.raw(column) for column in self.origin.needs]
        given += [f"{name}={name}" for name in sorted(self.origin.handed)]
        if self.pick.slot >= 0:
            given.append(f"**args[{self.pick.slot}]")
        return leaf(self.level, self.pick, f"{self.level.bound(self.origin.call)}({', '.join(given)})")

    def careful(self, walker: Walker, place: Place) -> Any:
        values = [place.known(column) for column in self.origin.needs]
        return self.origin.call(*values, **handed(self.origin, walker.request), **arguments(self.pick, walker.request))


def handed(origin: origins.Rule | origins.Batch | origins.SeenBy, request: Any) -> dict[str, Any]:
    return {name: getattr(request, name) for name in origin.handed}


def arguments(pick: Pick, request: Any) -> Any:
    """The field's arguments in this request; raises what coercing them raised."""
    if pick.slot < 0:
        return {}
    args = request.args[pick.slot]
    if isinstance(args, Exception):
        raise args
    return args


class FacetPart(Part):
    """The same row under another type; also the node of an edge."""

    def __init__(self, pick: Pick, level: Level) -> None:
        super().__init__(pick)
        self.level = level
        self.parts = [level.part(p) for p in pick.kinds.only.picks]
        self.unless_null = next(iter(pick.origin.needs), "")
        if self.unless_null:
            level.at(self.unless_null)

    def expression(self) -> str:
        shown = self.level.fields(self.parts)
        if not self.unless_null:
            return shown
        x = self.level.stands(self.unless_null)
        if self.pick.wraps:  # a null here is an error, so it is left to the Walker
            return f"({shown} if {x} is not None else {self.level.bound(_none)}({x}))"
        return f"({shown} if {x} is not None else None)"

    def careful(self, walker: Walker, place: Place) -> Any:
        if self.unless_null and place.known(self.unless_null) is None:
            return None
        return lambda path: walker.object(self.parts, place, path)


def _none(_: Any) -> Any:
    raise TypeError("null where none may be")


class TypenamePart(Part):
    def __init__(self, pick: Pick, level: Level) -> None:
        super().__init__(pick)

    def expression(self) -> str:
        return repr(self.pick.owner)

    def careful(self, walker: Walker, place: Place) -> Any:
        return self.pick.owner


class CursorPart(Part):
    """The cursor of an edge, of whichever order was asked for."""

    def __init__(self, pick: Pick, level: Level) -> None:
        super().__init__(pick)
        self.level = level

    def expression(self) -> str:
        columns = ", ".join(self.level.stands(column) for column in self.level.places)
        return f"cursor(({columns},))"

    def careful(self, walker: Walker, place: Place) -> Any:
        return place.cursor(tuple(place.row[1 + self.level.at(column)] for column in self.level.places))


def part_of_edge(pick: Pick, level: Level) -> Part:
    return CursorPart(pick, level) if pick.leaf else FacetPart(pick, level)


Level.kinds[origins.Facet] = FacetPart
Level.kinds[origins.Typename] = TypenamePart
Level.kinds[origins.Part] = part_of_edge
