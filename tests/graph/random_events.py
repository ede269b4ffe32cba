"""Random events of the cases of a random world: the rows of streams, numbered without a hole."""

from datetime import datetime
from random import Random
from typing import Any

from rules import events
from rules.investigation.words import (
    ActorType,
    DomainName,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
    ThresholdType,
    VerificationStatus,
)

Table = list[dict[str, Any]]


def event_of(r: Random, made: dict[str, Table], case: dict[str, Any], at: datetime) -> events.Event:
    common: dict[str, Any] = {"investigation_id": case["id"], "organization_ids": (case["organization_id"],)}
    evidence, told = r.choice(made["evidence"])["id"], r.choice(made["timeline_event"])["id"]
    domain = DomainName.AUTHENTICATION
    return r.choice(
        [
            events.InvestigationProgressed(
                **common, current_phase=InvestigationPhase.ANALYSIS, progress_percent=50, estimated_completion=at
            ),
            events.InvestigationStatusChanged(
                **common,
                old_status=None,
                new_status=InvestigationStatus.RUNNING,
                current_phase=InvestigationPhase.INITIATION,
                progress_percent=0,
            ),
            events.EvidenceFound(**common, evidence_id=evidence, domain=domain, strength=0.5, title="found"),
            events.EvidenceVerified(
                **common,
                evidence_id=evidence,
                domain=domain,
                old_status=VerificationStatus.UNVERIFIED,
                new_status=VerificationStatus.VERIFIED,
            ),
            events.RiskUpdated(
                **common, old_score=0.25, new_score=0.5, confidence=0.5, reason="why", source="sshd", by_analyser=True
            ),
            events.RiskThresholdBreached(**common, threshold_type=ThresholdType.HIGH_RISK, threshold=0.7, score=0.75),
            events.TimelineEventRecorded(
                **common,
                timeline_event_id=told,
                timestamp=at,
                actor="worker",
                actor_type=ActorType.AGENT,
                action=EventAction.TOOL_CALL,
            ),
        ]
    )


def streams(r: Random, made: dict[str, Table], at: datetime) -> dict[str, Table]:
    """The tables `stream` and `event`."""
    heads: dict[str, int] = {}
    rows: Table = []
    for case in made["investigation"]:
        for _ in range(r.choice((0, 3, 8))):
            event = event_of(r, made, case, at)
            for key in event.streams():
                heads[key] = heads.get(key, 0) + 1
                rows.append({"stream": key, "seq": heads[key], "kind": str(event.kind), "data": event.data(), "at": at})
    return {"stream": [{"key": key, "head": head, "low": 0} for key, head in heads.items()], "event": rows}
