"""What readers may see of an object, as rows beside it; what an organisation calls its own; who refers to whom.

What was stored before is shared with nobody (101 is more trust than there is) until its needs have been found out.
"""

import sqlalchemy as sa
from alembic import op

from models.base import JsonText, PlainText

revision = "0013"
down_revision = "0012"

SHOWN = ("indicator", "stix_object")
NEED = {"form_from": "0", "form_to": "0", "required": "101", "tlp_rank": "4", "kind": "0", "age": "0"}
HOME, DUE = sa.text("is_home"), sa.text("is_due")


def integer() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table in SHOWN:
        op.add_column(table, sa.Column("original_id", PlainText(), nullable=False, server_default=""))
        op.execute(f"UPDATE {table} SET original_id = id")  # noqa: S608 - our own names
        op.create_index(f"ix_{table}_original_id", table, ["original_id"])
        for column, value in NEED.items():
            op.add_column(table, sa.Column(column, integer(), nullable=False, server_default=value))
    op.add_column("stix_object", sa.Column("is_due", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index(
        "ix_stix_object_due", "stix_object", ["organization_id", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.add_column("collection", sa.Column("is_home", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "uq_collection_home", "collection", ["organization_id"], unique=True, sqlite_where=HOME, postgresql_where=HOME
    )
    for column in ("networks", "names"):
        op.add_column("organization", sa.Column(column, JsonText(), nullable=False, server_default="[]"))
    op.create_table(
        "stix_reference",
        sa.Column("object_id", PlainText(), nullable=False),
        sa.Column("member", PlainText(), nullable=False),
        sa.Column("ref", PlainText(), nullable=False),
        sa.ForeignKeyConstraint(["object_id"], ["stix_object.id"], name=op.f("fk_stix_reference_object_id")),
        sa.PrimaryKeyConstraint("object_id", "member", "ref", name=op.f("pk_stix_reference")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_stix_reference_ref"), "stix_reference", ["ref"])


def downgrade() -> None:
    op.drop_table("stix_reference")
    for table in SHOWN:
        op.execute(f"DELETE FROM {table} WHERE form_from > 0")  # noqa: S608 - our own names
    for column in ("networks", "names"):
        op.drop_column("organization", column)
    op.drop_index("uq_collection_home", "collection")
    op.drop_column("collection", "is_home")
    op.drop_index("ix_stix_object_due", "stix_object")
    op.drop_column("stix_object", "is_due")
    for table in SHOWN:
        op.drop_index(f"ix_{table}_original_id", table)
        for column in ("original_id", *NEED):
            op.drop_column(table, column)
