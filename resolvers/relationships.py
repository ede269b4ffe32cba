"""Trust between two organisations: proposed by the one that grants it, agreed to by both, changed by the first alone.

What is changed acts at once: the rights of the reader change in the same transaction, so that the next query, the next
event and the next page of a collection follow it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from foundation.errors import Forbidden, InvalidInput
from foundation.ids import to_global
from foundation.texts import check_json, check_number
from models.queries import relationships
from models.trust import TrustRelationship
from resolvers.in_force import put_in_force, tell
from resolvers.operation import Door, Operation
from rules.access.actions import Action
from rules.access.names import is_storable
from rules.relationships import (
    ENDED,
    KINDS,
    AccessLevel,
    Approval,
    RelationshipStatus,
    RelationshipType,
    SharingPolicy,
)
from rules.trust import ANY_AGE, TrustLevelName
from rules.trust_history import TrustAction
from rules.trust_refusals import EntityNotFound, InvalidTrustLevel, NotInThisStanding, RelationshipExists

MOST_DETAILS_BYTES = 8_192
TYPES: Final = frozenset(word for word in KINDS if ":" not in word)
KEEP: Final = object()
"""In place of a value: as it is."""

LASTING: Final = {"id", "created_at", "granted", "tlp", "strictest", "kinds", "max_age"}
"""What a relationship keeps when it is proposed anew: it is the same one, and has been in force or has not."""


def trust_level(word: str, *, field: str = "level") -> TrustLevelName:
    """Raises InvalidTrustLevel."""
    try:
        return TrustLevelName(word)
    except ValueError:
        raise InvalidTrustLevel(field=field) from None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the trustor decides. None, and KEEP for the end: as it was, or the default of a new relationship."""

    level: str | None = None
    type: RelationshipType | None = None
    access_level: AccessLevel | None = None
    policy: SharingPolicy | None = None
    details: Mapping[str, Any] | None = None
    valid_from: datetime | None = None
    valid_until: Any = field(default=KEEP)

    def check(self) -> dict[str, Any]:
        """The columns that change. Raises InvalidTrustLevel, InvalidInput."""
        columns: dict[str, Any] = {}
        if self.level is not None:
            columns["level"] = str(trust_level(self.level))
        if self.type is not None:
            columns["type"] = str(self.type)
        if self.access_level is not None:
            columns["access_level"] = str(self.access_level)
        if self.policy is not None:
            columns["policy"] = _checked(self.policy).wire()
        if self.details is not None:
            columns["details"] = check_json(self.details, field="metadata", most_bytes=MOST_DETAILS_BYTES)
        if self.valid_from is not None:
            columns["valid_from"] = self.valid_from
        if self.valid_until is not KEEP:
            columns["valid_until"] = self.valid_until
        return columns


async def propose_trust(
    op: Operation, *, trustee_id: str, terms: Terms, trustor_id: str | None = None, approve: bool = True
) -> str:
    """Proposes to let another organisation see what the own one shares; the key of the relationship.

    With `approve` the own side agrees at once, and it is in force once the other side does. What ended before may be
    proposed anew. Raises Forbidden where `trustor_id` is another's, EntityNotFound, RelationshipExists,
    InvalidTrustLevel.
    """
    own = op.viewer.organization_id
    async with op.write(Action.TRUST_PROPOSE) as door:
        if trustor_id not in (None, own):
            raise Forbidden(field="trustorId")
        columns = {"valid_from": door.now, "valid_until": None, **terms.check()}
        if "level" not in columns:
            raise InvalidTrustLevel(field="level")
        _check_validity(columns, door.now)
        if trustee_id == own:
            raise InvalidInput("An organisation sees its own anyway.", field="trusteeId")
        found = (
            await relationships.organization(door.session, op.viewer, trustee_id) if is_storable(trustee_id) else None
        )
        if found is None:
            raise EntityNotFound(field="trusteeId")
        fresh = TrustRelationship(
            trustor_id=own,
            trustee_id=trustee_id,
            trustor_approval=str(Approval.APPROVED if approve else Approval.PENDING),
            **{"policy": SharingPolicy().wire(), **columns},
            created_by=op.viewer.user_id or None,
            created_at=door.now,
            updated_at=door.now,
        )
        row, is_new = await relationships.propose(door.session, fresh)
        if not is_new:
            if RelationshipStatus(row.status) not in ENDED:
                raise RelationshipExists(field="trusteeId")
            row.sqlmodel_update(fresh.model_dump(exclude=LASTING))
        _tell(op, door, row, TrustAction.RELATIONSHIP_CREATED, level=row.level, approved=approve)
        await _close(door, row)
    op.house.expect_turn(row.turns_at)
    return row.id


