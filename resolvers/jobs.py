"""A case's durable job, and how the engine is made to follow what was decided about the case."""

from foundation.ids import to_ref
from foundation.telemetry import logger
from gateways.ports import Job
from models import tables as rows
from resolvers.announcements import number_of
from resolvers.operation import Operation
from rules.investigation.words import InvestigationStatus

WORKFLOW, QUEUE = "investigate", "investigations"

log = logger("resolvers.jobs")


def job_id(investigation_id: int, run: int) -> str:
    """`INV-7:1`: each run starts once, since an id is good for one job for ever."""
    return f"{to_ref('INV', investigation_id)}:{run}"


def job_of(case: rows.Investigation) -> Job:
    """The job of the run that the case is in now."""
    number = number_of(case)
    return Job(WORKFLOW, QUEUE, job_id(number, case.run), (to_ref("INV", number),))


async def engine_follows(op: Operation, *, investigation_id: int, run: int, status: InvestigationStatus) -> None:
    """Makes the engine match a status that was committed: a paused or ended run stops, a running one goes on.

    The decision stands already, so an engine that does not answer is no failure of the caller: the reconciler makes
    the same call within half a minute.
    """
    job = job_id(investigation_id, run)
    try:
        if status is InvestigationStatus.RUNNING:
            await op.house.jobs.resume(job, queue=QUEUE)
        else:
            await op.house.jobs.cancel(job)
    except Exception as error:
        log.warning("the engine did not follow", job=job, status=str(status), exc_info=error)
