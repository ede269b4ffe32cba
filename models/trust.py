"""Trust between organisations: the facts people decide on, and the right that follows from them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from models.columns import (
    flag,
    json,
    maybe_moment,
    maybe_text,
    moment,
    number,
    number_key,
    points_at,
    text,
    text_key,
    uuid_key,
)


class TrustRelationship(SQLModel, table=True):
    """What one organisation, the trustor, lets another, the trustee, see of its own. One row a pair and direction.

    `granted` is what the row comes to just now, and the four columns after it how far that goes; rules/trust.py works
    them out of the rest whenever it changes. None: it says nothing (not in force yet), and groups count. `turns_at`:
    when it begins or ends by itself.
    """

    __tablename__ = "trust_relationship"
    __table_args__ = (UniqueConstraint("trustor_id", "trustee_id"),)

    id: str = uuid_key()
    trustor_id: str = points_at("organization.id", index=False)
    trustee_id: str = points_at("organization.id")
    level: str = text()  # public trusted restricted
    type: str = text(default="bilateral")  # bilateral community hierarchical federation
    status: str = text(default="pending")  # pending active suspended revoked expired
    trustor_approval: str = text(default="pending")  # pending approved rejected
    trustee_approval: str = text(default="pending")
    access_level: str = text(default="read")  # none read subscribe contribute full
    policy: dict[str, Any] = json()
    details: dict[str, Any] = json()  # what the trustor notes of it
    valid_from: datetime = moment()
    valid_until: datetime | None = maybe_moment()
    granted: int | None = number(default=None, nullable=True)  # 0 to 90
    tlp: int = number(default=0)
    strictest: int = number(default=0)
    kinds: int = number(default=0)
    max_age: int = number(default=0)
    turns_at: datetime | None = maybe_moment(index=True)
    created_by: str | None = maybe_text()
    created_at: datetime = moment()
    updated_at: datetime = moment()


class TrustGroup(SQLModel, table=True):
    """Organisations that trust each other to the same degree.

    `level` is what it asks of them, `granted` what all of its members have agreed to. Its name is known to its members
    alone, so another group may bear it too: a refusal would tell strangers of it.
    """

    __tablename__ = "trust_group"

    id: str = uuid_key()
    name: str = text()
    description: str = text(default="")
    level: str = text()
    granted: int = number()
    created_by: str = points_at("organization.id", index=False)
    created_at: datetime = moment()
    updated_at: datetime = moment()


class TrustMember(SQLModel, table=True):
    """An organisation in a group. It sees and is seen once `is_active`: asked by the group, and agreed to by itself."""

    __tablename__ = "trust_member"
    __table_args__ = (Index("ix_trust_member_organization", "organization_id", "group_id"),)

    group_id: str = points_at("trust_group.id", index=False, primary_key=True)
    organization_id: str = points_at("organization.id", index=False, primary_key=True)
    role: str = text(default="member")  # member moderator administrator
    is_active: bool = flag()
    agreed: int = number(default=0)  # the level it agreed to
    created_at: datetime = moment()
    updated_at: datetime = moment()


class TrustEvent(SQLModel, table=True):
    """What happened to a relationship or a group. Never changed."""

    __tablename__ = "trust_event"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int = number_key()
    relationship_id: str | None = points_at("trust_relationship.id", nullable=True)
    group_id: str | None = points_at("trust_group.id", nullable=True)
    organization_id: str = points_at("organization.id", index=False)  # whose people did it
    actor_id: str | None = maybe_text()
    action: str = text()
    details: dict[str, Any] = json()
    at: datetime = moment()


class Access(SQLModel, table=True):
    """What a reader may see of a producer now: what follows from relationships and groups, kept by each change of them.

    No row, or level 0: nothing. The own organisation has no row; it sees all of its own.
    """

    __tablename__ = "access"
    __table_args__ = (Index("ix_access_producer", "producer_id", "reader_id"),)

    reader_id: str = points_at("organization.id", index=False, primary_key=True)
    producer_id: str = points_at("organization.id", index=False, primary_key=True)
    level: int = number()
    tlp: int = number()
    form: int = number()
    kinds: int = number()
    max_age: int = number()


class PendingAccess(SQLModel, table=True):
    """Scratch of a change of trust: the pairs whose right really changes. Empty outside of one."""

    __tablename__ = "access_pending"

    reader_id: str = text_key()
    producer_id: str = text_key()
    level: int = number()
    tlp: int = number()
    form: int = number()
    kinds: int = number()
    max_age: int = number()
