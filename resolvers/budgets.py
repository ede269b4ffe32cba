"""Spending what a caller may use: asked at every door, and by the Operation for actions with a budget of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from foundation import telemetry
from foundation.clock import Clock
from foundation.rates import Taken
from foundation.settings import Settings
from gateways.ports import Windows
from rules.access.actions import Action
from rules.access.budgets import OF_ACTION, Budget, BudgetSpent, Spent, key_of, rate_of
from rules.access.viewer import Viewer, ViewerKind


@dataclass
class Told:
    """What one request is told about limits: of the door's own budget, or of the one it was refused by."""

    spent: Spent | None = None

    def note(self, spent: Spent) -> None:
        if self.spent is None or not spent.granted or spent.budget == self.spent.budget:
            self.spent = spent


told: ContextVar[Told | None] = ContextVar("told_of_limits", default=None)
"""Set for each request by whoever shows it in headers; nobody looks where it is None."""


@dataclass(frozen=True)
class Receipt:
    """What was spent, to give some of it back or to show it."""

    spent: Spent
    taken: Taken


class Budgets:
    """One a process."""

    def __init__(self, settings: Settings, windows: Windows, clock: Clock) -> None:
        self._settings, self._windows, self._clock = settings, windows, clock
        self._refused: dict[str, datetime] = {}

    async def spend(self, budget: Budget, viewer: Viewer, client: str, amount: int = 1) -> Receipt | None:
        """Uses up `amount`; None where nothing limits it. Raises BudgetSpent, Unavailable.

        What asks for more than the whole budget takes all of it: it may run once a window, not never.
        """
        rate = rate_of(self._settings, budget)
        if rate is None or viewer.kind is ViewerKind.ENGINE:
            return None
        key, now = key_of(budget, viewer, client), self._clock.now()
        taken = await self._windows.take(key, min(amount, rate.amount), rate, now)
        spent = Spent(str(budget), rate.amount, taken.used, taken.ends_at, rate.seconds, taken.granted)
        note(spent)
        if not taken.granted:
            telemetry.count(f"limits.refused.{budget}")
            refusal = BudgetSpent.of(spent, now)
            refusal.is_first = self._is_first(key, taken.ends_at, now)
            raise refusal
        return Receipt(spent, taken)

    async def give_back(self, receipt: Receipt, amount: int) -> Receipt:
        """Some of what was spent and not used. The receipt says how the budget stands then."""
        if amount < 1:
            return receipt
        await self._windows.give_back(receipt.taken, amount, self._clock.now())
        before = receipt.spent
        spent = replace(before, used=max(0, before.used - amount))
        note(spent)
        return Receipt(spent, receipt.taken)

    @asynccontextmanager
    async def reserved(self, action: Action, viewer: Viewer, client: str) -> AsyncIterator[None]:
        """Spends the budget of an action before it is done, and gives it back where it was not: what fails, or is the
        repetition of an earlier request, is no new case. One who is cancelled may have succeeded, and gets nothing."""
        budget = OF_ACTION.get(action)
        receipt = None if budget is None else await self.spend(budget, viewer, client)
        try:
            yield
        except Exception:
            if receipt is not None:
                await self.give_back(receipt, 1)
            raise

    async def close(self) -> None:
        await self._windows.close()

    def _is_first(self, key: str, ends_at: datetime, now: datetime) -> bool:
        """Whether this is the first refusal of its window, as far as this process knows."""
        seen = self._refused.get(key)
        if len(self._refused) > 10_000:
            self._refused = {one: end for one, end in self._refused.items() if end > now}
        self._refused[key] = ends_at
        return seen is None or abs(ends_at - seen) > timedelta(seconds=1)


def note(spent: Spent) -> None:
    """Shows it to the caller, where this is a request that has headers."""
    teller = told.get()
    if teller is not None:
        teller.note(spent)
