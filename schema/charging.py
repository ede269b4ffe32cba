"""What an operation is charged before it runs, and gets back after (CONTRACTS 1, row 31; DOMAIN 5, rows 5 and 6).

Somebody pays the cost of the operation, in points; nobody pays one request, whatever it costs. An operation that is
refused before it runs was work too.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from resolvers.budgets import Receipt
from resolvers.operation import Operation
from rules.access.budgets import Budget
from schema.costs import Cost

REFUSED = 10
"""Points for a document that is not run: measuring and refusing one may take as long as ten point queries."""


@dataclass(frozen=True)
class Charge:
    """What the current operation costs, and how its caller's budget stands; None where nothing limits it."""

    cost: Cost
    receipt: Receipt | None


current: ContextVar[Charge | None] = ContextVar("charge_of_operation", default=None)
"""For `rateLimit`. Set for each operation, so that two of one socket do not see each other's."""


async def enter(op: Operation) -> Receipt | None:
    """Before anything is read: nobody pays for the request, whatever it says. Raises BudgetSpent."""
    return await op.spend(Budget.ANONYMOUS) if op.viewer.is_anonymous else None


async def charge(op: Operation, cost: Cost | None, receipt: Receipt | None) -> Charge:
    """Before anything runs, after `enter`. `cost` None: it will not run. Raises BudgetSpent."""
    if not op.viewer.is_anonymous:
        receipt = await op.spend(Budget.GRAPHQL, REFUSED if cost is None else max(1, cost.cost))
    made = Charge(cost or Cost(), receipt)
    current.set(made)
    return made


async def settle(op: Operation, made: Charge, objects: int) -> dict[str, Any]:
    """Gives back what was asked for and did not come, and says how the budget stands: for `extensions.cost`.

    `objects`: how many the answer holds, or more: edges and pages, which cost nothing, and braces in texts are among
    them. So the caller gets back what certainly did not come.
    """
    actual = min(made.cost.cost, objects)
    told: dict[str, Any] = {"actualQueryCost": actual}
    if made.receipt is not None and not op.viewer.is_anonymous:
        receipt = await op.house.budgets.give_back(made.receipt, max(1, made.cost.cost) - max(1, actual))
        told["throttleStatus"] = throttle_status(receipt)
    return told


def throttle_status(receipt: Receipt) -> dict[str, Any]:
    """In Shopify's words. Points do not drip back but come all at once when the window ends, so that the rate is what
    they come to a second."""
    spent = receipt.spent
    return {
        "maximumAvailable": spent.limit,
        "currentlyAvailable": spent.remaining,
        "restoreRate": max(1, spent.limit // spent.seconds),
    }


def objects_in(data: Any) -> int:
    """How many objects an answer holds, the outermost map not counted. Planned parts are JSON already: of those the
    executor keeps count."""
    if isinstance(data, dict):
        return sum(_itself_and_within(value) for value in data.values())
    if isinstance(data, list | tuple):
        return sum(_itself_and_within(item) for item in data)
    return 0


def _itself_and_within(value: Any) -> int:
    return int(isinstance(value, dict)) + objects_in(value)
