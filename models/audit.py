"""The audit trail: written in the transaction of each write. Sealing into a hash chain is a table beside it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import SQLModel

from models.columns import json, maybe_text, moment, number_key, text


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
