"""Warning lists: known-good values of the installation."""

import sqlalchemy as sa
from alembic import op

from models.base import PlainText, UtcTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "warning_list",
        *(sa.Column(name, PlainText(), nullable=False) for name in ("id", "name", "description", "version", "type")),
        sa.Column("entries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_active", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("loaded_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning_list")),
    )
    op.create_index(
        "uq_warning_list_name",
        "warning_list",
        ["name"],
        unique=True,
        sqlite_where=sa.text("is_active"),
        postgresql_where=sa.text("is_active"),
    )
    op.create_table(
        "warning_entry",
        *(sa.Column(name, PlainText(), nullable=False) for name in ("value", "kind", "list_id")),
        sa.ForeignKeyConstraint(["list_id"], ["warning_list.id"], name=op.f("fk_warning_entry_list_id")),
        sa.PrimaryKeyConstraint("value", "kind", "list_id", name=op.f("pk_warning_entry")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_warning_entry_list_id", "warning_entry", ["list_id"], unique=False)
