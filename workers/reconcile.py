"""Engine and case made to agree, at start and every half minute: the case's row is the truth.

A command writes the row, then tells the engine; a crash between the two leaves a paused case with a job that is still
active, or a resumed one whose job is stopped. And a job can end where its case did not, by an error of the engine or
after too many recoveries; then the case has failed, and says so.
"""

from foundation.errors import Refusal
from foundation.telemetry import logger
from gateways.jobs import ACTIVE, CANCELLED, FAILED, DbosJobs, JobExists
from models.queries import runs
from models.queries.runs import Run
from models.walls import EVERYTHING
from resolvers.jobs import QUEUE, job_id
from resolvers.operation import House, Operation
from resolvers.running import phases
from resolvers.running.step import RunRef, RunStopped
from rules.access.viewer import engine_of
from rules.investigation.words import InvestigationStatus

STATUSES = (str(InvestigationStatus.RUNNING), str(InvestigationStatus.PAUSED))

log = logger("workers.reconcile")


async def reconcile(house: House, jobs: DbosJobs) -> dict[str, str]:
    """One round over every case under way; what was done, by job. A case that cannot be mended holds up no other."""
    done: dict[str, str] = {}
    after = 0
    while True:
        async with house.database.reading(EVERYTHING) as session:
            page = await runs.under_way(session, STATUSES, after=after)
        words = await jobs.statuses([job_id(run.investigation_id, run.run) for run in page])
        for run in page:
            job = job_id(run.investigation_id, run.run)
            try:
                act = await _mend(house, jobs, run, job, words.get(job))
            except (RunStopped, JobExists):
                continue  # It has moved on since it was read.
            except Refusal as refusal:
                log.warning("a run could not be mended", job=job, code=refusal.code)
                continue
            if act:
                done[job] = act
                log.info("a run was mended", job=job, act=act, engine=words.get(job))
        if len(page) < runs.PAGE:
            return done
        after = page[-1].investigation_id


async def _mend(house: House, jobs: DbosJobs, run: Run, job: str, word: str | None) -> str | None:
    if run.status == InvestigationStatus.PAUSED:
        if word not in ACTIVE:
            return None
        await jobs.cancel(job)
        return "cancelled"
    if word in ACTIVE:
        return None
    if word == CANCELLED:
        await jobs.resume(job, queue=QUEUE)
        return "resumed"
    op = Operation(house, engine_of(run.organization_id), request_id=job)
    of = RunRef(run.investigation_id, run.run)
    if word is None:
        await phases.requeue_run(op, of=of)
        return "enqueued"
    why = "The run ended by an error of the engine." if word in FAILED else "The run ended without a result."
    await phases.fail_run(op, of=of, why=why)
    return "failed"
