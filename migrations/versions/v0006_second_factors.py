"""Second factors: seeds of authenticators, recovery codes, remembered devices."""

import sqlalchemy as sa
from alembic import op

from models.base import PlainText, UtcTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("user_account", sa.Column("totp_since", UtcTime(), nullable=True))
    op.create_table(
        "totp_seed",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("user_id", PlainText(), nullable=False),
        sa.Column("seed", PlainText(), nullable=False),
        sa.Column("last_counter", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("begun_at", UtcTime(), nullable=False),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_totp_seed_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_totp_seed")),
        sa.UniqueConstraint("user_id", name=op.f("uq_totp_seed_user_id")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("user_id", PlainText(), nullable=False),
        sa.Column("digest", PlainText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index("ix_recovery_code_user_id", "recovery_code", ["user_id"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("user_id", PlainText(), nullable=False),
        sa.Column("digest", PlainText(), nullable=False),
        sa.Column("user_agent", PlainText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("last_used_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_device_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("digest", name=op.f("uq_device_digest")),
    )
    op.create_index("ix_device_user_id", "device", ["user_id"], unique=False)
