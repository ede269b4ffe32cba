"""The audit trail is sealed into a chain; ordinary reads leave a line."""

import sqlalchemy as sa
from alembic import op

from models.base import JsonText, PlainText, UtcTime

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# REPLACE deletes a row of SQLite without asking its DELETE trigger, and TRUNCATE empties a table of PostgreSQL without
# asking a row's: both are refused by triggers of their own.
APPEND_ONLY = {
    "sqlite": [
        *(
            f"CREATE TRIGGER audit_seal_no_{verb.lower()} BEFORE {verb} ON audit_seal "
            "BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END"
            for verb in ("UPDATE", "DELETE")
        ),
        "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END",
        "CREATE TRIGGER audit_seal_no_replace BEFORE INSERT ON audit_seal WHEN EXISTS (SELECT 1 FROM audit_seal "
        "WHERE audit_id = NEW.audit_id OR (organization_id = NEW.organization_id AND sequence = NEW.sequence)) "
        "BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END",
    ],
    "postgresql": [
        "CREATE TRIGGER audit_seal_no_change BEFORE UPDATE OR DELETE ON audit_seal "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER audit_seal_no_truncate BEFORE TRUNCATE ON audit_seal EXECUTE FUNCTION refuse_change()",
    ],
}


def upgrade() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("audit_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("sequence", NUMBER, nullable=False),
        sa.Column("hash", PlainText(), nullable=False),
        sa.Column("key_id", PlainText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_seal_audit_id")),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("organization_id", "sequence", name=op.f("uq_audit_seal_organization_id_sequence")),
    )
    op.create_table(
        "access_log",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("user_id", PlainText(), nullable=False),
        sa.Column("api_key_id", PlainText(), nullable=True),
        sa.Column("door", PlainText(), nullable=False),
        sa.Column("action", PlainText(), nullable=False),
        sa.Column("fields", JsonText(), nullable=False),
        sa.Column("targets", JsonText(), nullable=False),
        sa.Column("count", NUMBER, nullable=False),
        sa.Column("request_id", PlainText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_access_log_organization", "access_log", ["organization_id", "id"], unique=False)
    op.create_index("ix_access_log_at", "access_log", ["at"], unique=False)
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.execute("DROP TRIGGER audit_no_replace" if dialect == "sqlite" else "DROP TRIGGER audit_no_truncate ON audit")
    for table in ("access_log", "audit_seal"):
        op.drop_table(table)
