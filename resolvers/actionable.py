"""Lists for firewalls and older tools: the values of a collection that its reader may act on, and nothing else.

What is left out: what was revoked, is not valid now or has decayed to nothing, what this reader gets changed, what
stands on a warning list of the operator's, and what is not one value.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from foundation.errors import InvalidInput
from foundation.words import IndicatorType, Tlp
from models.queries import actionable, sightings
from models.queries.actionable import Listed
from models.queries.collections import collection_of
from models.reading.warnings import warnings_of
from resolvers.collections import CollectionNotFound
from resolvers.operation import Operation
from resolvers.reading import read_batch
from rules.access.actions import Action
from rules.investigation.decay import UNSEEN, Standing, decay

AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Actionable:
    """One line. `confidence`: 0 to 100, as its source states it."""

    value: str
    type: IndicatorType
    confidence: int | None
    valid_until: datetime | None
    tlp: Tlp
    name: str | None


async def actionable_values(
    op: Operation, *, collection: str, types: Collection[IndicatorType] = ()
) -> AsyncIterator[Actionable]:
    """Each value once, of these types (none: of all), a few thousand at a time. `collection`: its key or alias.

    Raises CollectionNotFound.
    """
    async with op.read(Action.LIST_READ) as session:
        found = await collection_of(session, op.viewer, collection)
    if found is None:
        raise CollectionNotFound
    now, after, seen = op.clock.now(), "", set[tuple[str, str]]()
    count = 0
    while True:
        async with op.read(Action.LIST_READ) as session:
            page = await actionable.page(
                session, op.viewer, found.id, sorted(map(str, types)), now, after=after, limit=AT_ONCE
            )
            said = await sightings.standings(session, op.viewer, [one.id for one in page])
        fresh = [
            one
            for one in page
            if _is_sound(one) and (one.type, one.value) not in seen and not _is_gone(one, said.get(one.id, UNSEEN), now)
        ]
        warned = await read_batch(op, warnings_of([(one.type, one.value) for one in fresh])) if fresh else []
        for one, warnings in zip(fresh, warned, strict=True):
            if warnings or (one.type, one.value) in seen:
                continue
            seen.add((one.type, one.value))
            count += 1
            yield Actionable(
                one.value, IndicatorType(one.type), one.confidence, one.valid_until, Tlp(one.tlp), one.name
            )
        if len(page) < AT_ONCE:
            break
        after = page[-1].id
    op.has_read(Action.LIST_READ, "list", [collection], count)


def read_types(text: str) -> list[IndicatorType]:
    """`ip,domain` as types; nothing for an empty text. Raises InvalidInput naming `type`."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    try:
        return [IndicatorType(word) for word in dict.fromkeys(words)]
    except ValueError as error:
        known = ", ".join(map(str, IndicatorType))
        raise InvalidInput(f"The types are: {known}.", field="type") from error


def _is_sound(one: Listed) -> bool:
    """Whether it is one line, as whoever reads it understands lines: a value may be any text that was sent."""
    return one.value.isprintable() and one.value.strip() == one.value and not one.value.startswith("#")


def _is_gone(one: Listed, standing: Standing, now: datetime) -> bool:
    return decay(one.type, one.confidence, one.valid_from, one.valid_until, False, standing, at=now).left == 0
