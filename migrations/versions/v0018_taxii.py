"""What TAXII needs beside the collections: versions that were deleted, and what became of what was sent."""

import sqlalchemy as sa
from alembic import op

from models.base import JsonText, PlainText, UtcTime

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("collection_entry", sa.Column("is_erased", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_collection_entry_version", "collection_entry", ["collection_id", "position"])
    op.create_table(
        "taxii_status",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("content", JsonText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_taxii_status_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taxii_status")),
    )
    op.create_index(op.f("ix_taxii_status_created_at"), "taxii_status", ["created_at"])


def downgrade() -> None:
    op.drop_table("taxii_status")
    op.drop_index("ix_collection_entry_version", "collection_entry")
    op.drop_column("collection_entry", "is_erased")
