"""Accounts: people who asked to join, and tokens that reset a password."""

import sqlalchemy as sa
from alembic import op

from models.base import PlainText, UtcTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("user_account", sa.Column("is_pending", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "password_reset",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("user_id", PlainText(), nullable=False),
        sa.Column("digest", PlainText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_password_reset_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("digest", name=op.f("uq_password_reset_digest")),
    )
    op.create_index(op.f("ix_password_reset_user_id"), "password_reset", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("password_reset")
    op.drop_column("user_account", "is_pending")
