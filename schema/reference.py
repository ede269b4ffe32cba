"""The same declarations, field by field, as graphql-core calls them. It proves the planner, and can serve in its place
(`CASEGRAPH_READING=reference`)."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Generator
from functools import cache
from types import SimpleNamespace
from typing import Any

from graphql import get_named_type, is_abstract_type

from foundation.errors import InvalidInput
from foundation.ids import OtherKey
from models.reading import origins
from models.reading.origins import Origin, Spot
from models.reading.stored import is_table
from resolvers import reading
from schema.faces import SOURCES
from schema.selecting import face_of, node_type


class Reader:
    """Resolves the fields of rows in one operation. `plain`: whole tables, for tests."""

    def __init__(self, op: Any, *, plain: bool, reader_id: str | None = None) -> None:
        self.op, self.plain, self.reader_id = op, plain, reader_id
        self.rows = reading.rows_for_reference(op, plain=plain, reader_id=reader_id)
        self.pseudonyms = reading.pseudonyms_for(op, reader_id)
        self.now = op.clock.now()

    def value(self, origin: Origin, row: Any, args: dict[str, Any], info: Any) -> Any:
        type_ = get_named_type(info._raw_info.return_type)
        match origin:
            case origins.Column():
                return self._dressed(getattr(row, origin.needs[0]))
            case origins.Facet():
                absent = origin.needs and getattr(row, origin.needs[0]) is None
                return None if absent else self.show(face_of(type_), row)
            case origins.Part():
                value = getattr(row, info.python_name)
                return value() if callable(value) else value
            case origins.Rule():
                return self._dressed(origin.call(*_needed(origin, row), **self._handed(origin), **args))
            case origins.OneFound():
                return Later(lambda: self._one_found(origin, face_of(type_), row))
            case origins.SeenBy():
                return Later(lambda: self._seen_by(origin, face_of(type_), row, args))
            case origins.Batch():
                return Later(lambda: self._batch(origin, row, args))
            case origins.One():
                return Later(lambda: self.one(face_of(type_), getattr(row, origin.needs[0])))
            case origins.OneOf():
                return Later(lambda: self._one_of(origin, row, type_, info))
            case origins.Many():
                return Later(lambda: self._many(origin, face_of(type_), row))
            case origins.Page():
                return Later(lambda: self._page(origin, face_of(node_type(type_)), row, args))
        raise TypeError(f"{type(origin).__name__} is no origin of a field.")

    def show(self, face: Any, row: Any) -> Any:
        """An instance of the face, made without its __init__, that carries the row."""
        made = face.__new__(face)
        made._row, made._reader = row, self
        return made

    def _handed(self, origin: origins.Rule | origins.Batch | origins.SeenBy) -> dict[str, Any]:
        known = {
            "viewer": self.op.viewer,
            "now": self.now,
            "ring": self.op.house.keys,
            "pseudonyms": self.pseudonyms,
        }
        return {name: known[name] for name in origin.handed}

    def _dressed(self, value: Any) -> Any:
        """Objects in the face that shows their class."""
        if isinstance(value, list | tuple):
            return [self._dressed(item) for item in value]
        face = _faces().get(type(value))
        return self.show(face, value) if face else value

    async def _batch(self, origin: origins.Batch, row: Any, args: dict[str, Any]) -> Any:
        made = origin.call([_needed(origin, row)], **self._handed(origin), **args)
        if inspect.isgenerator(made):
            made = reading.read_batch(self.op, made, self.reader_id)
        values = await made if inspect.isawaitable(made) else made
        (value,) = values
        if isinstance(value, Exception):
            raise value
        return self._dressed(value)

    async def one(self, face: Any, key: Any) -> Any:
        row = None if key is None else await self.rows.one(SOURCES[face], key)
        return None if row is None else self.show(face, row)

    async def _one_found(self, origin: origins.OneFound, face: Any, row: Any) -> Any:
        return await self.one(face, await self._batch(origin, row, {}))

    async def _seen_by(self, origin: origins.SeenBy, face: Any, row: Any, args: dict[str, Any]) -> Any:
        reader_id = origin.reader(**self._handed(origin), **args)
        original, key, owner = _needed(origin, row)
        if reader_id is None or key != original or owner != self.op.viewer.organization_id:
            return None
        eyes = Reader(self.op, plain=self.plain, reader_id=reader_id)
        return await eyes.one(face, OtherKey("original_id", original))

    async def _one_of(self, origin: origins.OneOf, row: Any, type_: Any, info: Any) -> Any:
        schema = info.schema
        types = schema._schema.get_possible_types(type_) if is_abstract_type(type_) else [type_]
        faces = {t.name: face_of(t) for t in types}

        async def at(spot: Spot | None) -> Any:
            return None if spot is None or spot[0] not in faces else await self.one(faces[spot[0]], spot[1])

        needed = _needed(origin, row)
        if not origin.several:
            return await at(origin.locate(*needed))
        if len(needed[0]) > origin.bound:
            raise InvalidInput(f"At most {origin.bound} at once.", field=origin.needs[0])
        return [Later(lambda item=item: at(origin.locate(item))) for item in needed[0]]  # type: ignore[misc]

    async def _many(self, origin: origins.Many, face: Any, row: Any) -> Any:
        rows = await self.rows.many(origin, SOURCES[face], _key(row, origin))
        return [self.show(face, row) for row in rows]

    async def _page(self, origin: origins.Page, face: Any, row: Any, args: dict[str, Any]) -> Any:
        page = await self.rows.page(origin, SOURCES[face], _key(row, origin), args)
        info = SimpleNamespace(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.rows else None,
            end_cursor=page.cursors[-1] if page.rows else None,
        )
        edges = [
            Bare(SimpleNamespace(node=self.show(face, row), cursor=cursor), self)
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return Bare(SimpleNamespace(edges=edges, page_info=Bare(info, self), total_count=page.total), self)


class Later:
    """Work that begins when it is awaited. graphql-core leaves what it was given unawaited when a sibling fails, and a
    coroutine that nobody awaits complains."""

    def __init__(self, begin: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._begin = begin

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._begin().__await__()


class Shared(Later):
    """The same, awaited by everyone who shows it: a payload may be shown under two aliases, or not at all."""

    _work: "asyncio.Task[Any] | None" = None

    def __await__(self) -> Generator[Any, Any, Any]:
        if self._work is None:
            self._work = asyncio.ensure_future(self._begin())
        # Shielded, since graphql-core cancels the siblings of a failed field, and one of them may be the other alias.
        return asyncio.shield(self._work).__await__()


class Bare:
    """A connection, an edge or a page info: types that no face of the product shows."""

    def __init__(self, row: Any, reader: Reader) -> None:
        self._row, self._reader = row, reader


def _needed(origin: Origin, row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in origin.needs)


def _key(row: Any, origin: origins.Many | origins.Page) -> Any:
    if not origin.by and not origin.link:
        return None
    return getattr(row, origin.needs[0] if origin.needs else "id")


@cache
def _faces() -> dict[type, Any]:
    return {source: face for face, source in SOURCES.items() if not is_table(source)}


def _reader(info: Any) -> Reader:
    """One reader for an operation in the plain mode, which keeps the tables it has loaded."""
    context = info.context
    if context.reading != "plain":
        return Reader(context.operation, plain=False)
    if "plain" not in context.memory:
        context.memory["plain"] = Reader(context.operation, plain=True)
    reader: Reader = context.memory["plain"]
    return reader


def root(info: Any, origin: Origin, seed: dict[str, Any], action: Any) -> Any:
    """A root of a face type: checked like a planned one, then resolved field by field."""
    if action is None:
        return _reader(info).value(origin, SimpleNamespace(**seed), seed, info)

    async def permitted() -> Any:
        await info.context.operation.begin_read(action, field=info.field_name)
        value = _reader(info).value(origin, SimpleNamespace(**seed), seed, info)
        return await value if isinstance(value, Later) else value

    return Later(permitted)


async def of_face(info: Any, origin: Origin, seed: dict[str, Any], face: Any) -> Any:
    """What `planned`, `planned_list` and `planned_objects` show, in this executor."""
    reader = _reader(info)
    if isinstance(origin, origins.Column):
        return [reader.show(face, item) for item in seed[origin.needs[0]]]
    if isinstance(origin, origins.One):
        return await reader.one(face, seed["key"])
    return list(await asyncio.gather(*(reader.one(face, key) for key in seed["keys"])))


__all__ = ["Bare", "Reader", "of_face", "root"]
