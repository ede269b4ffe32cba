"""What cases looked up, to be told of what comes later; evidence rests on originals, however they are shown."""

import sqlalchemy as sa
from alembic import op

from models.base import JsonText, PlainText, UtcTime

revision = "0021"
down_revision = "0020"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OWN = "organization_id = (SELECT current_setting('casegraph.organization', true))"
EVERYTHING = "(SELECT current_setting('casegraph.everything', true)) = 'on'"


def upgrade() -> None:
    op.execute(
        "UPDATE evidence_indicator SET indicator_id = "
        "(SELECT original_id FROM indicator WHERE indicator.id = evidence_indicator.indicator_id)"
    )
    op.create_table(
        "case_watch",
        sa.Column("investigation_id", NUMBER, nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("observed", JsonText(), nullable=False),
        sa.Column("known", JsonText(), nullable=False),
        sa.Column("head", NUMBER, nullable=False),
        sa.Column("looked_at", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigation.id"], name=op.f("fk_case_watch_investigation_id")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_case_watch_organization_id")),
        sa.PrimaryKeyConstraint("investigation_id", name=op.f("pk_case_watch")),
    )
    op.create_index("ix_case_watch_looked_at", "case_watch", ["looked_at"])
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"CREATE POLICY tenant ON case_watch USING ({OWN} OR {EVERYTHING})")
        op.execute("ALTER TABLE case_watch ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE case_watch FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("case_watch")
