"""Cases for those who write them: found with the viewer in the statement, and locked before they are changed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from foundation.ids import to_ref
from models import tables as rows
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer
from rules.investigation.words import InvestigationPhase

SHOWN_REFS = 5  # how many of one's own cases a "not found" names (D6)


async def case_to_change(session: AsyncSession, viewer: Viewer, investigation_id: int) -> rows.Investigation | None:
    """The case, locked until the end of this write; None where it is absent or hidden from this viewer.

    The lock is the first a write takes, so that no two writers of a case wait for each other. SQLite has one writer
    and ignores it.
    """
    statement = (
        select(rows.Investigation)
        .where(col(rows.Investigation.id) == investigation_id, visible(rows.Investigation))
        .with_for_update(of=rows.Investigation)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement, viewer_parameters(viewer))).scalar_one_or_none()


async def newest_refs(session: AsyncSession, viewer: Viewer) -> list[str]:
    """Refs of the newest cases of the viewer's own organisation that are not archived, at most five (D6)."""
    case = rows.Investigation
    statement = (
        select(col(case.id))
        .where(visible(case), col(case.organization_id) == viewer.organization_id, col(case.archived_at).is_(None))
        .order_by(col(case.created_at).desc(), col(case.id).desc())
        .limit(SHOWN_REFS)
    )
    found = (await session.execute(statement, viewer_parameters(viewer))).scalars()
    return [to_ref("INV", number) for number in found if number is not None]


async def count_by_status(session: AsyncSession, viewer: Viewer) -> dict[str, int]:
    """How many of the cases that this viewer may see are in each status; archived ones are left out."""
    case = rows.Investigation
    counted = (
        select(col(case.status), func.count())
        .where(visible(case), col(case.phase) != InvestigationPhase.ARCHIVED)
        .group_by(col(case.status))
    )
    found = await session.execute(counted, viewer_parameters(viewer))
    return {row[0]: row[1] for row in found}


async def insert_case(session: AsyncSession, case: rows.Investigation) -> rows.Investigation | None:
    """The new case with its number, or None where its organisation has one of the same entity and window.

    The unique index decides: a concurrent twin waits here for the other's end, and a lost race is no error.
    """
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(rows.Investigation)
    number = await session.scalar(
        insert.values(**case.model_dump(exclude={"id"})).on_conflict_do_nothing().returning(col(rows.Investigation.id))
    )
    return None if number is None else await session.get_one(rows.Investigation, number)


async def twin_of(session: AsyncSession, viewer: Viewer, case: rows.Investigation) -> int | None:
    """The number of the viewer's own case about the same entity and window that is not archived."""
    other = rows.Investigation
    statement = select(col(other.id)).where(
        visible(other),
        col(other.organization_id) == viewer.organization_id,
        col(other.entity_type) == case.entity_type,
        col(other.entity_value) == case.entity_value,
        col(other.window_start) == case.window_start,
        col(other.window_end) == case.window_end,
        col(other.archived_at).is_(None),
    )
    return (await session.execute(statement, viewer_parameters(viewer))).scalar_one_or_none()


async def domains_of(session: AsyncSession, case: rows.Investigation) -> list[rows.DomainAnalysis]:
    """The domain rows of a case that the caller has loaded for its viewer, in the order they were asked."""
    statement = (
        select(rows.DomainAnalysis)
        .where(col(rows.DomainAnalysis.investigation_id) == case.id)
        .order_by(col(rows.DomainAnalysis.id))
    )
    return list((await session.execute(statement)).scalars())


async def evidence_of(session: AsyncSession, case: rows.Investigation) -> list[rows.Evidence]:
    """The evidence that counts now: everything but what an older run found."""
    statement = (
        select(rows.Evidence)
        .where(col(rows.Evidence.investigation_id) == case.id, col(rows.Evidence.superseded).is_(False))
        .order_by(col(rows.Evidence.id))
    )
    return list((await session.execute(statement)).scalars())


async def assigned_to(session: AsyncSession, case: rows.Investigation) -> list[tuple[str, str]]:
    """(user, organisation) of everybody who works on the case, in the order of their ids."""
    assignee, person = rows.InvestigationAssignee, rows.User
    statement = (
        select(col(person.id), col(person.organization_id))
        .join(assignee, col(assignee.user_id) == col(person.id))
        .where(col(assignee.investigation_id) == case.id)
        .order_by(col(person.id))
    )
    return [(user, organization) for user, organization in (await session.execute(statement)).all()]


async def assign(session: AsyncSession, case: rows.Investigation, user_ids: Sequence[str], at: datetime) -> None:
    """Makes exactly these people the ones who work on the case; who stays keeps the time of assignment."""
    assignee = rows.InvestigationAssignee
    present = {user for user, _ in await assigned_to(session, case)}
    gone = present - set(user_ids)
    if gone:
        await session.execute(
            delete(assignee).where(col(assignee.investigation_id) == case.id, col(assignee.user_id).in_(sorted(gone)))
        )
    session.add_all(
        rows.InvestigationAssignee(investigation_id=case.id, user_id=user, assigned_at=at)
        for user in user_ids
        if user not in present
    )
    await session.flush()
