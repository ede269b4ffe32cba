"""Activity: the raw records that investigations analyse. They belong to an organisation and are never shared."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from models.columns import (
    at_number,
    maybe_json,
    maybe_text,
    moment,
    number,
    number_key,
    points_at,
    real,
    text,
    text_key,
)


class ActivityRecord(SQLModel, table=True):
    """One record in the one shape (DOMAIN, "Activity record").

    `identity` is the source's own id, else the source, the digest of the line and its ordinal among equal lines.
    """

    __tablename__ = "activity_record"
    __table_args__ = (
        UniqueConstraint("organization_id", "source", "identity"),
        Index("ix_activity_record_time", "organization_id", "time", "id"),
        Index("ix_activity_record_latest", "time", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int = number_key()
    organization_id: str = points_at("organization.id", index=False)
    kind: str = text()  # login connection dns transaction device mail api_call
    time: datetime = moment()
    source: str = text()
    identity: str = text()
    external_id: str | None = maybe_text()
    outcome: str = text(default="unknown")  # success failure unknown
    user: str | None = maybe_text()
    ip: str | None = maybe_text()
    device: str | None = maybe_text()
    domain: str | None = maybe_text()
    email: str | None = maybe_text()
    transaction: str | None = maybe_text()
    country: str | None = maybe_text()
    latitude: float | None = real(None, nullable=True)
    longitude: float | None = real(None, nullable=True)
    user_agent: str | None = maybe_text()
    amount: float | None = real(None, nullable=True)
    currency: str | None = maybe_text()
    bytes_in: int | None = number(default=None, nullable=True)
    bytes_out: int | None = number(default=None, nullable=True)
    duration_ms: int | None = number(default=None, nullable=True)
    count: int = number(default=1)
    details: dict[str, Any] | None = maybe_json()
    ingested_at: datetime = moment()


class ActivityEntity(SQLModel, table=True):
    """The index an analysis reads by: which records touch which entity, in order of time."""

    __tablename__ = "activity_entity"
    __table_args__ = (Index("ix_activity_entity_lookup", "type", "value", "organization_id", "time", "record_id"),)

    record_id: int = at_number("activity_record.id", index=False, primary_key=True)
    type: str = text_key()
    value: str = text()
    organization_id: str = text()
    time: datetime = moment()
