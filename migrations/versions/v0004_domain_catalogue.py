"""By which catalogue of signals each domain of a case was judged."""

import sqlalchemy as sa
from alembic import op

from models.base import PlainText

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("domain_analysis", sa.Column("catalogue_hash", PlainText(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("domain_analysis") as table:
        table.drop_column("catalogue_hash")
