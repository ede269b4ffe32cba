"""The gateway to DBOS, the durable engine: its configuration, its queues, and commands to its jobs.

Nothing else in the product but workers/ imports dbos. What crosses into it is JSON: ids, references, numbers.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer
from dbos import _serialization as native
from dbos import error as engine_error

from foundation.errors import Conflict
from gateways.ports import Job

APPLICATION = "casegraph"
# A running case is only gone on with by workers of the version it was started under. It is raised by hand, after the
# queues have been drained; by default DBOS would hash our source and every release would strand every running case.
VERSION = "1"
SCHEMA = "dbos"  # of its tables on PostgreSQL; in a SQLite file they lie beside ours
CODEC = DBOSPortableJSONSerializer()

INVESTIGATIONS = "investigations"
ANALYSIS = "analysis"
EXPORTS = "exports"
ALERTS = "alerts"
FEEDS = "feeds"
MAIL = "mail"
MAINTENANCE = "maintenance"

INTERACTIVE_S = 0.2  # somebody watches: a poll is one indexed read, five a second cost nothing that can be measured
PATIENT_S = 1.0


@dataclass(frozen=True)
class QueueOptions:
    """How often a worker looks into a queue, in seconds, and how many of its jobs one worker runs at once."""

    polling_interval_s: float
    worker_concurrency: int | None = None
    partition_concurrency: int | None = None  # set: every job names a partition


QUEUES: Mapping[str, QueueOptions] = {
    INVESTIGATIONS: QueueOptions(INTERACTIVE_S, worker_concurrency=32),  # a case mostly waits for its analyses
    ANALYSIS: QueueOptions(INTERACTIVE_S, worker_concurrency=8),
    EXPORTS: QueueOptions(PATIENT_S, worker_concurrency=2),  # rendering keeps a whole core busy
    ALERTS: QueueOptions(PATIENT_S, partition_concurrency=2),  # by destination: a slow one delays nobody else
    MAIL: QueueOptions(PATIENT_S, worker_concurrency=4),  # each mostly waits for the mail server
    FEEDS: QueueOptions(PATIENT_S, worker_concurrency=2),
    MAINTENANCE: QueueOptions(PATIENT_S, worker_concurrency=1),
}

# A cancelled job forgets which queue it was on; what it runs says where it belongs.
INVESTIGATE = "investigate"
ANALYSE = "analyse"
MAIL_TO = "mail"
POLL_FEED = "feed"
QUEUE_OF: Mapping[str, str] = {INVESTIGATE: INVESTIGATIONS, ANALYSE: ANALYSIS, MAIL_TO: MAIL, POLL_FEED: FEEDS}

ACTIVE = frozenset({"ENQUEUED", "PENDING", "DELAYED"})
CANCELLED = "CANCELLED"
FAILED = frozenset({"ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
ENDED = FAILED | {"SUCCESS"}


class PickleRefused(Exception):
    """A row of the engine asks to be unpickled. This product never writes such a row."""


class JobExists(Conflict):
    """The id of a job was used before; a job's id is good for one job for ever."""

    message = "This run was started already."


def refuse_pickle() -> None:
    """Switches pickle off in DBOS, for this process.

    Configuring a JSON serializer is not enough: a row marked `py_pickle` is unpickled all the same, even by a process
    that only lists workflows, so whoever can write that table could run code here.
    """

    def refuse(_self: object, _value: Any) -> Any:
        raise PickleRefused("This database holds JSON only.")

    native.DefaultSerializer.serialize = refuse  # type: ignore[method-assign, assignment]
    native.DefaultSerializer.deserialize = refuse  # type: ignore[method-assign, assignment]


_CANCELLED = (engine_error.DBOSWorkflowCancelledError, engine_error.DBOSAwaitedWorkflowCancelledError)


class _Ordinary(logging.Filter):
    """Keeps back what DBOS reports as a fault and is none: a pause or a stop ends in a traceback at level ERROR."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[0] if record.exc_info else None
        if error is not None and issubclass(error, _CANCELLED):
            return False
        text = record.getMessage()
        return not any(sign in text for sign in ("was cancelled during execution", "Asyncio task cancelled"))


def quiet() -> None:
    """Sends DBOS's log lines the way of all others, without its own console handler and its false alarms."""
    logger = logging.getLogger("dbos")
    if not any(isinstance(kept, _Ordinary) for kept in logger.filters):
        logger.addFilter(_Ordinary())
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # DBOS adds a console handler only where there is none.
    logger.setLevel(logging.WARNING)


def configuration(
    url: str, executor_id: str, *, migrate: bool = False, threads: int = 8, polling_interval_s: float = INTERACTIVE_S
) -> DBOSConfig:
    """What DBOS is launched with. `url` has no driver in it; `executor_id` is unique among the running processes."""
    refuse_pickle()
    quiet()
    return {
        "name": APPLICATION,
        "system_database_url": url,
        "dbos_system_schema": SCHEMA,
        "serializer": CODEC,
        "application_version": VERSION,
        "executor_id": executor_id,
        "run_migrations": migrate,
        "log_level": "WARNING",
        "max_executor_threads": threads,
        "sys_db_pool_size": 10,
        "notification_listener_polling_interval_sec": polling_interval_s,
    }


