"""What is used up of limits, where more than one process has to know it."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from models.columns import moment, number, text_key


class RateWindow(SQLModel, table=True):
    """One count of one budget until `ends_at`. Not logged on PostgreSQL: after a crash of the database the counts of a
    few minutes begin anew, and in exchange no request waits for the disk. What must outlast that, the locks of
    accounts, lies in `failed_sign_in`."""

    __tablename__ = "rate_window"
    __table_args__ = (Index("ix_rate_window_ends_at", "ends_at"),)

    key: str = text_key()
    used: int = number(default=0)
    ends_at: datetime = moment()
