"""What is left of indicators: computed from their columns and from what was seen of them."""

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import select

from models import tables as rows
from models.reading.lookup import Lookup, Question
from models.reading.stored import sql_table
from rules.investigation.decay import UNSEEN, Decay, Standing, decay
from rules.sightings import seen_by_masked

_indicator, _standing = sql_table(rows.Indicator).c, sql_table(rows.IndicatorStanding).c

Asking = Generator[Question, list[tuple[Any, ...]], Any]

# The standing is that of the indicator as it was sent; who may see none of its forms finds none.
STANDINGS = Lookup(
    lambda given: (
        select(
            _indicator.id, _indicator.form_from,
            _standing.last_seen, _standing.over_at, _standing.vouched, _standing.refuted,
        )
        .join_from(sql_table(rows.Indicator), sql_table(rows.IndicatorStanding),
                   _standing.indicator_id == _indicator.original_id)
        .where(given.among(_indicator.id, "indicators"))
    ),
    ties=(rows.IndicatorStanding,),
)  # fmt: skip

DECAYS = ("id", "type", "confidence", "valid_from", "valid_until", "revoked")
"""The columns of an indicator that the functions below take."""


def confidence_at(
    rows: Sequence[tuple[Any, ...]],
    *,
    time: Annotated[datetime, "When. A time before it was last seen counts as long as one after it."],
) -> Asking:
    """The confidence that is left at that time, 0 to 100. One statement."""
    return [one.left for one in (yield from _decayed(rows, time))]


def explain_decay(rows: Sequence[tuple[Any, ...]], *, now: datetime) -> Asking:
    """How the confidence of this moment comes about. One statement."""
    return (yield from _decayed(rows, now))


def last_seen(rows: Sequence[tuple[str]]) -> Asking:
    """(id) of indicators -> when each was last met, None where never. One statement."""
    standings = yield from standings_of([key for (key,) in rows])
    return [standings.get(key, UNSEEN).last_seen for (key,) in rows]


def _decayed(rows: Sequence[tuple[Any, ...]], at: datetime) -> Generator[Question, list[tuple[Any, ...]], list[Decay]]:
    standings = yield from standings_of([row[0] for row in rows])
    return [
        decay(type_, confidence, valid_from, valid_until, revoked, standings.get(key, UNSEEN), at=at)
        for key, type_, confidence, valid_from, valid_until, revoked in rows
    ]


def standings_of(keys: Sequence[str]) -> Generator[Question, list[tuple[Any, ...]], Mapping[str, Standing]]:
    found = yield STANDINGS.of(indicators=list(dict.fromkeys(keys)))
    standings: dict[str, Standing] = {}
    for key, form_from, seen, over, vouched, refuted in found:
        standings[key] = shown(form_from, seen, over, vouched, refuted)
    return standings


def shown(form_from: int, last_seen: datetime | None, over_at: datetime | None, vouched: int, refuted: int) -> Standing:
    """The standing of an indicator as those see it who see this form of it."""
    one = Standing(last_seen=last_seen, over_at=over_at, vouched=vouched, refuted=refuted)
    return seen_by_masked(one) if form_from else one