def migrate_engine(url: str, *, polling_interval_s: float | None = None) -> None:
    """Makes or upgrades DBOS's own tables and writes the queues into them. Synchronous; one process at a time.

    `polling_interval_s` replaces the interval of every queue: tests want none to wait for.
    """
    refuse_pickle()
    quiet()
    DBOS.migrate(url, schema=SCHEMA)
    client = _client(url)
    try:
        for name, options in QUEUES.items():
            client.register_queue(
                name,
                polling_interval_sec=polling_interval_s or options.polling_interval_s,
                worker_concurrency=options.worker_concurrency,
                partition_concurrency=options.partition_concurrency,
                on_conflict="always_update",
            )
    finally:
        client.destroy()


def _client(url: str) -> DBOSClient:
    # Lazy: within our transactions it only builds rows on a connection that we hand it.
    return DBOSClient(
        system_database_url=url,
        dbos_system_schema=SCHEMA,
        serializer=CODEC,
        application_name=APPLICATION,
        lazy=True,
        system_database_pool_size=2,
    )


class DbosJobs:
    """gateways.ports.Jobs on DBOS. Needs no launched engine: a process that only serves requests has none."""

    def __init__(self, url: str) -> None:
        refuse_pickle()
        quiet()
        self._client = _client(url)

    def enqueue_within(self, transaction: Any, job: Job) -> None:
        """Raises JobExists when the id was used: by default DBOS would silently keep the old job."""
        try:
            self._client.enqueue_in_transaction(
                transaction,
                {
                    "workflow_name": job.workflow,
                    "queue_name": job.queue,
                    "workflow_id": job.id,
                    "workflow_id_reuse_policy": "reject",
                    "app_version": VERSION,
                },
                *job.arguments,
            )
        except engine_error.DBOSWorkflowIDInUseError as error:
            raise JobExists from error

    async def cancel(self, job_id: str) -> None:
        await self._client.cancel_workflow_async(job_id, cancel_children=True)

    async def resume(self, job_id: str, *, queue: str) -> None:
        children = await self._client.list_workflows_async(
            parent_workflow_id=job_id, status=CANCELLED, load_input=False, load_output=False
        )
        for child in children:
            await self._client.resume_workflow_async(child.workflow_id, queue_name=QUEUE_OF.get(child.name, queue))
        # One that is still active must not be resumed: it would be handed out a second time while the first runs.
        if await self.status(job_id) == CANCELLED:
            await self._client.resume_workflow_async(job_id, queue_name=queue)

    async def status(self, job_id: str) -> str | None:
        return (await self.statuses([job_id])).get(job_id)

    async def statuses(self, job_ids: Sequence[str]) -> dict[str, str]:
        """The engine's word for the state of each job it knows."""
        if not job_ids:
            return {}
        found = await self._client.list_workflows_async(workflow_ids=list(job_ids), load_input=False, load_output=False)
        return {job.workflow_id: job.status for job in found}

    async def over(self, before: datetime, *, limit: int) -> list[str]:
        found = await self._client.list_workflows_async(
            status=sorted(ENDED),
            completed_before=before.isoformat(),
            has_parent=False,
            limit=limit,
            load_input=False,
            load_output=False,
        )
        return [job.workflow_id for job in found]

    async def parts_of(self, job_ids: Sequence[str]) -> list[str]:
        if not job_ids:
            return []
        found = await self._client.list_workflows_async(
            parent_workflow_id=list(job_ids), load_input=False, load_output=False
        )
        return [job.workflow_id for job in found]

    async def forget(self, job_ids: Sequence[str]) -> None:
        await self._client.delete_workflows_async(list(job_ids), delete_children=True)

    async def stranded(self, alive: Collection[str]) -> dict[str, str]:
        """Jobs that are marked as running under an executor that is not among the living: id to queue."""
        return {job: queue for job, (queue, holder) in (await self._running()).items() if holder not in alive}

    async def held_by(self, executor_id: str) -> dict[str, str]:
        """Jobs that are marked as running under this executor: id to queue."""
        return {job: queue for job, (queue, holder) in (await self._running()).items() if holder == executor_id}

    async def _running(self) -> dict[str, tuple[str, str | None]]:
        found = await self._client.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        return {job.workflow_id: (QUEUE_OF.get(job.name, MAINTENANCE), job.executor_id) for job in found}

    async def take_over(self, job_id: str, *, queue: str) -> None:
        """Hands a stranded job out again. What its first executor still writes is refused by the engine's fencing."""
        await self._client.resume_workflow_async(job_id, queue_name=queue)

    def close(self) -> None:
        """Synchronous: joins the client's connections."""
        self._client.destroy()
