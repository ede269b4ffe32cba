"""The steps of a run as a whole, phase by phase."""

from collections.abc import Sequence

from foundation.times import to_text
from models import tables as rows
from models.queries import facts as facts_queries
from models.queries import investigations
from resolvers.announcements import announce_status
from resolvers.history import remember
from resolvers.jobs import job_of
from resolvers.operation import Operation
from resolvers.running.step import UNFINISHED, Answer, RunRef, advance, end_domain, step
from resolvers.timeline import actor_of, record_action
from rules.investigation.analysers import analyser_for
from rules.investigation.catalogue import catalogue_hash
from rules.investigation.phases import status_at_end
from rules.investigation.words import (
    AnalysisStatus,
    CompletionReason,
    DomainName,
    EntityType,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
)


async def begin_run(op: Operation, *, of: RunRef) -> Answer:
    """Initiation ends, data collection begins."""
    async with step(op, of, at="begin") as (door, case):
        domains = await investigations.domains_of(door.session, case)
        case.catalogue_hash = catalogue_hash()
        await record_action(
            door,
            case,
            actor=actor_of(op.viewer),
            action=EventAction.DECISION_MADE,
            summary=f"Run {case.run} takes up {_listed([domain.name for domain in domains])}.",
        )
        await advance(door, case, of, InvestigationPhase.DATA_COLLECTION, domains)
        answer = {"began_at": to_text(door.now)}
        door.answer(answer)
    return answer


async def collect_data(op: Operation, *, of: RunRef) -> Answer:
    """Counts what there is to look at, and says which domains we analyse ourselves; analysis begins.

    A domain that has neither an analyser nor an outside agent waits for data, which holds up nothing.
    """
    async with step(op, of, at="collect") as (door, case):
        domains = await investigations.domains_of(door.session, case)
        case.records_seen = await facts_queries.count_of(door.session, op.viewer, case)
        ours = []
        for domain in domains:
            if domain.agent is not None or domain.status not in UNFINISHED:
                continue
            if analyser_for(DomainName(domain.name), EntityType(case.entity_type)) is not None:
                ours.append(domain.name)
                continue
            end_domain(
                domain, door, AnalysisStatus.WAITING_DATA, f"No analyser yet for {domain.name}; an agent may report it."
            )
        await record_action(
            door,
            case,
            actor=actor_of(op.viewer),
            action=EventAction.DATA_RECEIVED,
            summary=(
                f"{case.records_seen} records of {case.entity_type} {case.entity_value} from "
                f"{to_text(case.window_start)} to {to_text(case.window_end)}."
            ),
            output_data={"records": case.records_seen},
        )
        await advance(door, case, of, InvestigationPhase.ANALYSIS, domains)
        answer = {"domains": ours}
        door.answer(answer)
    return answer


async def review_findings(op: Operation, *, of: RunRef) -> Answer:
    """The findings are weighed against each other: the score stands as the last domain left it, and is told."""
    async with step(op, of, at="review") as (door, case):
        domains = await investigations.domains_of(door.session, case)
        await record_action(
            door,
            case,
            actor=actor_of(op.viewer),
            action=EventAction.DECISION_MADE,
            summary=f"Risk {case.risk_score:.2f} with confidence {case.confidence:.2f}.",
            output_data={"risk_score": case.risk_score, "confidence": case.confidence},
        )
        await advance(door, case, of, InvestigationPhase.REVIEW, domains)
        answer: Answer = {}
        door.answer(answer)
    return answer


async def summarise(op: Operation, *, of: RunRef) -> Answer:
    """The result is being written down."""
    async with step(op, of, at="summary") as (door, case):
        await advance(door, case, of, InvestigationPhase.SUMMARY, await investigations.domains_of(door.session, case))
        answer: Answer = {}
        door.answer(answer)
    return answer


async def finish_run(op: Operation, *, of: RunRef) -> Answer:
    """The run ends: complete, or for review when an asked domain failed or timed out (D20)."""
    async with step(op, of, at="finish") as (door, case):
        domains = await investigations.domains_of(door.session, case)
        for domain in domains:
            # What an agent took up after everything else had ended stays its own: it reports late.
            if domain.status in UNFINISHED and domain.agent is None:
                end_domain(domain, door, AnalysisStatus.TIMEOUT, "The run ended before this domain was reported.")
        old = InvestigationStatus(case.status)
        case.status = str(status_at_end(AnalysisStatus(domain.status) for domain in domains))
        case.completion_reason, case.completed_at = str(CompletionReason.ANALYSIS_COMPLETE), door.now
        await record_action(
            door,
            case,
            actor=actor_of(op.viewer),
            action=EventAction.INVESTIGATION_COMPLETED,
            summary=f"Run {case.run} ended: {_results(domains)}. Risk {case.risk_score:.2f}.{_judges(domains)}",
            output_data={"risk_score": case.risk_score, "confidence": case.confidence},
        )
        await advance(door, case, of, InvestigationPhase.COMPLETE, domains)
        await announce_status(door, case, old=old, actor=actor_of(op.viewer)[1])
        answer = {"status": case.status}
        door.answer(answer)
    return answer


async def fail_run(op: Operation, *, of: RunRef, why: str) -> Answer:
    """The engine gave the run up. Its domains that had not ended failed with it; a rerun starts anew."""
    async with step(op, of, at="fail") as (door, case):
        domains = await investigations.domains_of(door.session, case)
        for domain in domains:
            if domain.status in UNFINISHED:
                end_domain(domain, door, AnalysisStatus.FAILED, "The run ended before this domain was analysed.")
        old = InvestigationStatus(case.status)
        case.status, case.estimated_completion = str(InvestigationStatus.FAILED), None
        case.completed_at = case.updated_at = door.now
        await record_action(
            door,
            case,
            actor=actor_of(op.viewer),
            action=EventAction.ERROR_OCCURRED,
            summary=why,
            success=False,
        )
        await announce_status(door, case, old=old, actor=actor_of(op.viewer)[1], reason=why)
        await remember(door, case, domains)
        answer = {"status": case.status}
        door.answer(answer)
    return answer


async def requeue_run(op: Operation, *, of: RunRef) -> None:
    """Enqueues the job of a running run that the engine knows nothing of, as after a restore. Raises JobExists."""
    async with step(op, of, at="requeue") as (door, case):
        door.enqueue(job_of(case))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "no domain"


def _results(domains: Sequence[rows.DomainAnalysis]) -> str:
    return _listed([f"{domain.name} {domain.status}" for domain in domains])


def _judges(domains: Sequence[rows.DomainAnalysis]) -> str:
    """What is to be said where one run was judged by several catalogues: the server was changed in its midst."""
    count = len({domain.catalogue_hash for domain in domains if domain.catalogue_hash is not None})
    return "" if count < 2 else f" The signals were changed in its midst: {count} catalogues judged its domains."
