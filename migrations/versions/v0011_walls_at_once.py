"""The second wall's subqueries as arrays, made once a statement.

`id IN (subquery)` beside an OR is a hashed subplan, whose making the planner reckons anew for each row of a join: it
then reads whole tables rather than look five records up, and a nested read took eleven times as long.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

CASE_PARTS = (
    "domain_analysis", "risk_point", "case_history", "evidence", "evidence_verification", "timeline_event", "note",
)  # fmt: skip
OWN = "organization_id = (SELECT current_setting('casegraph.organization', true))"
EVERYTHING = "(SELECT current_setting('casegraph.everything', true)) = 'on'"
CALLED_INTO = (
    "(SELECT a.investigation_id FROM investigation_assignee a "
    "WHERE a.user_id = (SELECT current_setting('casegraph.user', true)))"
)
CITED = "SELECT l.record_id FROM evidence_activity l JOIN evidence e ON e.id = l.evidence_id WHERE e.investigation_id"
SEEN = "EXISTS (SELECT 1 FROM activity_record r WHERE r.id = activity_entity.record_id)"

CASES = f"ANY (ARRAY{CALLED_INTO})"
RECORDS = f"ANY (ARRAY({CITED} = {CASES}))"
NEW = {
    "investigation": f"{OWN} OR id = {CASES} OR {EVERYTHING}",
    **dict.fromkeys(CASE_PARTS, f"{OWN} OR investigation_id = {CASES} OR {EVERYTHING}"),
    "activity_record": f"{OWN} OR id = {RECORDS} OR {EVERYTHING}",
    "activity_entity": f"{OWN} OR record_id = {RECORDS} OR {EVERYTHING}",
}
OLD = {
    "investigation": f"{OWN} OR id IN {CALLED_INTO} OR {EVERYTHING}",
    **dict.fromkeys(CASE_PARTS, f"{OWN} OR investigation_id IN {CALLED_INTO} OR {EVERYTHING}"),
    "activity_record": f"{OWN} OR id IN ({CITED} IN {CALLED_INTO}) OR {EVERYTHING}",
    "activity_entity": f"{OWN} OR {EVERYTHING} OR {SEEN}",
}


def put(policies: dict[str, str]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, condition in policies.items():
        op.execute(f"ALTER POLICY tenant ON {table} USING ({condition})")


def upgrade() -> None:
    put(NEW)


def downgrade() -> None:
    put(OLD)
