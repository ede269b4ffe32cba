"""Feeds: collections of other servers that are read again and again."""

import sqlalchemy as sa
from alembic import op

from models.base import JsonText, PlainText, UtcTime

revision = "0014"
down_revision = "0013"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "feed",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        *(sa.Column(name, PlainText(), nullable=False) for name in ("name", "url", "remote_collection")),
        *(sa.Column(name, PlainText(), nullable=False) for name in ("trust_level", "auth", "credentials")),
        sa.Column("every_s", NUMBER, nullable=False),
        sa.Column("is_paused", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("poll", NUMBER, nullable=False),
        sa.Column("polling_since", UtcTime(), nullable=True),
        sa.Column("next_poll_at", UtcTime(), nullable=False),
        sa.Column("last_polled_at", UtcTime(), nullable=True),
        sa.Column("last_worked_at", UtcTime(), nullable=True),
        sa.Column("last_error", PlainText(), nullable=True),
        *(sa.Column(name, NUMBER, nullable=False) for name in ("failures", "page_limit")),
        *(sa.Column(name, PlainText(), nullable=True) for name in ("added_after", "next_page", "last_date")),
        *(
            sa.Column(name, NUMBER, nullable=False)
            for name in ("empty_pages", "pages", "created_count", "updated_count", "unchanged_count", "refused_count")
        ),
        sa.Column("refusals", JsonText(), nullable=False),
        sa.Column("created_by", PlainText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_feed_organization_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_feed_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
        sa.UniqueConstraint(
            "organization_id", "url", "remote_collection", name=op.f("uq_feed_organization_id_url_remote_collection")
        ),
    )
    op.create_index("ix_feed_due", "feed", ["next_poll_at"], unique=False)
