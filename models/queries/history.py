"""The past of a case: its row and its domain rows as they stood after each write (D24)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from foundation.times import to_text
from models import tables as rows

_KEPT = "case_history"  # where a session keeps the rows of this write


def remember(
    session: AsyncSession,
    case: rows.Investigation,
    domains: Sequence[rows.DomainAnalysis],
    assigned_to: Sequence[str],
    now: datetime,
) -> rows.CaseHistory:
    """One row a case and write, whatever number of steps changed it: the last one says how it stood at the end."""
    kept: dict[int | None, rows.CaseHistory] = session.info.setdefault(_KEPT, {})
    row = kept.get(case.id)
    state = {**_state(case), "assigned_to": list(assigned_to)}
    states = [_state(domain) for domain in domains]
    if row is None:
        row = kept[case.id] = rows.CaseHistory(
            investigation_id=case.id,
            organization_id=case.organization_id,
            at=now,
            investigation=state,
            domains=states,
        )
        session.add(row)
    else:
        row.investigation, row.domains = state, states
    return row


def _state(row: SQLModel) -> dict[str, Any]:
    """The columns as JSON values, times in their one form."""
    return {name: to_text(v) if isinstance(v, datetime) else v for name, v in row.model_dump().items()}
