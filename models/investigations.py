"""The case: its row, who it is assigned to, its domains, its risk over time, and its past."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from models.columns import (
    at_number,
    flag,
    json,
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


class Investigation(SQLModel, table=True):
    """A case about one entity over a time window. Words of phase, status and priority: DOMAIN enumerations."""

    __tablename__ = "investigation"
    __table_args__ = (
        # The same entity and window once per organisation, archived ones aside (CONTRACTS row 24).
        Index(
            "uq_investigation_case",
            "organization_id",
            "entity_type",
            "entity_value",
            "window_start",
            "window_end",
            unique=True,
            sqlite_where=sql("archived_at IS NULL"),
            postgresql_where=sql("archived_at IS NULL"),
        ),
        Index("ix_investigation_newest", "organization_id", "created_at", "id"),
        Index("ix_investigation_created", "created_at", "id"),  # newest first, for whoever may see them
        Index("ix_investigation_entity", "entity_type", "entity_value"),
        {"sqlite_autoincrement": True},
    )

    id: int = number_key()
    organization_id: str = points_at("organization.id", index=False)
    entity_type: str = text()
    entity_value: str = text()
    window_start: datetime = moment()
    window_end: datetime = moment()
    phase: str = text(default="initiation")
    status: str = text(default="running")
    priority: str = text(default="medium")
    progress_percent: int = number(default=0)
    estimated_completion: datetime | None = maybe_moment()
    risk_score: float = real()
    confidence: float = real()
    quality_score: float = real()
    trigger_reason: str | None = maybe_text()
    domains_to_analyze: list[str] = json(list)
    analysis_depth: str = text(default="standard")
    external_intel_enabled: bool = flag(default=True)
    auto_escalation_enabled: bool = flag(default=True)
    created_by: str | None = points_at("user_account.id", nullable=True, index=False)
    run: int = number(default=1)  # a rerun counts up; what an older run still writes is refused
    thresholds_told: list[str] = json(list)  # of this run (D21)
    catalogue_hash: str | None = maybe_text()  # of the signals that this run began under
    records_seen: int = number(default=0)
    completion_reason: str | None = maybe_text()
    completed_at: datetime | None = maybe_moment()
    archived_at: datetime | None = maybe_moment()
    archive_reason: str | None = maybe_text()
    created_at: datetime = moment()
    updated_at: datetime = moment()


class InvestigationAssignee(SQLModel, table=True):
    """Who works on a case; someone of another organisation sees that one case by it (CONTRACTS row 28)."""

    __tablename__ = "investigation_assignee"

    investigation_id: int = at_number("investigation.id", index=False, primary_key=True)
    user_id: str = points_at("user_account.id", primary_key=True, index=True)
    assigned_at: datetime = moment()


class DomainAnalysis(SQLModel, table=True):
    """One line of analysis inside a case."""

    __tablename__ = "domain_analysis"
    __table_args__ = (UniqueConstraint("investigation_id", "name"), {"sqlite_autoincrement": True})

    id: int = number_key()
    investigation_id: int = at_number("investigation.id", index=False)
    organization_id: str = points_at("organization.id", index=False)
    name: str = text()
    status: str = text(default="pending")
    progress_percent: int = number(default=0)
    risk_score: float = real()
    confidence: float = real()
    evidence_count: int = number(default=0)
    records_seen: int = number(default=0)
    summary: str | None = maybe_text()  # "Nothing found in 12 records.", or why it failed
    agent: str | None = maybe_text()  # the outside agent that reports it, if any does
    catalogue_hash: str | None = maybe_text()  # of the signals that judged it; none before, and none of an agent's
    run: int = number(default=1)
    started_at: datetime | None = maybe_moment()
    finished_at: datetime | None = maybe_moment()
    updated_at: datetime = moment()


class RiskPoint(SQLModel, table=True):
    """One step of the score, with its cause. Never changed (D24)."""

    __tablename__ = "risk_point"
    __table_args__ = (
        Index("ix_risk_point_case", "investigation_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int = number_key()
    investigation_id: int = at_number("investigation.id", index=False)
    organization_id: str = points_at("organization.id", index=False)
    timestamp: datetime = moment()
    score: float = real()
    delta: float = real()
    confidence: float = real()
    source: str = text()
    reason: str = text()
    run: int = number(default=1)


class CaseHistory(SQLModel, table=True):
    """The case row and its domain rows as they stood after a change: what `asOf` will read (D24)."""

    __tablename__ = "case_history"
    __table_args__ = (
        Index("ix_case_history_case", "investigation_id", "at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int = number_key()
    investigation_id: int = at_number("investigation.id", index=False)
    organization_id: str = points_at("organization.id", index=False)
    at: datetime = moment()
    investigation: dict[str, Any] = json()
    domains: list[dict[str, Any]] | None = maybe_json()
