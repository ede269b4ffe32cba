"""Evidence for those who write about it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models import tables as rows
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer


async def case_of(session: AsyncSession, viewer: Viewer, evidence_id: int) -> int | None:
    """The number of the case that the evidence belongs to; None where it is absent or hidden from this viewer."""
    statement = select(col(rows.Evidence.investigation_id)).where(
        col(rows.Evidence.id) == evidence_id, visible(rows.Evidence)
    )
    return (await session.execute(statement, viewer_parameters(viewer))).scalar_one_or_none()


async def of_case(session: AsyncSession, case: rows.Investigation, evidence_ids: Sequence[int]) -> list[rows.Evidence]:
    """Those of the pieces that belong to this case, which the caller has loaded for its viewer."""
    statement = (
        select(rows.Evidence)
        .where(col(rows.Evidence.investigation_id) == case.id, col(rows.Evidence.id).in_(evidence_ids))
        .order_by(col(rows.Evidence.id))
    )
    return list((await session.execute(statement)).scalars())
