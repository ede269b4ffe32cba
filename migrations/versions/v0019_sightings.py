"""Sightings of indicators, what they come to, and what indicators of several sources have in common."""

import hashlib
from collections import defaultdict

import orjson
import sqlalchemy as sa
from alembic import op

from models.base import PlainText, UtcTime

revision = "0019"
down_revision = "0018"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sighting",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("indicator_id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("holder_id", PlainText(), nullable=False),
        sa.Column("kind", PlainText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("count", NUMBER, nullable=False),
        sa.Column("note", PlainText(), nullable=False),
        sa.Column("reported_by", PlainText(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["indicator_id"], ["indicator.id"], name=op.f("fk_sighting_indicator_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_sighting_organization_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["organization.id"], name=op.f("fk_sighting_holder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sighting_indicator", "sighting", ["indicator_id", "at", "id"])
    op.create_index("ix_sighting_voice", "sighting", ["indicator_id", "organization_id", "at", "id"])
    op.create_table(
        "indicator_standing",
        sa.Column("indicator_id", PlainText(), nullable=False),
        sa.Column("last_seen", UtcTime(), nullable=True),
        sa.Column("over_at", UtcTime(), nullable=True),
        sa.Column("vouched", NUMBER, nullable=False),
        sa.Column("refuted", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["indicator_id"], ["indicator.id"], name=op.f("fk_indicator_standing_indicator_id")),
        sa.PrimaryKeyConstraint("indicator_id", name=op.f("pk_indicator_standing")),
    )
    op.add_column("indicator", sa.Column("fingerprint", PlainText(), nullable=False, server_default=""))
    _fill()
    op.create_index(op.f("ix_indicator_fingerprint"), "indicator", ["fingerprint"])


def _fill() -> None:
    """As formats/stix/indicator.py makes it."""
    connection = op.get_bind()
    keys: dict[str, list[list[str]]] = defaultdict(list)
    for key, *parts in connection.execute(sa.text("SELECT indicator_id, type, path, value FROM indicator_index")):
        keys[key].append(parts)
    found = connection.execute(sa.text("SELECT id, pattern FROM indicator")).all()
    made = [
        {"id": key, "print": hashlib.sha256(orjson.dumps(sorted(keys[key]) or [pattern])).hexdigest()}
        for key, pattern in found
    ]
    if made:
        connection.execute(sa.text("UPDATE indicator SET fingerprint = :print WHERE id = :id"), made)


def downgrade() -> None:
    op.drop_index(op.f("ix_indicator_fingerprint"), "indicator")
    op.drop_column("indicator", "fingerprint")
    op.drop_table("indicator_standing")
    op.drop_table("sighting")
