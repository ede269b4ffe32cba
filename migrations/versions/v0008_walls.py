"""Row level security on the tables of cases and of activity: the second wall (models/walls.py)."""

from alembic import op

revision = "0008"
down_revision = "0007"

CASE_PARTS = (
    "domain_analysis", "risk_point", "case_history", "evidence", "evidence_verification", "timeline_event", "note",
)  # fmt: skip

# Each setting is read in a subquery: once a statement, and without the planner guessing from its value of the moment.
OWN = "organization_id = (SELECT current_setting('casegraph.organization', true))"
EVERYTHING = "(SELECT current_setting('casegraph.everything', true)) = 'on'"
CALLED_INTO = (
    "(SELECT a.investigation_id FROM investigation_assignee a "
    "WHERE a.user_id = (SELECT current_setting('casegraph.user', true)))"
)
CITED = (
    "(SELECT l.record_id FROM evidence_activity l JOIN evidence e ON e.id = l.evidence_id "  # noqa: S608 - own names
    f"WHERE e.investigation_id IN {CALLED_INTO})"
)
SEEN = "EXISTS (SELECT 1 FROM activity_record r WHERE r.id = activity_entity.record_id)"

POLICIES = {
    "investigation": f"{OWN} OR id IN {CALLED_INTO} OR {EVERYTHING}",
    **dict.fromkeys(CASE_PARTS, f"{OWN} OR investigation_id IN {CALLED_INTO} OR {EVERYTHING}"),
    "activity_record": f"{OWN} OR id IN {CITED} OR {EVERYTHING}",
    "activity_entity": f"{OWN} OR {EVERYTHING} OR {SEEN}",
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, condition in POLICIES.items():
        op.execute(f"CREATE POLICY tenant ON {table} USING ({condition})")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        # The server usually owns its tables, and an owner passes by policies unless told not to.
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in POLICIES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"DROP POLICY tenant ON {table}")
