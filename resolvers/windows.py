"""Where limits are counted: in memory while there is one process, else where every process sees it.

Redis where there is one, the database where there is none or it is away: never nowhere (SECURITY P9).
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation import telemetry
from foundation.errors import Unavailable
from foundation.rates import Rate, Taken
from gateways.ports import Windows
from models.database import Database
from models.queries import rate_windows

AWAY_S = 5.0
"""How long Redis is left alone after it did not answer: not every request is to wait for it again."""

TIDY_EVERY = 256  # counts in the database from one tidying to the next, of one process

LEASED_FROM = 1_000
"""Budgets from this size on are taken in portions. The documented small ones stay exact to the last one."""

PORTION = 50
"""A portion is the budget divided by this: so much of it may lie unused in a process when others run out."""

_log = telemetry.logger("casegraph.limits")


class MemoryWindows:
    """For the one process of an embedded installation."""

    def __init__(self) -> None:
        self._held: dict[str, Taken] = {}
        self._tidy_at = 1_000

    async def take(self, key: str, amount: int, rate: Rate, now: datetime) -> Taken:
        held = self._held.get(key)
        # One that ends too late was begun by a clock that has been set back since: it would last for ever.
        if held is None or not now < held.ends_at <= now + 2 * rate.span:
            held = Taken(key, 0, now + rate.span, granted=True)
        if held.used + amount > rate.amount:
            return Taken(key, held.used, held.ends_at, granted=False)
        taken = self._held[key] = Taken(key, held.used + amount, held.ends_at, granted=True)
        if len(self._held) > self._tidy_at:
            self._held = {key: one for key, one in self._held.items() if one.ends_at > now}
            self._tidy_at = max(1_000, 2 * len(self._held))
        return taken

    async def give_back(self, taken: Taken, amount: int, now: datetime) -> None:
        held = self._held.get(taken.key)
        if held is not None and held.ends_at == taken.ends_at:
            self._held[taken.key] = Taken(held.key, max(0, held.used - amount), held.ends_at, granted=True)

    async def close(self) -> None:
        pass


class DatabaseWindows:
    """For several processes. Each count is a transaction of one statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts = 0

    async def take(self, key: str, amount: int, rate: Rate, now: datetime) -> Taken:
        async with self._database.counting() as session:
            taken = await rate_windows.take(session, key, amount, rate, now)
            self._counts += 1
            if self._counts % TIDY_EVERY == 0:
                await rate_windows.tidy(session, now)
            return taken

    async def give_back(self, taken: Taken, amount: int, now: datetime) -> None:
        async with self._database.counting() as session:
            await rate_windows.give_back(session, taken, amount)

    async def close(self) -> None:
        pass


class FallingBack:
    """The first where it answers, else the second. What is used up is not carried over: going from one to the other
    a caller has his budget at most twice."""

    def __init__(self, first: Windows, second: Windows) -> None:
        self._first, self._second = first, second
        self._away_until = 0.0

    async def take(self, key: str, amount: int, rate: Rate, now: datetime) -> Taken:
        if time.monotonic() >= self._away_until:
            try:
                return await self._first.take(key, amount, rate, now)
            except Unavailable:
                self._away()
        return await self._second.take(key, amount, rate, now)

    async def give_back(self, taken: Taken, amount: int, now: datetime) -> None:
        """To the one of the two that is in use: the other one's window has another end, and stays as it is."""
        if time.monotonic() >= self._away_until:
            try:
                return await self._first.give_back(taken, amount, now)
            except Unavailable:
                self._away()
        return await self._second.give_back(taken, amount, now)

    async def close(self) -> None:
        await self._first.close()
        await self._second.close()

    def _away(self) -> None:
        self._away_until = time.monotonic() + AWAY_S
        telemetry.count("limits.redis_away")
        _log.warning("Redis does not answer: limits are counted in the database")


@dataclass
class _Credit:
    """What this process has taken of a window and not used yet. `used` is as the shared count knows it."""

    left: int
    used: int
    ends_at: datetime


class Leased:
    """Takes portions of large budgets, so that a point of cost is not a round trip. Together the processes never use
    more than the budget; one may be refused while another one still holds part of a portion."""

    def __init__(self, shared: Windows) -> None:
        self._shared = shared
        self._credits: dict[str, _Credit] = {}
        self._tidy_at = 1_000

    async def take(self, key: str, amount: int, rate: Rate, now: datetime) -> Taken:
        if rate.amount < LEASED_FROM:
            return await self._shared.take(key, amount, rate, now)
        credit = self._credits.get(key)
        if credit is not None and credit.ends_at <= now:
            credit = None
        if credit is not None and credit.left >= amount:
            return _used(key, credit, amount)
        mine = 0
        if credit is not None:
            mine, credit.left = credit.left, 0  # nobody else counts on it while this one waits
        portion = max(amount - mine, rate.amount // PORTION)
        taken = await self._shared.take(key, portion, rate, now)
        if not taken.granted and portion > amount - mine:
            portion = amount - mine
            taken = await self._shared.take(key, portion, rate, now)
        if not taken.granted:
            if credit is not None:
                credit.left += mine
            return Taken(key, max(0, taken.used - mine), taken.ends_at, granted=False)
        if credit is None or not _is_same(credit.ends_at, taken.ends_at):
            mine = 0  # of a window that has ended; where that leaves a debt, the next portion pays it
        credit = self._of_window(key, taken, now)
        credit.left += mine + portion
        return _used(key, credit, amount)

    async def give_back(self, taken: Taken, amount: int, now: datetime) -> None:
        credit = self._credits.get(taken.key)
        if credit is None:
            await self._shared.give_back(taken, amount, now)
        elif _is_same(credit.ends_at, taken.ends_at):
            credit.left += amount

    async def close(self) -> None:
        await self._shared.close()

    def _of_window(self, key: str, taken: Taken, now: datetime) -> _Credit:
        credit = self._credits.get(key)
        if credit is None or not _is_same(credit.ends_at, taken.ends_at):
            credit = self._credits[key] = _Credit(0, 0, taken.ends_at)
        credit.used = max(credit.used, taken.used)
        if len(self._credits) > self._tidy_at:
            self._credits = {name: one for name, one in self._credits.items() if one.ends_at > now}
            self._tidy_at = max(1_000, 2 * len(self._credits))
        return credit


def _used(key: str, credit: _Credit, amount: int) -> Taken:
    credit.left -= amount
    return Taken(key, credit.used - credit.left, credit.ends_at, granted=True)


def _is_same(one: datetime, other: datetime) -> bool:
    """Whether two ends are of one window: Redis tells how long it lasts, and telling takes its time."""
    return abs(one - other) < timedelta(seconds=1)
