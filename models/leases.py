"""Which workers are alive: the lease each renews, by the database's clock (ENGINE 3.5)."""

from datetime import datetime

from sqlmodel import SQLModel

from models.columns import moment, text_key


class WorkerLease(SQLModel, table=True):
    __tablename__ = "worker_lease"

    executor_id: str = text_key()
    at: datetime = moment()
