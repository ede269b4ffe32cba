"""The core: organisations, people, cases, activity, events, audit."""

import sqlalchemy as sa
from alembic import op

from foundation.ids import new_id
from models.base import JsonText, PlainText, UtcTime

revision = "0001"
down_revision = None

# The audit trail only grows: who can write SQL by accident cannot change it by accident (SECURITY R38).
APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit rows are never changed'; END $$",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ],
}


def upgrade() -> None:
    op.create_table(
        "answer",
        sa.Column("key", PlainText(), nullable=False),
        sa.Column("fingerprint", PlainText(), nullable=False),
        sa.Column("answer", JsonText(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_answer")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("actor_id", PlainText(), nullable=False),
        sa.Column("actor_name", PlainText(), nullable=False),
        sa.Column("action", PlainText(), nullable=False),
        sa.Column("outcome", PlainText(), nullable=False),
        sa.Column("target", PlainText(), nullable=True),
        sa.Column("request_id", PlainText(), nullable=False),
        sa.Column("details", JsonText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_organization", "audit", ["organization_id", "id"], unique=False)
    op.create_table(
        "event",
        sa.Column("stream", PlainText(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", PlainText(), nullable=False),
        sa.Column("data", JsonText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_event")),
    )
    op.create_table(
        "failed_sign_in",
        sa.Column("key", PlainText(), nullable=False),
        sa.Column("failures", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("locked_until", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_failed_sign_in")),
    )
    op.create_table(
        "installation",
        sa.Column("key", PlainText(), nullable=False),
        sa.Column("value", PlainText(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_installation")),
    )
    op.create_table(
        "job_takeover",
        sa.Column("job_id", PlainText(), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_takeover")),
    )
    op.create_table(
        "organization",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("name", PlainText(), nullable=False),
        sa.Column("description", PlainText(), nullable=False),
        sa.Column("domain", PlainText(), nullable=False),
        sa.Column("type", PlainText(), nullable=False),
        sa.Column("is_publisher", sa.Boolean(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("name", name=op.f("uq_organization_name")),
    )
    op.create_table(
        "stream",
        sa.Column("key", PlainText(), nullable=False),
        sa.Column("head", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("low", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_stream")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "worker_lease",
        sa.Column("executor_id", PlainText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("executor_id", name=op.f("pk_worker_lease")),
    )
    op.create_table(
        "activity_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("kind", PlainText(), nullable=False),
        sa.Column("time", UtcTime(), nullable=False),
        sa.Column("source", PlainText(), nullable=False),
        sa.Column("identity", PlainText(), nullable=False),
        sa.Column("external_id", PlainText(), nullable=True),
        sa.Column("outcome", PlainText(), nullable=False),
        sa.Column("user", PlainText(), nullable=True),
        sa.Column("ip", PlainText(), nullable=True),
        sa.Column("device", PlainText(), nullable=True),
        sa.Column("domain", PlainText(), nullable=True),
        sa.Column("email", PlainText(), nullable=True),
        sa.Column("transaction", PlainText(), nullable=True),
        sa.Column("country", PlainText(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("user_agent", PlainText(), nullable=True),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("currency", PlainText(), nullable=True),
        sa.Column("bytes_in", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("bytes_out", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("duration_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("details", JsonText(), nullable=True),
        sa.Column("ingested_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_activity_record_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_record")),
        sa.UniqueConstraint(
            "organization_id", "source", "identity", name=op.f("uq_activity_record_organization_id_source_identity")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_activity_record_latest", "activity_record", ["time", "id"], unique=False)
    op.create_index("ix_activity_record_time", "activity_record", ["organization_id", "time", "id"], unique=False)
    op.create_table(
        "user_account",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("name", PlainText(), nullable=False),
        sa.Column("name_key", PlainText(), nullable=False),
        sa.Column("first_name", PlainText(), nullable=False),
        sa.Column("last_name", PlainText(), nullable=False),
        sa.Column("email", PlainText(), nullable=True),
        sa.Column("email_key", PlainText(), nullable=True),
        sa.Column("role", PlainText(), nullable=False),
        sa.Column("kind", PlainText(), nullable=False),
        sa.Column("is_platform_admin", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("password_hash", PlainText(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_user_account_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email_key", name=op.f("uq_user_account_email_key")),
        sa.UniqueConstraint("name_key", name=op.f("uq_user_account_name_key")),
    )
    op.create_index(op.f("ix_user_account_organization_id"), "user_account", ["organization_id"], unique=False)
    op.create_table(
        "activity_entity",
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type", PlainText(), nullable=False),
        sa.Column("value", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("time", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["activity_record.id"], name=op.f("fk_activity_entity_record_id")),
        sa.PrimaryKeyConstraint("record_id", "type", name=op.f("pk_activity_entity")),
    )
    op.create_index(
        "ix_activity_entity_lookup",
        "activity_entity",
        ["type", "value", "organization_id", "time", "record_id"],
        unique=False,
    )
    op.create_table(
        "api_key",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("user_id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("name", PlainText(), nullable=False),
        sa.Column("prefix", PlainText(), nullable=False),
        sa.Column("digest", PlainText(), nullable=False),
        sa.Column("scopes", JsonText(), nullable=False),
        sa.Column("created_by", PlainText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("last_used_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_api_key_created_by")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_api_key_organization_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_api_key_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
    op.create_index(op.f("ix_api_key_organization_id"), "api_key", ["organization_id"], unique=False)
    op.create_index(op.f("ix_api_key_user_id"), "api_key", ["user_id"], unique=False)
    op.create_table(
        "investigation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("entity_type", PlainText(), nullable=False),
        sa.Column("entity_value", PlainText(), nullable=False),
        sa.Column("window_start", UtcTime(), nullable=False),
        sa.Column("window_end", UtcTime(), nullable=False),
        sa.Column("phase", PlainText(), nullable=False),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("priority", PlainText(), nullable=False),
        sa.Column("progress_percent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("estimated_completion", UtcTime(), nullable=True),
        sa.Column("risk_score", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("quality_score", sa.Float(), nullable=False),
        sa.Column("trigger_reason", PlainText(), nullable=True),
        sa.Column("domains_to_analyze", JsonText(), nullable=False),
        sa.Column("analysis_depth", PlainText(), nullable=False),
        sa.Column("external_intel_enabled", sa.Boolean(), nullable=False),
        sa.Column("auto_escalation_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_by", PlainText(), nullable=True),
        sa.Column("run", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("thresholds_told", JsonText(), nullable=False),
        sa.Column("catalogue_hash", PlainText(), nullable=True),
        sa.Column("records_seen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("completion_reason", PlainText(), nullable=True),
        sa.Column("completed_at", UtcTime(), nullable=True),
        sa.Column("archived_at", UtcTime(), nullable=True),
        sa.Column("archive_reason", PlainText(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_investigation_created_by")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_investigation_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_investigation")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_investigation_created", "investigation", ["created_at", "id"], unique=False)
    op.create_index("ix_investigation_entity", "investigation", ["entity_type", "entity_value"], unique=False)
    op.create_index("ix_investigation_newest", "investigation", ["organization_id", "created_at", "id"], unique=False)
    op.create_index(
        "uq_investigation_case",
        "investigation",
        ["organization_id", "entity_type", "entity_value", "window_start", "window_end"],
        unique=True,
        sqlite_where=sa.text("archived_at IS NULL"),
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "login_session",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("user_id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("user_agent", PlainText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("last_used_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("end_reason", PlainText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_login_session_organization_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_login_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
    )
    op.create_index(op.f("ix_login_session_user_id"), "login_session", ["user_id"], unique=False)
    op.create_table(
        "case_history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("investigation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("investigation", JsonText(), nullable=False),
        sa.Column("domains", JsonText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigation.id"], name=op.f("fk_case_history_investigation_id")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_case_history_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_history")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_history_case", "case_history", ["investigation_id", "at", "id"], unique=False)
    op.create_table(
        "domain_analysis",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("investigation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("name", PlainText(), nullable=False),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("progress_percent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("risk_score", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("evidence_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("records_seen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("summary", PlainText(), nullable=True),
        sa.Column("agent", PlainText(), nullable=True),
        sa.Column("run", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigation.id"], name=op.f("fk_domain_analysis_investigation_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_domain_analysis_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain_analysis")),
        sa.UniqueConstraint("investigation_id", "name", name=op.f("uq_domain_analysis_investigation_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("investigation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("domain", PlainText(), nullable=False),
        sa.Column("type", PlainText(), nullable=False),
        sa.Column("code", PlainText(), nullable=True),
        sa.Column("title", PlainText(), nullable=False),
        sa.Column("description", PlainText(), nullable=False),
        sa.Column("strength", sa.Float(), nullable=False),
        sa.Column("reliability", sa.Float(), nullable=False),
        sa.Column("reliability_is_default", sa.Boolean(), nullable=False),
        sa.Column("supports", sa.Boolean(), nullable=False),
        sa.Column("log_odds", sa.Float(), nullable=False),
        sa.Column("correlated_group", PlainText(), nullable=True),
        sa.Column("own_telemetry", sa.Boolean(), nullable=False),
        sa.Column("severity", PlainText(), nullable=False),
        sa.Column("technique", PlainText(), nullable=True),
        sa.Column("measured", sa.Float(), nullable=True),
        sa.Column("threshold", sa.Float(), nullable=True),
        sa.Column("verification_status", PlainText(), nullable=False),
        sa.Column("source", PlainText(), nullable=False),
        sa.Column("summary", PlainText(), nullable=False),
        sa.Column("details", PlainText(), nullable=False),
        sa.Column("raw_data", JsonText(), nullable=True),
        sa.Column("record_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("window_start", UtcTime(), nullable=True),
        sa.Column("window_end", UtcTime(), nullable=True),
        sa.Column("freshest_at", UtcTime(), nullable=True),
        sa.Column("created_by", PlainText(), nullable=True),
        sa.Column("run", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("discovered_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_evidence_created_by")),
        sa.ForeignKeyConstraint(["investigation_id"], ["investigation.id"], name=op.f("fk_evidence_investigation_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_evidence_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_evidence_case", "evidence", ["investigation_id", "discovered_at", "id"], unique=False)
    op.create_table(
        "investigation_assignee",
        sa.Column("investigation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", PlainText(), nullable=False),
        sa.Column("assigned_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigation.id"], name=op.f("fk_investigation_assignee_investigation_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_investigation_assignee_user_id")),
        sa.PrimaryKeyConstraint("investigation_id", "user_id", name=op.f("pk_investigation_assignee")),
    )
    op.create_index(op.f("ix_investigation_assignee_user_id"), "investigation_assignee", ["user_id"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("investigation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("author_id", PlainText(), nullable=True),
        sa.Column("type", PlainText(), nullable=False),
        sa.Column("visibility", PlainText(), nullable=False),
        sa.Column("body", PlainText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_note_author_id")),
        sa.ForeignKeyConstraint(["investigation_id"], ["investigation.id"], name=op.f("fk_note_investigation_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_note_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_note_case", "note", ["investigation_id", "created_at", "id"], unique=False)
    op.create_table(
        "refresh_token",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("session_id", PlainText(), nullable=False),
        sa.Column("digest", PlainText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["login_session.id"], name=op.f("fk_refresh_token_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_refresh_token_digest")),
    )
    op.create_index(op.f("ix_refresh_token_session_id"), "refresh_token", ["session_id"], unique=False)
    op.create_table(
        "risk_point",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("investigation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("timestamp", UtcTime(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("delta", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("source", PlainText(), nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("run", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigation.id"], name=op.f("fk_risk_point_investigation_id")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_risk_point_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_point")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_risk_point_case", "risk_point", ["investigation_id", "id"], unique=False)
    op.create_table(
        "timeline_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("investigation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("timestamp", UtcTime(), nullable=False),
        sa.Column("actor_type", PlainText(), nullable=False),
        sa.Column("actor_name", PlainText(), nullable=False),
        sa.Column("action", PlainText(), nullable=False),
        sa.Column("summary", PlainText(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("input_data", JsonText(), nullable=True),
        sa.Column("output_data", JsonText(), nullable=True),
        sa.Column("risk_delta", sa.Float(), nullable=True),
        sa.Column("evidence_refs", JsonText(), nullable=False),
        sa.Column("run", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigation.id"], name=op.f("fk_timeline_event_investigation_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_timeline_event_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_event")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_timeline_event_case", "timeline_event", ["investigation_id", "timestamp", "id"], unique=False)
    op.create_table(
        "evidence_activity",
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_activity_evidence_id")),
        sa.ForeignKeyConstraint(["record_id"], ["activity_record.id"], name=op.f("fk_evidence_activity_record_id")),
        sa.PrimaryKeyConstraint("evidence_id", "record_id", name=op.f("pk_evidence_activity")),
    )
    op.create_index(op.f("ix_evidence_activity_record_id"), "evidence_activity", ["record_id"], unique=False)
    op.create_table(
        "evidence_verification",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("investigation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("verified_by", PlainText(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_verification_evidence_id")),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigation.id"], name=op.f("fk_evidence_verification_investigation_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_evidence_verification_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["user_account.id"], name=op.f("fk_evidence_verification_verified_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_verification")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_evidence_verification_evidence_id"), "evidence_verification", ["evidence_id"], unique=False
    )
    installation = sa.table("installation", sa.column("key", PlainText()), sa.column("value", PlainText()))
    op.bulk_insert(installation, [{"key": "epoch", "value": new_id()}])
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_no_change ON audit")
        op.execute("DROP FUNCTION refuse_change()")
    for table in (
        "evidence_verification",
        "evidence_activity",
        "timeline_event",
        "risk_point",
        "refresh_token",
        "note",
        "investigation_assignee",
        "evidence",
        "domain_analysis",
        "case_history",
        "login_session",
        "investigation",
        "api_key",
        "activity_entity",
        "user_account",
        "activity_record",
        "worker_lease",
        "stream",
        "organization",
        "job_takeover",
        "installation",
        "failed_sign_in",
        "event",
        "audit",
        "answer",
    ):
        op.drop_table(table)
