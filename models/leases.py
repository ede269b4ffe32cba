"""Which workers are alive: the lease each renews, by the database's clock (ENGINE 3.5)."""

from datetime import datetime

from sqlmodel import SQLModel

from models.columns import moment, number, text_key


class WorkerLease(SQLModel, table=True):
    __tablename__ = "worker_lease"

    executor_id: str = text_key()
    at: datetime = moment()


class JobTakeover(SQLModel, table=True):
    """How often a job was taken from a worker that died: one that kills every worker must not go round for ever."""

    __tablename__ = "job_takeover"

    job_id: str = text_key()
    count: int = number(default=0)
