"""The audit trail: written in the transaction of each write, sealed into a hash chain soon after; and who read what."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import json, maybe_text, moment, number, number_key, text


class Audit(SQLModel, table=True):
    """Who did what, when, to what, and how it ended. Rows are never changed: a trigger refuses it."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_organization", "organization_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int = number_key()
    organization_id: str = text(default="")  # empty where nobody was signed in
    actor_id: str = text(default="")
    actor_name: str = text()
    action: str = text()
    outcome: str = text(default="done")  # done refused
    target: str | None = maybe_text()  # global id or ref of what was touched
    request_id: str = text(default="")
    details: dict[str, Any] = json()
    at: datetime = moment()


class AuditSeal(SQLModel, table=True):
    """The place of one audit row in the chain of its organisation (rules/audit_chain). Never changed either.

    A table of its own: giving the place in the transaction of the write would line up all writers of an organisation.
    """

    __tablename__ = "audit_seal"
    __table_args__ = (UniqueConstraint("organization_id", "sequence"),)

    audit_id: int = Field(
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"),
            ForeignKey("audit.id"),
            primary_key=True,
            autoincrement=False,
        )
    )
    organization_id: str = text(default="")
    sequence: int = number()  # 1, 2, 3 ... in each organisation
    hash: str = text()  # 64 hexadecimal digits
    key_id: str = text()  # the master key it was made with
    at: datetime = moment()


class AccessLog(SQLModel, table=True):
    """One request that read the graph. Written a moment later and in batches; kept for some days only."""

    __tablename__ = "access_log"
    __table_args__ = (
        Index("ix_access_log_organization", "organization_id", "id"),
        Index("ix_access_log_at", "at"),
        {"sqlite_autoincrement": True},
    )

    id: int = number_key()
    organization_id: str = text()
    user_id: str = text()
    api_key_id: str | None = maybe_text()
    door: str = text()  # graphql rest taxii
    action: str = text()
    fields: list[str] = json(list)  # the roots that were read
    targets: list[str] = json(list)  # what they were asked for, by id
    count: int = number(default=0)  # rows that were handed out below the roots
    request_id: str = text(default="")
    at: datetime = moment()
