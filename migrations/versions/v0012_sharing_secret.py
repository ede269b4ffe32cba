"""A place for secrets of the installation, which lie sealed."""

import sqlalchemy as sa
from alembic import op

from models.base import SealedText

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("installation", sa.Column("secret", SealedText(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("installation", "secret")
