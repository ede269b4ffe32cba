"""Runs of cases, as the engine sees them: whose they are, where they stand, and which of them are under way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models import tables as rows
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer

PAGE = 500


@dataclass(frozen=True)
class DomainState:
    name: str
    status: str
    agent: str | None
    updated_at: datetime


@dataclass(frozen=True)
class RunState:
    """Where a case stands. `domains` in the order they were asked."""

    run: int
    status: str
    archived: bool
    domains: tuple[DomainState, ...]


@dataclass(frozen=True)
class Run:
    """A run that the engine should know of."""

    investigation_id: int
    organization_id: str
    run: int
    status: str


async def owner_of(session: AsyncSession, investigation_id: int) -> str | None:
    """The organisation that a case belongs to: what a job, which knows only the case's number, acts for.

    Asked by the engine before it is anybody, so no viewer can be named here; nothing but the owner is told.
    """
    return await session.scalar(
        select(col(rows.Investigation.organization_id)).where(col(rows.Investigation.id) == investigation_id)
    )


async def case_to_read(session: AsyncSession, viewer: Viewer, investigation_id: int) -> rows.Investigation | None:
    """The case as it stands, without a lock."""
    statement = select(rows.Investigation).where(
        col(rows.Investigation.id) == investigation_id, visible(rows.Investigation)
    )
    return (await session.execute(statement, viewer_parameters(viewer))).scalar_one_or_none()


async def state_of(session: AsyncSession, viewer: Viewer, investigation_id: int) -> RunState | None:
    """Where a case and its domains stand."""
    case, domain = rows.Investigation, rows.DomainAnalysis
    statement = (
        select(
            col(case.run),
            col(case.status),
            col(case.archived_at),
            col(domain.name),
            col(domain.status),
            col(domain.agent),
            col(domain.updated_at),
        )
        .outerjoin(domain, col(domain.investigation_id) == col(case.id))
        .where(col(case.id) == investigation_id, visible(case))
        .order_by(col(domain.id))
    )
    found = (await session.execute(statement, viewer_parameters(viewer))).all()
    if not found:
        return None
    run, status, archived_at = found[0][:3]
    domains = tuple(DomainState(*row[3:]) for row in found if row[3] is not None)
    return RunState(run, status, archived_at is not None, domains)


async def supersede(session: AsyncSession, case: rows.Investigation) -> None:
    """What earlier runs of a case found is no part of the score from now on; what people and agents added stays."""
    found = rows.Evidence
    await session.execute(
        update(found)
        .where(
            col(found.investigation_id) == case.id,
            col(found.code).is_not(None),
            col(found.run) < case.run,
            col(found.superseded).is_(False),
        )
        .values(superseded=True)
        .execution_options(synchronize_session=False)
    )


async def under_way(session: AsyncSession, statuses: Sequence[str], *, after: int = 0) -> list[Run]:
    """Cases of every organisation in one of these statuses, by number from `after` on, at most a page.

    The engine's own bookkeeping: it compares them with its jobs, and shows them to nobody.
    """
    case = rows.Investigation
    statement = (
        select(col(case.id), col(case.organization_id), col(case.run), col(case.status))
        .where(col(case.id) > after, col(case.status).in_(statuses), col(case.archived_at).is_(None))
        .order_by(col(case.id))
        .limit(PAGE)
    )
    return [Run(*row) for row in (await session.execute(statement)).all()]
