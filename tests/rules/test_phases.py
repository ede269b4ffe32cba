"""The moves of a case, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.investigation.phases import (
    ENDED,
    LIVE,
    IllegalMove,
    actions,
    allowed,
    allowed_by_hand,
    allowed_phases,
    check_move,
    check_phase,
    estimated_completion,
    fitting_domains,
    progress_percent,
    status_at_end,
    status_when_archived,
    viewer_can,
)
from rules.investigation.words import (
    AnalysisStatus,
    DomainName,
    EntityType,
    InvestigationAction,
    InvestigationPhase,
    InvestigationStatus,
)

TABLE = {
    "running": "paused waiting review_needed complete failed cancelled",
    "paused": "running cancelled",
    "waiting": "running paused failed cancelled",
    "review_needed": "complete running",
    "complete": "",
    "failed": "",
    "cancelled": "",
}
BY_HAND = {
    "running": "paused cancelled",
    "paused": "running cancelled",
    "waiting": "running paused cancelled",
    "review_needed": "complete",
    "complete": "",
    "failed": "",
    "cancelled": "",
}


@pytest.mark.parametrize("status", InvestigationStatus)
def test_the_moves_are_the_decided_ones(status: InvestigationStatus) -> None:
    assert allowed(status) == set(TABLE[status].split())
    assert allowed_by_hand(status) == set(BY_HAND[status].split())
    assert allowed(status, rerun=True) == ({"running"} if status in ENDED else set())


@pytest.mark.parametrize("status", InvestigationStatus)
@pytest.mark.parametrize("wanted", InvestigationStatus)
def test_an_illegal_move_names_what_is_allowed(status: InvestigationStatus, wanted: InvestigationStatus) -> None:
    if wanted in TABLE[status].split():
        check_move(status, wanted, phase=InvestigationPhase.ANALYSIS)
        return
    with pytest.raises(IllegalMove) as refused:
        check_move(status, wanted, phase=InvestigationPhase.ANALYSIS, field="status")
    assert set(refused.value.details["allowed"]) == set(TABLE[status].split())
    assert (refused.value.code, refused.value.status, refused.value.field) == ("VALIDATION_ERROR", 400, "status")
    ways = [word for word in InvestigationStatus if word in TABLE[status].split()]
    ways += ["running by a rerun"] if status in ENDED else []  # type: ignore[list-item]
    assert refused.value.text == f"A case that is {status} cannot become {wanted}. It can become: {', '.join(ways)}."


def test_a_command_has_no_field_for_its_status_and_a_rerun_says_what_comes_first() -> None:
    running, analysis = InvestigationStatus.RUNNING, InvestigationPhase.ANALYSIS
    with pytest.raises(IllegalMove) as refused:
        check_move(running, running, phase=analysis, by_hand=True, rerun=True)
    assert (refused.value.field, refused.value.text) == (
        None, "A case that is running has not ended, so it cannot run anew. Cancel it first.",
    )  # fmt: skip


def test_a_person_cannot_complete_a_running_case() -> None:
    with pytest.raises(IllegalMove) as refused:
        check_move(
            InvestigationStatus.RUNNING,
            InvestigationStatus.COMPLETE,
            phase=InvestigationPhase.ANALYSIS,
            by_hand=True,
        )
    assert refused.value.details["allowed"] == ["paused", "cancelled"]


def test_phases_go_forward_and_a_rerun_returns_to_data_collection() -> None:
    check_phase(InvestigationPhase.INITIATION, InvestigationPhase.ANALYSIS)
    with pytest.raises(IllegalMove) as refused:
        check_phase(InvestigationPhase.REVIEW, InvestigationPhase.ANALYSIS)
    assert refused.value.details["allowed"] == ["summary", "complete", "archived"]
    assert allowed_phases(InvestigationPhase.COMPLETE, rerun=True) == {InvestigationPhase.DATA_COLLECTION}
    assert allowed_phases(InvestigationPhase.ARCHIVED) == set()


@pytest.mark.parametrize("status", InvestigationStatus)
def test_an_archived_case_stays_as_it_is(status: InvestigationStatus) -> None:
    for wanted in InvestigationStatus:
        for rerun in (False, True):
            with pytest.raises(IllegalMove):
                check_move(status, wanted, phase=InvestigationPhase.ARCHIVED, rerun=rerun)
    assert actions(status, InvestigationPhase.ARCHIVED) == {InvestigationAction.REQUEST_EXPORT}
    assert status_when_archived(status) == (InvestigationStatus.CANCELLED if status in LIVE else status)


@pytest.mark.parametrize(
    ("status", "commands"),
    [
        ("running", "pause cancel report_domain_progress"),
        ("paused", "resume cancel"),
        ("waiting", "pause resume cancel report_domain_progress"),
        ("review_needed", "rerun complete report_domain_progress"),
        ("complete", "rerun report_domain_progress"),
        ("failed", "rerun"),
        ("cancelled", "rerun"),
    ],
)
def test_what_the_state_permits(status: str, commands: str) -> None:
    always = "update archive add_evidence verify_evidence add_note record_timeline_event request_export"
    found = actions(InvestigationStatus(status), InvestigationPhase.ANALYSIS)
    assert found == set(f"{commands} {always}".split())


def test_what_the_viewer_can_do_is_what_both_rights_and_state_permit() -> None:
    granted = [InvestigationAction.ADD_NOTE, InvestigationAction.PAUSE, InvestigationAction.RERUN]
    can = viewer_can(InvestigationStatus.RUNNING, InvestigationPhase.ANALYSIS, granted)
    assert can == (InvestigationAction.PAUSE, InvestigationAction.ADD_NOTE)


def test_a_run_ends_for_review_when_an_asked_domain_was_lost() -> None:
    complete, waiting = AnalysisStatus.COMPLETE, AnalysisStatus.WAITING_DATA
    assert status_at_end([complete, waiting]) == InvestigationStatus.COMPLETE
    assert status_at_end([complete, AnalysisStatus.TIMEOUT]) == InvestigationStatus.REVIEW_NEEDED
    assert status_at_end([AnalysisStatus.FAILED]) == InvestigationStatus.REVIEW_NEEDED


def test_progress_never_goes_back() -> None:
    seen = [progress_percent(phase) for phase in InvestigationPhase]
    within = [progress_percent(InvestigationPhase.ANALYSIS, domains_done=n, domains_asked=4) for n in range(6)]
    assert seen == [0, 5, 20, 85, 95, 100, 100]
    assert within == [20, 36, 52, 68, 85, 85]


def test_the_estimate_is_silent_until_there_is_a_pace() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    now = start + timedelta(minutes=10)
    assert estimated_completion(started_at=start, now=now, percent=19) is None
    assert estimated_completion(started_at=start, now=now, percent=100) is None
    assert estimated_completion(started_at=start, now=start, percent=50) is None
    assert estimated_completion(started_at=start, now=now, percent=50) == start + timedelta(minutes=20)


def test_every_entity_has_fitting_domains_in_order() -> None:
    order = list(DomainName)
    for entity_type in EntityType:
        found = fitting_domains(entity_type)
        assert len(found) >= 4
        assert list(found) == sorted(found, key=order.index)
    assert DomainName.AUTHENTICATION in fitting_domains(EntityType.IP)
    assert DomainName.FINANCIAL not in fitting_domains(EntityType.IP)
