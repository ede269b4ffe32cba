"""What was answered to a key: a caller's Idempotency-Key, or a step of a workflow."""

from datetime import datetime
from typing import Any

from sqlmodel import SQLModel

from models.columns import maybe_json, moment, text, text_key


class Answer(SQLModel, table=True):
    """`key` names its namespace and owner: `user:<id>:<key>` or `step:<workflow>#<step>`."""

    __tablename__ = "answer"

    key: str = text_key()
    fingerprint: str = text()
    answer: Any = maybe_json()
    at: datetime = moment()
