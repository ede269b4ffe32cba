"""Shared intelligence: STIX objects as sent, indicators, the index they are matched by."""

import sqlalchemy as sa
from alembic import op

from models.base import JsonText, PlainText, UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "stix_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("object_id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("version", UtcTime(), nullable=False),
        sa.Column("digest", PlainText(), nullable=False),
        sa.Column("content", JsonText(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("tlp", PlainText(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_stix_version_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stix_version")),
        sa.UniqueConstraint("object_id", "version", name=op.f("uq_stix_version_object_id_version")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "stix_object",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("stix_id", PlainText(), nullable=False),
        sa.Column("type", PlainText(), nullable=False),
        sa.Column("name", PlainText(), nullable=True),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("modified", UtcTime(), nullable=True),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("tlp", PlainText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_stix_object_organization_id")),
        sa.ForeignKeyConstraint(["version_id"], ["stix_version.id"], name=op.f("fk_stix_object_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stix_object")),
        sa.UniqueConstraint("organization_id", "stix_id", name=op.f("uq_stix_object_organization_id_stix_id")),
    )
    op.create_index("ix_stix_object_stix_id", "stix_object", ["stix_id"], unique=False)
    op.create_table(
        "indicator",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("stix_id", PlainText(), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", PlainText(), nullable=True),
        sa.Column("description", PlainText(), nullable=True),
        sa.Column("type", PlainText(), nullable=True),
        sa.Column("value", PlainText(), nullable=True),
        sa.Column("pattern", PlainText(), nullable=False),
        sa.Column("pattern_type", PlainText(), nullable=False),
        sa.Column("is_indexed", sa.Boolean(), nullable=False),
        sa.Column("not_indexed_because", PlainText(), nullable=True),
        sa.Column("labels", JsonText(), nullable=False),
        sa.Column("indicator_types", JsonText(), nullable=False),
        sa.Column("confidence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("valid_from", UtcTime(), nullable=False),
        sa.Column("valid_until", UtcTime(), nullable=True),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("tlp", PlainText(), nullable=False),
        sa.Column("created_by_ref", PlainText(), nullable=True),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("modified", UtcTime(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["stix_object.id"], name=op.f("fk_indicator_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_indicator_organization_id")),
        sa.ForeignKeyConstraint(["version_id"], ["stix_version.id"], name=op.f("fk_indicator_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator")),
        sa.UniqueConstraint("organization_id", "stix_id", name=op.f("uq_indicator_organization_id_stix_id")),
    )
    op.create_index("ix_indicator_created", "indicator", ["organization_id", "created_at", "id"], unique=False)
    op.create_index("ix_indicator_stix_id", "indicator", ["stix_id"], unique=False)
    op.create_index("ix_indicator_updated", "indicator", ["organization_id", "updated_at", "id"], unique=False)
    op.create_table(
        "evidence_indicator",
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("indicator_id", PlainText(), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_indicator_evidence_id")),
        sa.ForeignKeyConstraint(["indicator_id"], ["indicator.id"], name=op.f("fk_evidence_indicator_indicator_id")),
        sa.PrimaryKeyConstraint("evidence_id", "indicator_id", name=op.f("pk_evidence_indicator")),
    )
    op.create_index(op.f("ix_evidence_indicator_indicator_id"), "evidence_indicator", ["indicator_id"], unique=False)
    op.create_table(
        "indicator_index",
        sa.Column("value", PlainText(), nullable=False),
        sa.Column("type", PlainText(), nullable=False),
        sa.Column("path", PlainText(), nullable=False),
        sa.Column("indicator_id", PlainText(), nullable=False),
        sa.ForeignKeyConstraint(["indicator_id"], ["indicator.id"], name=op.f("fk_indicator_index_indicator_id")),
        sa.PrimaryKeyConstraint("value", "type", "path", "indicator_id", name=op.f("pk_indicator_index")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_indicator_index_indicator_id"), "indicator_index", ["indicator_id"], unique=False)


def downgrade() -> None:
    for table in ("indicator_index", "evidence_indicator", "indicator", "stix_object", "stix_version"):
        op.drop_table(table)
