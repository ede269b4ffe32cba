"""Indicators of one organisation in the order in which their producers changed them."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_index("ix_indicator_modified", "indicator", ["organization_id", "modified", "id"])


def downgrade() -> None:
    op.drop_index("ix_indicator_modified", "indicator")
