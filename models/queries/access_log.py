"""The access log: written in batches, and forgotten after some days."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlmodel import col

from models.audit import AccessLog
from models.database import Session


async def put(session: Session, lines: Sequence[Mapping[str, Any]]) -> None:
    await session.execute(insert(AccessLog), [dict(line) for line in lines])


async def forget(session: Session, before: datetime, *, limit: int) -> int:
    """Removes at most `limit` lines older than that; how many it were."""
    old = select(col(AccessLog.id)).where(col(AccessLog.at) < before).order_by(col(AccessLog.at)).limit(limit)
    gone = await session.execute(delete(AccessLog).where(col(AccessLog.id).in_(old.scalar_subquery())))
    return int(gone.rowcount)  # type: ignore[attr-defined]
