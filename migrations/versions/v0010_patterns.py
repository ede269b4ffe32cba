"""Patterns beyond the index: which are matched no longer, and why."""

import sqlalchemy as sa
from alembic import op

from models.base import PlainText

revision = "0010"
down_revision = "0009"

ASKED = "NOT is_indexed AND not_matched_because IS NULL"


def upgrade() -> None:
    op.add_column("indicator", sa.Column("not_matched_because", PlainText(), nullable=True))
    op.execute("UPDATE indicator SET not_matched_because = 'It is no STIX pattern.' WHERE pattern_type <> 'stix'")
    where = sa.text(ASKED)
    op.create_index(
        "ix_indicator_asked", "indicator", ["organization_id", "id"], sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    op.drop_index("ix_indicator_asked", "indicator")
    op.drop_column("indicator", "not_matched_because")