async def answer_trust(op: Operation, *, relationship_id: str, approve: bool) -> str:
    """One side's answer. When both have agreed it is in force; who refuses ends it, also after having agreed.

    Raises EntityNotFound, NotInThisStanding.
    """
    async with op.write(Action.TRUST_ANSWER, approve=approve) as door:
        row = await _held(op, door, relationship_id)
        side = "trustor_approval" if row.trustor_id == op.viewer.organization_id else "trustee_approval"
        status = RelationshipStatus(row.status)
        if status in ENDED or (approve and status is not RelationshipStatus.PENDING):
            raise NotInThisStanding(status=str(status))
        setattr(row, side, str(Approval.APPROVED if approve else Approval.REJECTED))
        if not approve:
            row.status = str(RelationshipStatus.REVOKED)
            _tell(op, door, row, TrustAction.RELATIONSHIP_REJECTED)
        else:
            _tell(op, door, row, TrustAction.RELATIONSHIP_APPROVED)
            if row.trustor_approval == row.trustee_approval == Approval.APPROVED:
                row.status = str(RelationshipStatus.ACTIVE)
                if row.valid_from <= door.now:
                    _tell(op, door, row, TrustAction.RELATIONSHIP_ACTIVATED)
        await _close(door, row)
    op.house.expect_turn(row.turns_at)
    return row.id


async def change_trust(op: Operation, *, relationship_id: str, terms: Terms, suspended: bool | None = None) -> str:
    """Changes the terms, puts it on hold or resumes it; for the trustor alone.

    Raises EntityNotFound, Forbidden, NotInThisStanding, InvalidTrustLevel.
    """
    async with op.write(Action.TRUST_CHANGE) as door:
        columns = terms.check()
        row = await _own(op, door, relationship_id)
        status = RelationshipStatus(row.status)
        pausable = (RelationshipStatus.ACTIVE, RelationshipStatus.SUSPENDED)
        if status in ENDED or (suspended is not None and status not in pausable):
            raise NotInThisStanding(status=str(status))
        if "valid_until" in columns or "valid_from" in columns:
            _check_validity({"valid_from": row.valid_from, "valid_until": row.valid_until, **columns}, door.now)
        changed = sorted(name for name, value in columns.items() if getattr(row, name) != value)
        if "level" in changed:
            _tell(op, door, row, TrustAction.TRUST_LEVEL_MODIFIED, before=row.level, after=columns["level"])
        if others := [name for name in changed if name != "level"]:
            _tell(op, door, row, TrustAction.RELATIONSHIP_MODIFIED, changed=others)
        row.sqlmodel_update(columns)
        if suspended is not None and suspended is not (status is RelationshipStatus.SUSPENDED):
            await _pause(op, door, row, suspended=suspended)
        await _close(door, row)
    op.house.expect_turn(row.turns_at)
    return row.id


async def _pause(op: Operation, door: Door, row: TrustRelationship, *, suspended: bool) -> None:
    if suspended:
        row.status = str(RelationshipStatus.SUSPENDED)
        _tell(op, door, row, TrustAction.RELATIONSHIP_SUSPENDED)
        return
    if await relationships.organization(door.session, op.viewer, row.trustee_id) is None:
        raise EntityNotFound("The other organisation is not active.")
    row.status = str(RelationshipStatus.ACTIVE)
    _tell(op, door, row, TrustAction.RELATIONSHIP_ACTIVATED)


async def revoke_trust(op: Operation, *, relationship_id: str) -> str:
    """Takes it back: the trustee sees nothing by it from now on. Twice is no error.

    Raises EntityNotFound, Forbidden.
    """
    async with op.write(Action.TRUST_REVOKE) as door:
        row = await _own(op, door, relationship_id)
        if RelationshipStatus(row.status) not in ENDED:
            row.status = str(RelationshipStatus.REVOKED)
            _tell(op, door, row, TrustAction.RELATIONSHIP_REVOKED)
        await _close(door, row)
    return row.id


async def _held(op: Operation, door: Door, relationship_id: str) -> TrustRelationship:
    row = None
    if is_storable(relationship_id):
        row = await relationships.relationship(door.session, op.viewer, relationship_id)
    if row is None:
        raise EntityNotFound(field="relationshipId")
    return row


async def _own(op: Operation, door: Door, relationship_id: str) -> TrustRelationship:
    """Of the two sides that see it only the trustor decides about it (SECURITY R17)."""
    row = await _held(op, door, relationship_id)
    if row.trustor_id != op.viewer.organization_id:
        raise Forbidden
    return row


def _tell(op: Operation, door: Door, row: TrustRelationship, action: TrustAction, **details: object) -> None:
    viewer = op.viewer
    tell(door.session, row, action, by=viewer.organization_id, actor=viewer.user_id, now=door.now, **details)


async def _close(door: Door, row: TrustRelationship) -> None:
    row.updated_at = door.now
    door.about(to_global("TrustRelationship", row.id), status=row.status, level=row.level)
    door.answer(row.id)
    await put_in_force(door.session, [row], door.now)


def _check_validity(columns: Mapping[str, Any], now: datetime) -> None:
    until = columns["valid_until"]
    if until is not None and until <= max(now, columns["valid_from"]):
        raise InvalidInput("It ends after it begins, and not before now.", field="validUntil")


def _checked(policy: SharingPolicy) -> SharingPolicy:
    for name in ("allowed_types", "blocked_types"):
        if unknown := sorted(getattr(policy, name) - TYPES):
            raise InvalidInput(f"No kind of object is called {unknown[0][:64]!r}.", field=f"policy.{name}")
    if policy.max_age_days is not None:
        check_number(policy.max_age_days, field="policy.maxAgeDays", least=1, most=ANY_AGE - 1)
    return policy
