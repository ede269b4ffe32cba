"""One step of a run: one write door that locks the case first and asks whether its run is still the running one.

A paused, superseded, archived or ended case is not written to: the step raises RunStopped, and the workflow ends
quietly. Repeating a step changes nothing: its caller gives it a key.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from foundation.ids import to_ref
from models import tables as rows
from models.queries import runs
from resolvers.announcements import announce_progress
from resolvers.history import remember
from resolvers.opening import case_for_update
from resolvers.operation import Door, Operation
from rules.access.actions import Action
from rules.investigation.phases import estimated_completion, progress_percent
from rules.investigation.words import AnalysisStatus, DomainName, InvestigationPhase, InvestigationStatus

UNFINISHED = frozenset({AnalysisStatus.PENDING, AnalysisStatus.RUNNING})
RESUMABLE = frozenset({InvestigationStatus.PAUSED, InvestigationStatus.WAITING})

Answer = dict[str, Any]


class RunStopped(Exception):
    """This run may not be written to now. `resumable`: a person stopped it for a while; else it is over for good.

    No Refusal: nobody asked for anything that could be refused, and no line of the audit trail comes of it.
    """

    code = "RUN_STOPPED"

    def __init__(self, status: str, *, resumable: bool) -> None:
        super().__init__(f"The case is {status}.")
        self.resumable = resumable


@dataclass(frozen=True)
class RunRef:
    """One run of one case. `began_at` is when its first step was taken, for the estimate; none before that."""

    investigation_id: int
    run: int
    began_at: datetime | None = None

    @property
    def ref(self) -> str:
        return to_ref("INV", self.investigation_id)


def check_running(of: RunRef, *, run: int, status: str, archived: bool) -> None:
    """Raises RunStopped unless this is the run that the case is in, and it is running."""
    if run == of.run and status == InvestigationStatus.RUNNING and not archived:
        return
    still_ours = run == of.run and not archived
    said = "archived" if archived else status if run == of.run else f"in run {run}"
    raise RunStopped(said, resumable=still_ours and status in RESUMABLE)


@asynccontextmanager
async def step(op: Operation, of: RunRef, **details: Any) -> AsyncIterator[tuple[Door, rows.Investigation]]:
    async with op.write(Action.INVESTIGATION_RUN, target=of.ref, run=of.run, **details) as door:
        case = await case_for_update(door.session, op.viewer, of.investigation_id)
        check_running(of, run=case.run, status=case.status, archived=case.archived_at is not None)
        yield door, case


async def advance(
    door: Door,
    case: rows.Investigation,
    of: RunRef,
    phase: InvestigationPhase,
    domains: Sequence[rows.DomainAnalysis],
    *,
    domain: DomainName | None = None,
) -> None:
    """Phase and percentage go forward, never back, and are told; the case's past is kept.

    `domain` is named when the step was one domain's.
    """
    done = sum(1 for found in domains if found.status not in UNFINISHED)
    order = list(InvestigationPhase)
    case.phase = str(max(InvestigationPhase(case.phase), phase, key=order.index))
    percent = progress_percent(InvestigationPhase(case.phase), domains_done=done, domains_asked=len(domains))
    case.progress_percent = max(case.progress_percent, percent)
    case.estimated_completion = estimated_completion(
        started_at=of.began_at or door.now, now=door.now, percent=case.progress_percent
    )
    case.updated_at = door.now
    announce_progress(door, case, domain=domain)
    await remember(door, case, domains)


async def run_state(op: Operation, *, of: RunRef) -> Mapping[str, runs.DomainState]:
    """The domains of a running run by name. Raises RunStopped when it is not running."""
    async with op.read(Action.INVESTIGATION_RUN) as session:
        state = await runs.state_of(session, op.viewer, of.investigation_id)
    if state is None:
        raise RunStopped("gone", resumable=False)
    check_running(of, run=state.run, status=state.status, archived=state.archived)
    return {domain.name: domain for domain in state.domains}


def end_domain(domain: rows.DomainAnalysis, door: Door, status: AnalysisStatus, summary: str) -> None:
    """The analysis of a domain is over; `summary` is the sentence that says how."""
    domain.status, domain.summary = str(status), summary
    domain.finished_at = domain.updated_at = door.now
    if status is AnalysisStatus.COMPLETE:
        domain.progress_percent = 100


def named(domains: Sequence[rows.DomainAnalysis], name: DomainName) -> rows.DomainAnalysis:
    """The row of one domain of a case."""
    return next(domain for domain in domains if domain.name == name)
