"""Evidence: what supports or contradicts the risk of a case, and who checked it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import SQLModel

from models.columns import (
    at_number,
    flag,
    maybe_json,
    maybe_moment,
    maybe_text,
    moment,
    number,
    number_key,
    points_at,
    real,
    text,
)


class Evidence(SQLModel, table=True):
    """One item. `log_odds` is its signed weight before reliability, damping and caps (ENGINE section 8)."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index("ix_evidence_case", "investigation_id", "discovered_at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int = number_key()
    investigation_id: int = at_number("investigation.id", index=False)
    organization_id: str = points_at("organization.id", index=False)
    domain: str = text()
    type: str = text()
    code: str | None = maybe_text()  # the signal that found it; none when a person or an agent wrote it
    title: str = text()
    description: str = text(default="")
    strength: float = real()
    reliability: float = real()
    reliability_is_default: bool = flag()
    supports: bool = flag(default=True)
    log_odds: float = real()
    correlated_group: str | None = maybe_text()
    own_telemetry: bool = flag()
    severity: str = text(default="medium")
    technique: str | None = maybe_text()  # ATT&CK
    measured: float | None = real(None, nullable=True)
    threshold: float | None = real(None, nullable=True)
    verification_status: str = text(default="unverified")
    source: str = text()
    summary: str = text(default="")
    details: str = text(default="")
    raw_data: dict[str, Any] | None = maybe_json()
    record_count: int = number(default=0)
    window_start: datetime | None = maybe_moment()
    window_end: datetime | None = maybe_moment()
    freshest_at: datetime | None = maybe_moment()
    created_by: str | None = points_at("user_account.id", nullable=True, index=False)
    run: int = number(default=1)
    superseded: bool = flag()  # of an older run: kept and shown in the past, no part of the score now
    discovered_at: datetime = moment()


class EvidenceActivity(SQLModel, table=True):
    """The very records a piece of evidence rests on."""

    __tablename__ = "evidence_activity"

    evidence_id: int = at_number("evidence.id", index=False, primary_key=True)
    record_id: int = at_number("activity_record.id", primary_key=True, index=True)


class Verification(SQLModel, table=True):
    """Who said what about a piece of evidence, when and why. Never changed."""

    __tablename__ = "evidence_verification"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int = number_key()
    evidence_id: int = at_number("evidence.id")
    investigation_id: int = at_number("investigation.id", index=False)
    organization_id: str = points_at("organization.id", index=False)
    status: str = text()
    reason: str = text(default="")
    verified_by: str | None = points_at("user_account.id", nullable=True, index=False)
    at: datetime = moment()
