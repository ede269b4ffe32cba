"""Trust between organisations."""

import strawberry

from rules import trust
from rules.access.actions import Action
from rules.trust import TrustLevelName
from schema.marks import acts
from schema.planned import Info


@strawberry.type(description="How far one organisation trusts another.")
class TrustLevel:
    name: TrustLevelName = strawberry.field(description="Its name.")
    level: int = strawberry.field(description="Its height, from 0 to 100: a higher one reveals more.")
    description: str = strawberry.field(description="What it is for.")


def _trust_levels(info: Info) -> list[TrustLevel] | None:
    info.context.operation.check(Action.GRAPH_READ)
    return [TrustLevel(name=t.name, level=t.level, description=t.description) for t in trust.TRUST_LEVELS]


@strawberry.type(description="Reading what trust is made of.")
class TrustQueries:
    trust_levels: list[TrustLevel] | None = strawberry.field(
        resolver=_trust_levels,
        description="The levels of trust that one organisation may grant another, lowest first.",
        metadata=acts(Action.GRAPH_READ),
    )
