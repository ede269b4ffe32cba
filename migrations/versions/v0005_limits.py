"""Limits: what is used up of them, for all processes."""

import sqlalchemy as sa
from alembic import op

from models.base import PlainText, UtcTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "rate_window",
        sa.Column("key", PlainText(), nullable=False),
        sa.Column("used", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_window")),
    )
    op.create_index("ix_rate_window_ends_at", "rate_window", ["ends_at"], unique=False)
    op.create_index("ix_failed_sign_in_since", "failed_sign_in", ["since"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE rate_window SET UNLOGGED")


def downgrade() -> None:
    op.drop_index("ix_failed_sign_in_since", "failed_sign_in")
    op.drop_table("rate_window")
