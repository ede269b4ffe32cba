"""Which objects are tied to which, found out of the newest versions that there are."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from models.base import PlainText

revision = "0015"
down_revision = "0014"

AT_ONCE = 1_000
HELD = sa.text(
    "SELECT o.id, o.organization_id, v.content FROM stix_object o JOIN stix_version v ON v.id = o.version_id "
    "WHERE o.id > :after ORDER BY o.id LIMIT :most"
)


def upgrade() -> None:
    edge = op.create_table(
        "stix_edge",
        sa.Column("near", PlainText(), nullable=False),
        sa.Column("far", PlainText(), nullable=False),
        sa.Column("relationship", PlainText(), nullable=False),
        sa.Column("outward", sa.Boolean(), nullable=False),
        sa.Column("via_id", PlainText(), nullable=False),
        sa.Column("organization_id", PlainText(), nullable=False),
        sa.ForeignKeyConstraint(["via_id"], ["stix_object.id"], name=op.f("fk_stix_edge_via_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_stix_edge_organization_id")),
        sa.PrimaryKeyConstraint("near", "far", "relationship", "outward", "via_id", name=op.f("pk_stix_edge")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_stix_edge_far"), "stix_edge", ["far"])
    op.create_index(op.f("ix_stix_edge_via_id"), "stix_edge", ["via_id"])
    connection, after = op.get_bind(), ""
    while found := connection.execute(HELD, {"after": after, "most": AT_ONCE}).all():
        after = found[-1].id
        if made := [made for row in found for made in _edges(row, json.loads(row.content))]:
            connection.execute(sa.insert(edge), made)
    for end in ("near", "far"):
        key = f"(SELECT o.id FROM stix_object o WHERE o.organization_id = stix_edge.organization_id AND o.stix_id = {end})"  # noqa: S608
        op.execute(f"UPDATE stix_edge SET {end} = {key} WHERE {key} IS NOT NULL")  # noqa: S608


def downgrade() -> None:
    op.drop_table("stix_edge")


def _edges(row: Any, content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What formats/stix/edges.py said when this was written."""
    named = set[tuple[str, str, str]]()
    if content.get("revoked"):
        pass
    elif content["type"] == "relationship":
        named.add((content["source_ref"], content["relationship_type"], content["target_ref"]))
    else:
        for member, value in content.items():
            if member.endswith("_ref") and isinstance(value, str):
                named.add((content["id"], member, value))
            elif member.endswith("_refs") and member != "object_marking_refs" and isinstance(value, list):
                named.update((content["id"], member, ref) for ref in value if isinstance(ref, str))
    for source, relationship, target in named:
        for near, far, outward in ((source, target, True), (target, source, False)):
            yield {
                "near": near,
                "far": far,
                "relationship": relationship,
                "outward": outward,
                "via_id": row.id,
                "organization_id": row.organization_id,
            }
