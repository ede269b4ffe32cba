"""Every live event goes to its streams and survives the wire."""

import json
from datetime import UTC, datetime

import pytest

from rules.events import (
    CATALOGUE,
    DOCUMENTED_NAMES,
    CaseEvent,
    Event,
    EventKind,
    EvidenceFound,
    EvidenceVerified,
    IndicatorChanged,
    IndicatorShared,
    IndicatorWithdrawn,
    InvestigationProgressed,
    InvestigationStatusChanged,
    RiskThresholdBreached,
    RiskUpdated,
    TimelineEventRecorded,
    from_data,
)
from rules.investigation.words import (
    ActorType,
    CompletionReason,
    DomainName,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
    ThresholdType,
    VerificationStatus,
)

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ORGANIZATIONS = ("b", "a", "b")
KEYS: dict[str, object] = {"indicator_ids": ["k2", "k1"]}
OWN, COARSE = ("inv:7",), ("inv:7", "org:a", "org:b")

EXAMPLES: list[tuple[Event, tuple[str, ...], dict[str, object]]] = [
    (
        InvestigationProgressed(
            investigation_id=7,
            organization_ids=ORGANIZATIONS,
            current_phase=InvestigationPhase.ANALYSIS,
            progress_percent=65,
            estimated_completion=AT,
        ),
        OWN,
        {
            "current_phase": "analysis",
            "progress_percent": 65,
            "estimated_completion": "2026-01-02T03:04:05.678901Z",
            "domain": None,
        },
    ),
    (
        InvestigationStatusChanged(
            investigation_id=7,
            organization_ids=ORGANIZATIONS,
            old_status=InvestigationStatus.RUNNING,
            new_status=InvestigationStatus.CANCELLED,
            current_phase=InvestigationPhase.ANALYSIS,
            progress_percent=52,
            run=2,
            completion_reason=CompletionReason.CANCELLED,
            reason="Duplicate of another case",
            actor="Ada",
        ),
        COARSE,
        {
            "old_status": "running",
            "new_status": "cancelled",
            "current_phase": "analysis",
            "progress_percent": 52,
            "run": 2,
            "estimated_completion": None,
            "completion_reason": "cancelled",
            "reason": "Duplicate of another case",
            "actor": "Ada",
        },
    ),
    (
        EvidenceFound(investigation_id=7, evidence_id=3, domain=DomainName.NETWORK, strength=0.85, title="VPN"),
        OWN,
        {"evidence_id": 3, "domain": "network", "strength": 0.85, "title": "VPN"},
    ),
    (
        EvidenceVerified(
            investigation_id=7,
            evidence_id=3,
            domain=DomainName.NETWORK,
            old_status=VerificationStatus.UNVERIFIED,
            new_status=VerificationStatus.FALSE_POSITIVE,
            reason="Own scanner",
        ),
        OWN,
        {
            "evidence_id": 3,
            "domain": "network",
            "old_status": "unverified",
            "new_status": "false_positive",
            "verified_by": None,
            "reason": "Own scanner",
        },
    ),
    (
        RiskUpdated(
            investigation_id=7,
            organization_ids=ORGANIZATIONS,
            old_score=0.0,
            new_score=0.85,
            confidence=0.5,
            reason="Failed sign-ins",
            source="authentication_agent",
            by_analyser=True,
        ),
        COARSE,
        {
            "old_score": 0.0,
            "new_score": 0.85,
            "confidence": 0.5,
            "reason": "Failed sign-ins",
            "source": "authentication_agent",
            "by_analyser": True,
        },
    ),
    (
        RiskUpdated(
            investigation_id=7,
            organization_ids=ORGANIZATIONS,
            old_score=0.85,
            new_score=0.2,
            confidence=0.5,
            reason="Refuted",
            source="Ada",
        ),
        OWN,
        {
            "old_score": 0.85,
            "new_score": 0.2,
            "confidence": 0.5,
            "reason": "Refuted",
            "source": "Ada",
            "by_analyser": False,
        },
    ),
    (
        RiskThresholdBreached(
            investigation_id=7,
            organization_ids=ORGANIZATIONS,
            threshold_type=ThresholdType.HIGH_RISK,
            threshold=0.7,
            score=0.72,
        ),
        COARSE,
        {"threshold_type": "high_risk", "threshold": 0.7, "score": 0.72, "run": 1},
    ),
    (
        TimelineEventRecorded(
            investigation_id=7,
            timeline_event_id=9,
            timestamp=AT,
            actor="location_agent",
            actor_type=ActorType.AGENT,
            action=EventAction.ANALYSIS_COMPLETED,
            risk_delta=-0.25,
        ),
        OWN,
        {
            "timeline_event_id": 9,
            "timestamp": "2026-01-02T03:04:05.678901Z",
            "actor": "location_agent",
            "actor_type": "agent",
            "action": "analysis_completed",
            "success": True,
            "risk_delta": -0.25,
        },
    ),
    (IndicatorShared(indicator_ids=("k2", "k1"), organization_ids=ORGANIZATIONS), ("org:a", "org:b"), KEYS),
    (IndicatorChanged(indicator_ids=("k2", "k1"), organization_ids=ORGANIZATIONS), ("org:a", "org:b"), KEYS),
    (IndicatorWithdrawn(indicator_ids=("k2", "k1"), organization_ids=ORGANIZATIONS), ("org:a", "org:b"), KEYS),
]


@pytest.mark.parametrize(("event", "streams", "data"), EXAMPLES, ids=lambda found: getattr(found, "kind", ""))
def test_streams_and_wire_form(event: Event, streams: tuple[str, ...], data: dict[str, object]) -> None:
    assert event.streams() == streams
    assert event.data() == ({"investigation_id": 7, **data} if isinstance(event, CaseEvent) else data)
    read = from_data(event.kind.value, json.loads(json.dumps(event.data())))
    assert type(read) is type(event)
    assert read.data() == event.data()
    assert all(type(getattr(read, name)) is type(getattr(event, name)) for name in event.data())


def test_every_kind_has_an_example_and_the_documented_names_are_four() -> None:
    assert {event.kind for event, _, _ in EXAMPLES} == set(CATALOGUE)
    assert set(DOCUMENTED_NAMES.values()) == {
        "investigation.progress",
        "evidence.found",
        "risk.updated",
        "timeline.event",
    }


def test_a_created_case_is_told_by_its_first_status() -> None:
    created = InvestigationStatusChanged(
        investigation_id=7,
        old_status=None,
        new_status=InvestigationStatus.RUNNING,
        current_phase=InvestigationPhase.INITIATION,
        progress_percent=0,
    )
    assert created.created
    assert from_data(created.kind, created.data()) == created


def test_what_a_later_version_added_is_left_out_and_what_is_no_event_is_refused() -> None:
    data = {"investigation_id": 7, "evidence_id": 3, "domain": "logs", "strength": 1, "title": "t", "later": True}
    assert from_data("evidence_found", data).data() == {
        "investigation_id": 7,
        "evidence_id": 3,
        "domain": "logs",
        "strength": 1.0,
        "title": "t",
    }
    with pytest.raises(TypeError):
        from_data(EventKind.EVIDENCE_FOUND, {"investigation_id": 7})
    with pytest.raises(ValueError, match="alert_raised"):
        from_data("alert_raised", {})
