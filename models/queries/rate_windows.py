"""Counting in windows, each count one statement: of many at the same moment no more than the limit get through."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, delete, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from foundation.rates import Rate, Taken
from models.base import UtcTime
from models.database import Session
from models.people import FailedSignIn
from models.rate_windows import RateWindow

AT_ONCE = 100
"""Rows that one tidying removes at most, so that whoever happens to do it does not wait."""

KEPT = timedelta(hours=1)
"""How long ended windows lie about: no sense in removing what the next minute makes again."""


def _over(rate: Rate, now: datetime) -> ColumnElement[bool]:
    """Ended, or begun by a clock that has been set back since: such a window would last for ever."""
    too_far = literal(now + 2 * rate.span, UtcTime())
    return or_(col(RateWindow.ends_at) <= literal(now, UtcTime()), col(RateWindow.ends_at) > too_far)


async def take(session: Session, key: str, amount: int, rate: Rate, now: datetime) -> Taken:
    """Uses up `amount`, or nothing where that is more than is left. `amount` is at most the rate's."""
    ends, over = now + rate.span, _over(rate, now)
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(RateWindow)
    row = (
        await session.execute(
            insert.values(key=key, used=amount, ends_at=ends)
            .on_conflict_do_update(
                index_elements=[col(RateWindow.key)],
                set_={
                    "used": case((over, amount), else_=col(RateWindow.used) + amount),
                    "ends_at": case((over, literal(ends, UtcTime())), else_=col(RateWindow.ends_at)),
                },
                where=or_(over, col(RateWindow.used) + amount <= rate.amount),
            )
            .returning(col(RateWindow.used), col(RateWindow.ends_at))
        )
    ).one_or_none()
    if row is not None:
        return Taken(key, row.used, row.ends_at, granted=True)
    found = select(col(RateWindow.used), col(RateWindow.ends_at)).where(col(RateWindow.key) == key)
    left = (await session.execute(found)).one_or_none()
    # None: tidied away between the two statements, which only an ended window is.
    return Taken(key, left.used if left else rate.amount, left.ends_at if left else now, granted=False)


async def give_back(session: Session, taken: Taken, amount: int) -> None:
    """Of what was taken, as long as its window lasts."""
    of_it = (col(RateWindow.key) == taken.key, col(RateWindow.ends_at) == taken.ends_at)
    reduced = update(RateWindow).where(*of_it, col(RateWindow.used) > amount)
    if not (await session.execute(reduced.values(used=col(RateWindow.used) - amount))).rowcount:  # type: ignore[attr-defined]
        # Nothing is left of it: what was refused leaves no trace.
        await session.execute(delete(RateWindow).where(*of_it, col(RateWindow.used) <= amount))


async def standing(session: Session, keys: Collection[str], now: datetime) -> dict[str, Taken]:
    """How the windows stand that have not ended, by key."""
    found = select(RateWindow).where(col(RateWindow.key).in_(keys), col(RateWindow.ends_at) > now)
    return {row.key: Taken(row.key, row.used, row.ends_at, True) for row in (await session.scalars(found)).all()}


async def tidy(session: Session, now: datetime) -> None:
    """Removes some of what is over: windows, and counts of wrong passwords that nobody is locked by any more."""
    ended = select(col(RateWindow.key)).where(col(RateWindow.ends_at) < now - KEPT)
    await session.execute(delete(RateWindow).where(col(RateWindow.key).in_(ended.limit(AT_ONCE))))
    day = now - timedelta(days=1)
    locked = func.coalesce(col(FailedSignIn.locked_until), col(FailedSignIn.since))
    old = select(col(FailedSignIn.key)).where(col(FailedSignIn.since) < day, locked < day)
    await session.execute(delete(FailedSignIn).where(col(FailedSignIn.key).in_(old.limit(AT_ONCE))))
