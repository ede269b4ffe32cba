"""Trust that begins and ends by itself, what members of a group agreed to, and how an organisation is reached."""

import sqlalchemy as sa
from alembic import op

from models.base import JsonText, PlainText, SealedText, UtcTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("trust_relationship", sa.Column("details", JsonText(), nullable=False, server_default="{}"))
    op.add_column("trust_relationship", sa.Column("turns_at", UtcTime(), nullable=True))
    op.create_index("ix_trust_relationship_turns_at", "trust_relationship", ["turns_at"])
    op.drop_column("trust_relationship", "notes")
    level = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("trust_member", sa.Column("agreed", level, nullable=False, server_default="0"))
    with op.batch_alter_table("trust_group") as group:
        group.drop_constraint("uq_trust_group_name", type_="unique")
    op.add_column("organization", sa.Column("website", PlainText(), nullable=False, server_default=""))
    op.add_column("organization", sa.Column("contact_email", SealedText(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("organization", "contact_email")
    op.drop_column("organization", "website")
    with op.batch_alter_table("trust_group") as group:
        group.create_unique_constraint("uq_trust_group_name", ["name"])
    op.drop_column("trust_member", "agreed")
    op.add_column("trust_relationship", sa.Column("notes", PlainText(), nullable=False, server_default=""))
    op.drop_index("ix_trust_relationship_turns_at", "trust_relationship")
    op.drop_column("trust_relationship", "turns_at")
    op.drop_column("trust_relationship", "details")
