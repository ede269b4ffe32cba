"""Trust between organisations, and the collections that what is shared is read from."""

import sqlalchemy as sa
from alembic import op

from models.base import JsonText, PlainText, UtcTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "access_pending",
        sa.Column("reader_id", PlainText(), nullable=False),
        sa.Column("producer_id", PlainText(), nullable=False),
        sa.Column("level", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tlp", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kinds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("max_age", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("reader_id", "producer_id", name=op.f("pk_access_pending")),
    )
    op.create_table(
        "access",
        sa.Column("reader_id", PlainText(), nullable=False),
        sa.Column("producer_id", PlainText(), nullable=False),
        sa.Column("level", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tlp", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kinds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("max_age", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["producer_id"], ["organization.id"], name=op.f("fk_access_producer_id")),
        sa.ForeignKeyConstraint(["reader_id"], ["organization.id"], name=op.f("fk_access_reader_id")),
        sa.PrimaryKeyConstraint("reader_id", "producer_id", name=op.f("pk_access")),
    )
    op.create_index("ix_access_producer", "access", ["producer_id", "reader_id"], unique=False)
    op.create_table(
        "collection",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=True),
        sa.Column("title", PlainText(), nullable=False),
        sa.Column("alias", PlainText(), nullable=False),
        sa.Column("description", PlainText(), nullable=False),
        sa.Column("required", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("head", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_collection_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
        sa.UniqueConstraint("alias", name=op.f("uq_collection_alias")),
        sa.UniqueConstraint("title", name=op.f("uq_collection_title")),
    )
    op.create_index(op.f("ix_collection_organization_id"), "collection", ["organization_id"], unique=False)
    op.create_table(
        "trust_group",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("name", PlainText(), nullable=False),
        sa.Column("description", PlainText(), nullable=False),
        sa.Column("level", PlainText(), nullable=False),
        sa.Column("granted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_by", PlainText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["organization.id"], name=op.f("fk_trust_group_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_group")),
        sa.UniqueConstraint("name", name=op.f("uq_trust_group_name")),
    )
    op.create_table(
        "trust_relationship",
        sa.Column("id", PlainText(), nullable=False),
        sa.Column("trustor_id", PlainText(), nullable=False),
        sa.Column("trustee_id", PlainText(), nullable=False),
        sa.Column("level", PlainText(), nullable=False),
        sa.Column("type", PlainText(), nullable=False),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("trustor_approval", PlainText(), nullable=False),
        sa.Column("trustee_approval", PlainText(), nullable=False),
        sa.Column("access_level", PlainText(), nullable=False),
        sa.Column("policy", JsonText(), nullable=False),
        sa.Column("notes", PlainText(), nullable=False),
        sa.Column("valid_from", UtcTime(), nullable=False),
        sa.Column("valid_until", UtcTime(), nullable=True),
        sa.Column("granted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tlp", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("strictest", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kinds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("max_age", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_by", PlainText(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["trustee_id"], ["organization.id"], name=op.f("fk_trust_relationship_trustee_id")),
        sa.ForeignKeyConstraint(["trustor_id"], ["organization.id"], name=op.f("fk_trust_relationship_trustor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_relationship")),
        sa.UniqueConstraint("trustor_id", "trustee_id", name=op.f("uq_trust_relationship_trustor_id_trustee_id")),
    )
    op.create_index(op.f("ix_trust_relationship_trustee_id"), "trust_relationship", ["trustee_id"], unique=False)
    op.create_table(
        "collection_reading",
        sa.Column("collection_id", PlainText(), nullable=False),
        sa.Column("reader_id", PlainText(), nullable=False),
        sa.Column("producer_id", PlainText(), nullable=False),
        sa.Column("base", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("top", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("level", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tlp", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kinds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("max_age", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("old_level", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("old_tlp", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("old_form", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("old_kinds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("old_max_age", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_collection_reading_collection_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["organization.id"], name=op.f("fk_collection_reading_producer_id")),
        sa.ForeignKeyConstraint(["reader_id"], ["organization.id"], name=op.f("fk_collection_reading_reader_id")),
        sa.PrimaryKeyConstraint(
            "collection_id", "reader_id", "producer_id", "base", name=op.f("pk_collection_reading")
        ),
    )
    op.create_index(
        "ix_collection_reading_lost",
        "collection_reading",
        ["collection_id", "reader_id", "top"],
        unique=False,
        sqlite_where=sa.text("old_level > 0"),
        postgresql_where=sa.text("old_level > 0"),
    )
    op.create_index(
        "ix_collection_reading_moved",
        "collection_reading",
        ["collection_id", "reader_id", "top"],
        unique=False,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "uq_collection_reading_current",
        "collection_reading",
        ["collection_id", "reader_id", "producer_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "trust_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("relationship_id", PlainText(), nullable=True),
        sa.Column("group_id", PlainText(), nullable=True),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("actor_id", PlainText(), nullable=True),
        sa.Column("action", PlainText(), nullable=False),
        sa.Column("details", JsonText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["trust_group.id"], name=op.f("fk_trust_event_group_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_trust_event_organization_id")),
        sa.ForeignKeyConstraint(
            ["relationship_id"], ["trust_relationship.id"], name=op.f("fk_trust_event_relationship_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_event")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_trust_event_group_id"), "trust_event", ["group_id"], unique=False)
    op.create_index(op.f("ix_trust_event_relationship_id"), "trust_event", ["relationship_id"], unique=False)
    op.create_table(
        "trust_member",
        sa.Column("group_id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.Column("role", PlainText(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["trust_group.id"], name=op.f("fk_trust_member_group_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_trust_member_organization_id")),
        sa.PrimaryKeyConstraint("group_id", "organization_id", name=op.f("pk_trust_member")),
    )
    op.create_index("ix_trust_member_organization", "trust_member", ["organization_id", "group_id"], unique=False)
    op.create_table(
        "collection_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("collection_id", PlainText(), nullable=False),
        sa.Column("producer_id", PlainText(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("object_id", PlainText(), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type", PlainText(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("required", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tlp", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("exact_form", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hide_form", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("age", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("modified", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("heir", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_narrowed", sa.Boolean(), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_collection_entry_collection_id")),
        sa.ForeignKeyConstraint(["object_id"], ["stix_object.id"], name=op.f("fk_collection_entry_object_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["organization.id"], name=op.f("fk_collection_entry_producer_id")),
        sa.ForeignKeyConstraint(["version_id"], ["stix_version.id"], name=op.f("fk_collection_entry_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_entry")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_collection_entry_ended",
        "collection_entry",
        ["collection_id", "ended"],
        unique=False,
        sqlite_where=sa.text("is_narrowed"),
        postgresql_where=sa.text("is_narrowed"),
    )
    op.create_index("ix_collection_entry_object", "collection_entry", ["object_id", "collection_id"], unique=False)
    op.create_index(
        "ix_collection_entry_position",
        "collection_entry",
        ["collection_id", "position", "producer_id", "required"],
        unique=False,
        sqlite_where=sa.text("is_live"),
        postgresql_where=sa.text("is_live"),
    )
    op.create_index(
        "uq_collection_entry_live",
        "collection_entry",
        ["collection_id", "object_id"],
        unique=True,
        sqlite_where=sa.text("is_live"),
        postgresql_where=sa.text("is_live"),
    )
    op.create_index("uq_collection_entry_seq", "collection_entry", ["collection_id", "producer_id", "seq"], unique=True)


def downgrade() -> None:
    for table in (
        "collection_reading",
        "collection_entry",
        "collection",
        "access_pending",
        "access",
        "trust_event",
        "trust_member",
        "trust_group",
        "trust_relationship",
    ):
        op.drop_table(table)
