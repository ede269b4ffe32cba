"""What was done in a case, and what people wrote beside it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import SQLModel

from models.columns import at_number, flag, json, maybe_json, moment, number, number_key, points_at, real, text


class TimelineEvent(SQLModel, table=True):
    """Something an actor did. Kept as long as the case (D23)."""

    __tablename__ = "timeline_event"
    __table_args__ = (
        Index("ix_timeline_event_case", "investigation_id", "timestamp", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int = number_key()
    investigation_id: int = at_number("investigation.id", index=False)
    organization_id: str = points_at("organization.id", index=False)
    timestamp: datetime = moment()
    actor_type: str = text()
    actor_name: str = text()
    action: str = text()
    summary: str = text(default="")
    duration_ms: int | None = number(default=None, nullable=True)
    success: bool = flag(default=True)
    input_data: dict[str, Any] | None = maybe_json()
    output_data: dict[str, Any] | None = maybe_json()
    risk_delta: float | None = real(None, nullable=True)
    evidence_refs: list[str] = json(list)  # refs of the evidence it brought
    run: int = number(default=1)


class Note(SQLModel, table=True):
    """A comment, flag or escalation. `private`: its author; `team`: the organisation; `all`: whoever sees the case."""

    __tablename__ = "note"
    __table_args__ = (
        Index("ix_note_case", "investigation_id", "created_at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int = number_key()
    investigation_id: int = at_number("investigation.id", index=False)
    organization_id: str = points_at("organization.id", index=False)
    author_id: str | None = points_at("user_account.id", nullable=True, index=False)
    type: str = text(default="comment")
    visibility: str = text(default="team")
    body: str = text()
    created_at: datetime = moment()
