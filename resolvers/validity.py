"""Relationships begin and end by themselves, at the moment they say.

No read may show what has ended, however late a round of upkeep is. So every door that opens looks whether the next such
moment has passed, which costs a comparison, and if so carries it out first. The moment is known from the changes this
process made, from those that others call out, and from a look every half a second (`workers/upkeep`): only an end that
another process set less than half a second ahead, and whose call was lost, can be late by the rest of it.
"""

import asyncio
from datetime import UTC, datetime

from foundation.ids import to_global
from models.database import Database, Session
from models.queries import relationships
from models.trust import TrustRelationship
from models.unit import AuditEntry, Unit
from resolvers.in_force import put_in_force, tell
from rules.access.actions import Action
from rules.relationships import RelationshipStatus
from rules.trust_history import TrustAction

TURNS = "trust"
"""No stream: called out beside them, it says that a relationship was given another validity."""

PIECE = 100
_AT_ONCE = datetime.min.replace(tzinfo=UTC)


class Validity:
    """When the next relationship turns, as far as this process knows."""

    def __init__(self, database: Database) -> None:
        self._database, self._turn = database, asyncio.Lock()
        self._due: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        return self._due is not None and self._due <= now

    def expect(self, at: datetime | None) -> None:
        """A relationship was given this moment. One that it no longer has is looked for once, and not found."""
        if at is not None and (self._due is None or at < self._due):
            self._due = at

    def look(self) -> None:
        """Somebody else may have given one an earlier moment."""
        self._due = _AT_ONCE

    async def turn(self, now: datetime) -> int:
        """Carries out what is due at `now`; how many it was. Whoever comes meanwhile waits for it."""
        async with self._turn:
            turned = 0
            while self.is_due(now):
                turned += await self._some(now)
            return turned

    async def _some(self, now: datetime) -> int:
        async with self._database.reading() as session:
            due = await relationships.next_turn(session)
        if due is None or due > now:
            self._due = due
            return 0
        async with self._database.transaction() as session:
            found = await relationships.due(session, now, limit=PIECE)
            if not found:
                return 0  # Somebody else did it.
            unit = Unit(session, now)
            entry, *others = [_carry_out(session, row, now) for row in found]
            for other in others:
                unit.audit(other)
            await put_in_force(session, found, now)
            await unit.seal(entry)
        return len(found)


def _carry_out(session: Session, row: TrustRelationship, now: datetime) -> AuditEntry:
    if row.valid_until is not None and row.valid_until <= now:
        row.status, action = str(RelationshipStatus.EXPIRED), TrustAction.RELATIONSHIP_EXPIRED
    else:
        action = TrustAction.RELATIONSHIP_ACTIVATED
    row.updated_at = now
    tell(session, row, action, by=row.trustor_id, now=now)
    return AuditEntry(
        organization_id=row.trustor_id,
        actor_id="",
        actor_name="engine",
        action=str(Action.TRUST_TURN),
        request_id="",
        target=to_global("TrustRelationship", row.id),
        details={"did": str(action)},
    )
