"""What every server is asked: the same three things, each in its own schema's names."""

import json
from typing import Any

from foundation.ids import to_global

CASE = "id entityType entityValue status priority phase confidence riskScore createdAt updatedAt"
EVIDENCE = "id domain type strength reliability title description discoveredAt"
RECORD = "time kind ip user outcome"
EVENT = "id timestamp actorType actorName action success summary"
DOMAIN = "id name riskScore confidence evidenceCount status"

OURS = {
    "point": f"""query P($id: ID!) {{ investigation(id: $id) {{
        {CASE.replace("entityType entityValue", "entity { type value }")} }} }}""",
    "nested": f"""query N($id: ID!) {{ investigation(id: $id) {{ id
        evidence(first: 50) {{ edges {{ node {{ {EVIDENCE}
          activity(first: 5) {{ edges {{ node {{ {RECORD} }} }} }} }} }} }}
        timeline(first: 50) {{ edges {{ node {{ {EVENT} }} }} }} domains {{ {DOMAIN} }} }} }}""",
    "list": """query L($first: Int!) { investigations(first: $first) { edges { node {
        id entity { type value } status riskScore
        evidence(first: 5) { edges { node { id title strength discoveredAt } } } } } } }""",
}
POSTGRAPHILE = {
    "point": f"query P($id: BigInt!) {{ investigationById(id: $id) {{ {CASE} }} }}",
    "nested": f"""query N($id: BigInt!) {{ investigationById(id: $id) {{ id
        evidencesByInvestigationId(first: 50, orderBy: [DISCOVERED_AT_DESC, ID_DESC]) {{ edges {{ node {{ {EVIDENCE}
          evidenceActivitiesByEvidenceId(first: 5) {{ edges {{ node {{
            activityRecordByRecordId {{ {RECORD} }} }} }} }} }} }} }}
        timelineEventsByInvestigationId(first: 50, orderBy: [TIMESTAMP_ASC, ID_ASC]) {{
          edges {{ node {{ {EVENT} }} }} }}
        domainAnalysesByInvestigationId {{ nodes {{ {DOMAIN} }} }} }} }}""",
    "list": """query L($first: Int!) {
        allInvestigations(first: $first, orderBy: [CREATED_AT_DESC, ID_DESC]) { edges { node {
        id entityType entityValue status riskScore
        evidencesByInvestigationId(first: 5, orderBy: [DISCOVERED_AT_DESC, ID_DESC]) { edges { node {
          id title strength discoveredAt } } } } } } }""",
}
OPERATIONS = tuple(OURS)


def variables(dialect: str, operation: str, number: int) -> dict[str, Any]:
    if operation == "list":
        return {"first": 100}
    key = number * 7 % 1_000 + 1
    return {"id": str(key) if dialect == "postgraphile" else to_global("Investigation", key)}


def bodies(dialect: str, operation: str, count: int = 50) -> list[str]:
    """Request bodies; ids vary from one to the next."""
    document = (POSTGRAPHILE if dialect == "postgraphile" else OURS)[operation]
    text = " ".join(document.split())
    return [json.dumps({"query": text, "variables": variables(dialect, operation, n)}) for n in range(count)]
