"""What subscribers are told of indicators: each organisation only of those that it may see at that moment."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from models.queries import indicator_news
from resolvers.operation import Door
from rules.events import IndicatorChanged, IndicatorEvent, IndicatorShared, IndicatorWithdrawn
from rules.trust import Need, visible

AT_ONCE: Final = 1_000
"""Indicators in one message."""

Moved = tuple[type[IndicatorEvent], str, Need]
"""What became of an indicator, its key, and what it asks of its readers."""


def moved(object_id: str, need: Need, *, is_new: bool, is_revoked: bool) -> Moved | None:
    """None for one that was revoked before anybody here knew of it."""
    if is_revoked:
        return None if is_new else (IndicatorWithdrawn, object_id, need)
    return (IndicatorShared if is_new else IndicatorChanged), object_id, need


async def announce(door: Door, producer_id: str, news: Iterable[Moved]) -> None:
    """One message a thousand indicators and kind of news; who sees the same of it is sent the same one."""
    by_kind: dict[type[IndicatorEvent], list[tuple[str, Need]]] = defaultdict(list)
    for kind, object_id, need in news:
        by_kind[kind].append((object_id, need))
    if not by_kind:
        return
    readers = await indicator_news.readers(door.session, producer_id)
    for kind, some in by_kind.items():
        audience: dict[tuple[str, ...], list[str]] = defaultdict(list)
        audience[tuple(object_id for object_id, _ in some)].append(producer_id)
        for reader, right in readers:
            open_needs = {need for need in {need for _, need in some} if visible(need, right)}
            if open_needs:
                audience[tuple(object_id for object_id, need in some if need in open_needs)].append(reader)
        for keys, organizations in audience.items():
            _send(door, kind, keys, organizations)


def _send(door: Door, kind: type[IndicatorEvent], keys: Sequence[str], organizations: Sequence[str]) -> None:
    for start in range(0, len(keys), AT_ONCE):
        some = tuple(keys[start : start + AT_ONCE])
        door.announce(kind(indicator_ids=some, organization_ids=tuple(organizations)))
