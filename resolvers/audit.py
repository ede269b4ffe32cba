"""Checking the audit trail through a door."""

from foundation.errors import NotFound
from models.queries import audit
from resolvers.audit_check import ChainCheck, check_chain
from resolvers.operation import Operation
from resolvers.sealing import seal_new
from rules.access.actions import Action

PLACES = 20_000
"""Places that one request walks: a second of work, and a page of a long trail."""


class TrailNotFound(NotFound):
    message = "There is no such organisation, or its audit trail is not yours to check."


async def verify_trail(op: Operation, *, organization_id: str | None, after: int) -> tuple[ChainCheck, int]:
    """The chain of the own organisation, or, for platform admins, of any; and how many of its rows are not sealed.

    What was written up to now is sealed first. At most `PLACES` places behind `after` are walked. Raises TrailNotFound.
    """
    op.check(Action.AUDIT_READ)
    wanted = op.viewer.organization_id if organization_id is None else organization_id
    if wanted != op.viewer.organization_id and not op.viewer.is_platform_admin:
        raise TrailNotFound(field="organizationId")
    await op.begin_read(Action.AUDIT_READ, field="auditVerification", organization=wanted, after=after)
    await seal_new(op.house)
    checked = await check_chain(op.house, wanted, after=after, limit=PLACES)
    async with op.house.database.reading() as session:
        waiting = await audit.count_unsealed(session, wanted, after=await audit.look_back_from(session))
    return checked, waiting
