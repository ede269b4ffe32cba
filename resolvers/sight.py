"""What one viewer may see of a stream, asked again and again while it is followed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from foundation.errors import Unauthenticated
from foundation.ids import to_ref
from models.queries import events, indicator_news
from models.reading.visibility import viewer_parameters
from resolvers.identities import still_valid
from resolvers.operation import Operation
from resolvers.stream_items import Delivered, IndicatorsDelivered
from rules.access.actions import Action
from rules.events import CaseEvent, IndicatorEvent, investigation_stream, organization_stream
from rules.investigation.refusals import InvestigationNotFound

FRESH_S = 2.5
"""How old an answer to "may this viewer still see it?" may be. Nothing may be delivered 5 s after a right was taken
(SECURITY R9), and what is told about a viewer may itself be 2 s old."""


def stream_of(op: Operation, investigation_id: int | None) -> str:
    if investigation_id is None:
        return organization_stream(op.viewer.organization_id)
    return investigation_stream(investigation_id)


def case_named(investigation_id: int | None) -> list[str]:
    """What the access log says was asked for."""
    return [] if investigation_id is None else [to_ref("INV", investigation_id)]


class Sight:
    """What one subscriber may see, asked anew for each batch of events.

    The answer is read after the events were, so whoever lost a right before an event was written is not shown it.
    """

    def __init__(self, op: Operation) -> None:
        # When a token ends is watched at the connection, which may be given a fresh one meanwhile.
        self._op = op.as_viewer(replace(op.viewer, expires_at=None))
        self._batch: Sequence[Delivered] | None = None
        self._asked_at = self._viewer_asked_at = float("-inf")

    def knows(self, batch: Sequence[Delivered]) -> bool:
        return self._batch is batch and _now() - self._asked_at < FRESH_S

    def shown(self, item: Delivered) -> Delivered | None:
        """The item as this viewer is told it; None where it is none of his, or nothing of it may be seen."""
        raise NotImplementedError

    async def ask(self, batch: Sequence[Delivered]) -> None:
        """Raises Unauthenticated when the viewer's session, key or role is no longer what it was."""
        asked_at = _now()
        if asked_at - self._viewer_asked_at >= FRESH_S:
            if not await still_valid(self._op):
                raise Unauthenticated
            self._viewer_asked_at = asked_at
        await self._look(batch)
        self._batch, self._asked_at = batch, asked_at

    async def _look(self, batch: Sequence[Delivered]) -> None:
        raise NotImplementedError


class CaseSight(Sight):
    """Of cases: of one, or of all that the viewer may see."""

    def __init__(self, op: Operation, investigation_id: int | None) -> None:
        super().__init__(op)
        self._case = investigation_id
        self._visible: frozenset[int] = frozenset()

    def shown(self, item: Delivered) -> Delivered | None:
        event = item.event
        return item if isinstance(event, CaseEvent) and event.investigation_id in self._visible else None

    async def _look(self, batch: Sequence[Delivered]) -> None:
        """Raises InvestigationNotFound when the case that is followed is hidden now."""
        cases = frozenset(item.event.investigation_id for item in batch if isinstance(item.event, CaseEvent))
        if self._case is not None:
            cases = frozenset((self._case,))
        if cases:
            self._visible = await self._op.house.hub.answers.of(
                (cases, *viewer_parameters(self._op.viewer).values()), lambda: _visible(self._op, cases)
            )
        if self._case is not None and not self._visible:
            raise InvestigationNotFound(investigation_id=to_ref("INV", self._case))


@dataclass(frozen=True, slots=True)
class Wish:
    """Which indicators somebody wants to hear of: the filters of a list, by name, already converted."""

    filters: Mapping[str, Any]

    @property
    def question(self) -> bytes:
        return orjson.dumps(self.filters, option=orjson.OPT_SORT_KEYS, default=str)


class IndicatorSight(Sight):
    """Of indicators: those that fit a wish, each in the form that the viewer may see it in now."""

    def __init__(self, op: Operation, wish: Wish) -> None:
        super().__init__(op)
        self._wish = wish
        self._forms: Mapping[str, str] = {}

    def shown(self, item: Delivered) -> Delivered | None:
        if not isinstance(item.event, IndicatorEvent):
            return None
        keys = tuple(self._forms[one] for one in item.event.indicator_ids if one in self._forms)
        return IndicatorsDelivered.of(item, keys) if keys else None

    async def _look(self, batch: Sequence[Delivered]) -> None:
        named = frozenset(
            key for item in batch if isinstance(item.event, IndicatorEvent) for key in item.event.indicator_ids
        )
        self._forms = {}
        if named:
            self._forms = await self._op.house.hub.answers.of(
                (named, self._wish.question, *viewer_parameters(self._op.viewer).values()),
                lambda: _forms(self._op, named, self._wish),
            )


async def _visible(op: Operation, cases: frozenset[int]) -> frozenset[int]:
    async with op.read(Action.EVENT_READ) as session:
        return await events.visible_cases(session, op.viewer, cases)


async def _forms(op: Operation, named: frozenset[str], wish: Wish) -> Mapping[str, str]:
    async with op.read(Action.EVENT_READ) as session:
        return await indicator_news.forms_of(session, op.viewer, named, wish.filters)


def _now() -> float:
    """Seconds of the loop's own clock: it only goes forward."""
    return asyncio.get_running_loop().time()
