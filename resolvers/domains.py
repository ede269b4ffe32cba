"""An outside agent's word on its domain."""

from datetime import timedelta

from foundation.errors import InvalidInput
from foundation.ids import to_ref
from foundation.texts import check_number, check_text
from models import tables as rows
from models.queries import investigations
from resolvers.announcements import announce_progress
from resolvers.history import remember
from resolvers.opening import case_for_update, permit
from resolvers.operation import Door, Operation
from resolvers.scoring import rescore
from resolvers.timeline import record_action
from rules.access.actions import Action
from rules.investigation.analysers import analyser_for
from rules.investigation.phases import progress_percent as percent_of_run
from rules.investigation.refusals import DomainNotYours, NotInThisState
from rules.investigation.words import (
    ActorType,
    AnalysisStatus,
    DomainName,
    EntityType,
    EventAction,
    InvestigationAction,
    InvestigationPhase,
)

MOST_SUMMARY, MOST_RECORDS = 2_000, 2**31 - 1
# What an agent may say of its domain. Pending is the server's word, cancelled the run's.
REPORTED = (
    AnalysisStatus.RUNNING,
    AnalysisStatus.COMPLETE,
    AnalysisStatus.FAILED,
    AnalysisStatus.TIMEOUT,
    AnalysisStatus.WAITING_DATA,
)
ENDED = (AnalysisStatus.COMPLETE, AnalysisStatus.FAILED, AnalysisStatus.TIMEOUT)
_UNFINISHED = (AnalysisStatus.PENDING, AnalysisStatus.RUNNING)


async def report_domain_progress(
    op: Operation,
    *,
    investigation_id: int,
    domain: DomainName,
    status: AnalysisStatus,
    progress_percent: int | None = None,
    summary: str | None = None,
    records_seen: int | None = None,
) -> int:
    """Records how far an outside agent has come with a domain of the case; the number of the domain row.

    The first report makes the domain the caller's: the engine waits for it, and nobody else may report it in this run.
    A domain that the engine analyses itself is refused. Progress never goes back. An end (complete, failed, timeout)
    is final for the run, enters the timeline and moves the score by what the agent added as evidence.

    A report may come late, after the run has ended (complete or up for review): the same things happen and the case
    keeps its status, since nothing waits for it any more. A rerun asks the domain anew.
    """
    async with op.write(Action.DOMAIN_REPORT, target=to_ref("INV", investigation_id)) as door:
        said = None if summary is None else check_text(summary, field="summary", most=MOST_SUMMARY)
        if progress_percent is not None:
            check_number(progress_percent, field="progressPercent", least=0, most=100)
        if records_seen is not None:
            check_number(records_seen, field="recordsSeen", least=0, most=MOST_RECORDS)
        if status not in REPORTED:
            raise InvalidInput(
                "An agent does not say this of a domain.", field="status", allowed=[str(word) for word in REPORTED]
            )
        case = await case_for_update(door.session, op.viewer, investigation_id)
        permit(case, InvestigationAction.REPORT_DOMAIN_PROGRESS)
        domains = await investigations.domains_of(door.session, case)
        row = _own_row(op, case, domains, domain)
        _report(door, case, row, op.viewer.name, status, progress_percent)
        row.summary = said or row.summary
        row.records_seen = row.records_seen if records_seen is None else records_seen
        if status in ENDED:
            await _end(door, case, row, domain)
        _advance(case, domains)
        case.updated_at = door.now
        announce_progress(door, case, domain=domain)
        await remember(door, case, domains)
        number = row.id or 0
        door.about(to_ref("INV", investigation_id), domain=str(domain), status=str(status))
        door.answer(number)
    return number


def _own_row(
    op: Operation, case: rows.Investigation, domains: list[rows.DomainAnalysis], domain: DomainName
) -> rows.DomainAnalysis:
    """The domain's row, where this caller may report it."""
    row = next((found for found in domains if found.name == domain), None)
    if row is None or domain not in case.domains_to_analyze:
        raise InvalidInput(
            "This case does not ask for this domain.", field="domain", allowed=list(case.domains_to_analyze)
        )
    if analyser_for(domain, EntityType(case.entity_type)) is not None:
        raise DomainNotYours(field="domain", agent="the engine")
    if row.agent is not None and row.agent != op.viewer.name:
        raise DomainNotYours(field="domain", agent=row.agent)
    if row.status in ENDED:
        raise NotInThisState("The analysis of this domain has ended in this run.", field="domain", status=row.status)
    return row


def _report(
    door: Door,
    case: rows.Investigation,
    row: rows.DomainAnalysis,
    agent: str,
    status: AnalysisStatus,
    percent: int | None,
) -> None:
    row.agent, row.status, row.run, row.updated_at = agent, str(status), case.run, door.now
    row.started_at = row.started_at or door.now
    # Reports may overtake each other on the way; a bar that runs backwards helps nobody.
    row.progress_percent = max(row.progress_percent, percent or 0)
    row.finished_at = None
    if status in ENDED:
        row.finished_at = door.now
    if status is AnalysisStatus.COMPLETE:
        row.progress_percent = 100


async def _end(door: Door, case: rows.Investigation, row: rows.DomainAnalysis, domain: DomainName) -> None:
    agent = row.agent or ""
    well = row.status == AnalysisStatus.COMPLETE
    told = row.summary or (f"Analysis of {domain} ended" if well else f"Analysis of {domain} ended: {row.status}")
    step = await rescore(door, case, source=agent, reason=told, domain=domain)
    await record_action(
        door,
        case,
        actor=(ActorType.AGENT, agent),
        action=EventAction.ANALYSIS_COMPLETED if well else EventAction.ERROR_OCCURRED,
        summary=told,
        success=well,
        duration_ms=None if row.started_at is None else int((door.now - row.started_at) / timedelta(milliseconds=1)),
        risk_delta=step.delta,
    )


def _advance(case: rows.Investigation, domains: list[rows.DomainAnalysis]) -> None:
    done = sum(1 for row in domains if row.status not in _UNFINISHED)
    percent = percent_of_run(InvestigationPhase(case.phase), domains_done=done, domains_asked=len(domains))
    case.progress_percent = max(case.progress_percent, percent)
