"""A change of trust takes effect: what the facts come to, and the rights that follow, last in the transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models.database import Session
from models.queries import rights
from models.trust import TrustEvent, TrustRelationship
from rules.relationships import AccessLevel, RelationshipStatus, SharingPolicy, effect, turns_at
from rules.trust import TrustLevelName
from rules.trust_history import TrustAction

PIECE = 100
"""Relationships whose rights are worked out by one statement: SQLite takes compound statements of 500 parts."""


async def put_in_force(session: Session, changed: Sequence[TrustRelationship], now: datetime) -> None:
    """Works out what these relationships come to. Nothing else may be locked in this transaction afterwards."""
    pairs = []
    for row in changed:
        status = RelationshipStatus(row.status)
        came_to = effect(
            status=status,
            level=TrustLevelName(row.level),
            access_level=AccessLevel(row.access_level),
            policy=SharingPolicy.read(row.policy),
            was_active=row.granted is not None,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            now=now,
        )
        row.turns_at = turns_at(status, row.valid_from, row.valid_until, now)
        before = (row.granted, row.tlp, row.strictest, row.kinds, row.max_age)
        row.granted, row.tlp, row.strictest = came_to.granted, came_to.tlp, came_to.strictest
        row.kinds, row.max_age = came_to.kinds, came_to.max_age
        if before != (row.granted, row.tlp, row.strictest, row.kinds, row.max_age):
            pairs.append((row.trustee_id, row.trustor_id))
    await session.flush()
    for start in range(0, len(pairs), PIECE):
        await rights.apply(session, rights.of_pairs(pairs[start : start + PIECE]), now)


def tell(
    session: Session,
    row: TrustRelationship,
    action: TrustAction,
    *,
    by: str,
    now: datetime,
    actor: str = "",
    **more: Any,
) -> None:
    """A line of the relationship's history. `by`: the organisation whose people did it. `more` are JSON values."""
    session.add(
        TrustEvent(
            relationship_id=row.id, organization_id=by, actor_id=actor or None, action=str(action), details=more, at=now
        )
    )
