"""What the caller may still ask for."""

from datetime import datetime

import strawberry

from rules.access.actions import Action
from schema import charging
from schema.marks import acts
from schema.planned import Info


@strawberry.type(
    description="How the caller's budget of points stands, this operation included. REST and TAXII have budgets of "
    "their own, told in their headers."
)
class RateLimit:
    cost: int = strawberry.field(description="Points this operation was charged. What did not come is given back.")
    limit: int = strawberry.field(description="Points of one window.")
    remaining: int = strawberry.field(description="Points left in this window.")
    used: int = strawberry.field(description="Points used in this window.")
    reset_at: datetime = strawberry.field(description="When all points are there again.")
    node_count: int = strawberry.field(description="How many objects with an id this operation may answer with.")


def _rate_limit(info: Info) -> RateLimit | None:
    info.context.operation.check(Action.GRAPH_READ)
    charge = charging.current.get()
    if charge is None or charge.receipt is None:
        return None
    spent = charge.receipt.spent
    return RateLimit(
        cost=max(1, charge.cost.cost),
        limit=spent.limit,
        remaining=spent.remaining,
        used=spent.used,
        reset_at=spent.resets_at,
        node_count=charge.cost.nodes,
    )


@strawberry.type(description="Reading about limits.")
class RateLimitQueries:
    rate_limit: RateLimit | None = strawberry.field(
        resolver=_rate_limit,
        description="What the caller may still ask for; null where limits are switched off.",
        metadata=acts(Action.GRAPH_READ),
    )
