"""The documents of the tests, and how their answers are looked at."""

from typing import Any

from rules.access.viewer import Viewer
from tests.graph.asking import Graph

CREATE = """
mutation($input: CreateInvestigationInput!) {
  createInvestigation(input: $input) {
    investigation {
      id ref status phase priority riskScore triggerReason
      entity { type value } timeWindow { start end durationHours }
      assignedTo { name } createdBy { name } organization { name }
      configuration { domainsToAnalyze analysisDepth externalIntelEnabled autoEscalationEnabled }
      riskProgression { edges { node { score source reason } } }
      timeline { edges { node { action actorType actorName } } }
    }
    userErrors { field message code }
  }
}
"""
ADD_NOTE = """
mutation($input: AddNoteInput!) {
  addNote(input: $input) { note { id body type visibility author { name } investigation { ref priority } }
    userErrors { field message code } }
}
"""
ADD_EVIDENCE = """
mutation($input: AddEvidenceInput!) {
  addEvidence(input: $input) {
    evidence { id ref domain type title strength reliability reliabilityIsDefault supports rawData riskImpact
      verificationStatus investigation { ref riskScore riskExplanation { prior } domains { name evidenceCount } } }
    userErrors { field message code }
  }
}
"""
VERIFY = """
mutation($input: VerifyEvidenceInput!) {
  verifyEvidence(input: $input) {
    evidence { verificationStatus riskImpact verifications { status reason verifiedBy { name } } }
    userErrors { field message code }
  }
}
"""
RECORD = """
mutation($input: RecordTimelineEventInput!) {
  recordTimelineEvent(input: $input) { timelineEvent { ref actorType actorName action durationMs success }
    userErrors { field message code } }
}
"""
REPORT = """
mutation($input: ReportDomainProgressInput!) {
  reportDomainProgress(input: $input) { domain { name status progressPercent agent summary }
    userErrors { field message code } }
}
"""
UPDATE = """
mutation($input: UpdateInvestigationInput!) {
  updateInvestigation(input: $input) { investigation { priority status assignedTo { name } notes { totalCount } }
    userErrors { field message code } }
}
"""
ARCHIVE = """
mutation($input: ArchiveInvestigationInput!) {
  archiveInvestigation(input: $input) { investigation { phase status archiveReason } userErrors { field message code } }
}
"""
INGEST = """
mutation($input: IngestActivityInput!) {
  ingestActivity(input: $input) {
    results { index status recordId error { field message code } }
    created duplicates refused userErrors { field message code }
  }
}
"""


def command(name: str) -> str:
    kind = name[0].upper() + name[1:]
    return (
        f"mutation($input: {kind}Input!) {{ {name}(input: $input) "
        "{ investigation { status phase run } userErrors { field message code } } }"
    )


def draft(**changes: Any) -> dict[str, Any]:
    return {
        "entity": {"type": "IP", "value": "95.211.35.146"},
        "timeWindow": {"start": "2026-01-21T10:00:00Z", "end": "2026-01-23T10:00:00Z"},
        **changes,
    }


async def begun(graph: Graph, viewer: Viewer, **changes: Any) -> dict[str, Any]:
    told = await graph.ask(viewer, CREATE, input=draft(**changes))
    assert told["createInvestigation"]["userErrors"] == []
    made: dict[str, Any] = told["createInvestigation"]["investigation"]
    return made


async def errors_of(graph: Graph, viewer: Viewer, document: str, **input_: Any) -> list[dict[str, Any]]:
    """The user errors of a mutation that must do nothing and give no node."""
    data = await graph.ask(viewer, document, input=input_)
    (payload,) = data.values()
    errors: list[dict[str, Any]] = payload.pop("userErrors")
    assert set(payload.values()) <= {None}, payload
    return errors
