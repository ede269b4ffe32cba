"""Shared intelligence comes in: STIX bundles, with a result for every object."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from formats.stix.bundles import objects_of
from formats.stix.from_stix import InvalidStixObject, StixDraft
from formats.stix.markings import MARKINGS, markings_of
from formats.stix.members import moment
from foundation.errors import InvalidInput
from foundation.words import Word
from models.queries import stix_objects
from models.queries.stix_objects import Change, Kept
from resolvers import sharing
from resolvers.operation import Door, Operation
from resolvers.sharing import MOST_AHEAD
from resolvers.stix_reading import Read, read_beside, statements_in
from rules.access.actions import Action, may
from rules.trust import TrustLevelName

MOST_OBJECTS = 1_000  # of one request; the command line sends as many of them as a file needs


class ImportStatus(Word):
    """What became of an object that was sent."""

    CREATED = "created", "It was stored: there was no object of this id."
    UPDATED = "updated", "It was stored: a newer version than the one that was held."
    KEPT = "kept", "It was stored beside the newer version that is held: an older one."
    UNCHANGED = "unchanged", "This version was there already, or earlier in the same request."
    REFUSED = "refused", "It is not acceptable; the other objects were not affected."


@dataclass(frozen=True)
class ImportResult:
    """What became of the object at `index` (from 0). `member` is the STIX member that is wrong or missing.

    `stix_id` and `type` are as sent, as far as they can be repeated. `object_id` is the key of what is held now.
    """

    index: int
    status: ImportStatus
    stix_id: str | None = None
    type: str | None = None
    object_id: str | None = None
    member: str | None = None
    code: str | None = None
    message: str | None = None

    def wire(self) -> dict[str, Any]:
        """As JSON: what a repetition of the request is told."""
        return {**asdict(self), "status": str(self.status)}

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "ImportResult":
        return cls(**{**wire, "status": ImportStatus(wire["status"])})


async def import_stix(op: Operation, *, bundle: Any, level: TrustLevelName | None = None) -> list[dict[str, Any]]:
    """Stores the up to 1,000 objects of a STIX 2.1 bundle in one transaction; a result for each, in their order.

    An object that is not acceptable is refused by itself, and the rest is stored. A version that is there already is
    left alone: sending a bundle again changes nothing. The objects belong to the caller's organisation, and are shared
    with those who trust it and reach the `level`.
    """
    return [result.wire() for result in await _import(op, objects_of(bundle), None, level)]


Beside = Callable[[Door, Sequence[ImportResult]], Awaitable[None]]


async def import_chunk(
    op: Operation,
    *,
    objects: Sequence[Any],
    source: str,
    level: TrustLevelName | None = None,
    beside: Beside | None = None,
) -> list[ImportResult]:
    """The same for objects without their bundle: what streaming the file `source` calls for every thousand of it.

    `beside`: what else is written in the same transaction, once it is known what became of the objects.
    """
    return await _import(op, objects, source, level, beside)


async def import_objects(op: Operation, *, objects: Sequence[Any], beside: Beside) -> list[ImportResult]:
    """The same for the objects of a request."""
    return await _import(op, objects, None, None, beside)


async def _import(
    op: Operation,
    objects: Sequence[Any] | InvalidInput,
    source: str | None,
    level: TrustLevelName | None,
    beside: Beside | None = None,
) -> list[ImportResult]:
    # Read before the door opens, so that no other writer waits for patterns being parsed. Who may not, costs nothing:
    # the door will tell him so.
    read: list[Read] = []
    if may(op.viewer, Action.STIX_IMPORT) and not isinstance(objects, InvalidInput) and len(objects) <= MOST_OBJECTS:
        statements = statements_in(objects) | await _statements_held(op, objects)
        latest = op.clock.now() + MOST_AHEAD
        read = [_dated(one, latest) for one in await read_beside(objects, statements, is_bounded=source is None)]
    drafts = [draft for draft in read if isinstance(draft, StixDraft)]
    sending = await sharing.prepare(op, drafts, level=level, action=Action.STIX_IMPORT)
    async with op.write(Action.STIX_IMPORT, target=source) as door:
        if isinstance(objects, InvalidInput):
            raise objects
        if not 1 <= len(objects) <= MOST_OBJECTS:
            raise InvalidInput(f"Send 1 to {MOST_OBJECTS} objects at once.", field="bundle.objects", most=MOST_OBJECTS)
        kept = iter(await sharing.keep(door, op.viewer, sending))
        results = [
            _result(index, value, one, next(kept) if isinstance(one, StixDraft) else None)
            for index, (value, one) in enumerate(zip(objects, read, strict=True))
        ]
        counted = Counter(result.status for result in results)
        door.unit.details.update({str(status): counted[status] for status in ImportStatus})
        door.answer([result.wire() for result in results])
        if beside is not None:
            await beside(door, results)
    return results


async def _statements_held(op: Operation, objects: Sequence[Any]) -> set[str]:
    """Which of the markings that the objects refer to are known here as statements in words."""
    wanted = {ref for value in objects for ref in _markings(value)} - MARKINGS.keys()
    if not wanted:
        return set()
    async with op.read(Action.STIX_IMPORT) as session:
        return await stix_objects.statements_among(session, op.viewer, wanted)


def _dated(read: Read, latest: datetime) -> Read:
    """Readers go on from the latest date they saw: one of next year would leave them blind until then."""
    if isinstance(read, StixDraft):
        for member in ("created", "modified"):
            if member in read.content and moment(read.content[member], member) > latest:
                return InvalidStixObject(f"The value of {member} lies in the future.", field=member)
    return read


def _markings(value: Any) -> list[str]:
    """Of an object nobody has checked yet."""
    try:
        return [ref for ref in markings_of(value) if isinstance(ref, str) and len(ref) <= 64 and ref.isprintable()]
    except (AttributeError, TypeError):
        return []


def _result(index: int, value: Any, read: Read, kept: Kept | None) -> ImportResult:
    if isinstance(read, StixDraft):
        assert kept is not None
        named: dict[str, Any] = {"stix_id": read.stix_id, "type": read.type}
        if kept.change is Change.CONFLICT:
            text = "Another content under the same id and version is held; only a newer version replaces it."
            return ImportResult(index, ImportStatus.REFUSED, **named, member="modified", code="CONFLICT", message=text)
        return ImportResult(index, ImportStatus(str(kept.change)), **named, object_id=kept.object_id)
    sent = value if isinstance(value, Mapping) else {}
    return ImportResult(
        index,
        ImportStatus.REFUSED,
        stix_id=_repeatable(sent.get("id")),
        type=_repeatable(sent.get("type")),
        member=read.field,
        code=read.code,
        message=read.text,
    )


def _repeatable(text: Any) -> str | None:
    """What was sent, where it can be said again."""
    return text if isinstance(text, str) and len(text) <= 300 and text.isascii() and text.isprintable() else None
