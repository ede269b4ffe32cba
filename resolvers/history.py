"""What every write of a case leaves for `asOf`."""

from collections.abc import Sequence

from models import tables as rows
from models.queries import history, investigations
from resolvers.operation import Door


async def remember(
    door: Door, case: rows.Investigation, domains: Sequence[rows.DomainAnalysis] | None = None
) -> rows.CaseHistory:
    """Keeps how the case, its people and its domains stand now (D24).

    Called after the last change of a write; called again in the same write, it brings that write's one row up to date.
    Without `domains` they are read.
    """
    await door.session.flush()
    found = list(domains) if domains is not None else await investigations.domains_of(door.session, case)
    people = [user for user, _ in await investigations.assigned_to(door.session, case)]
    return history.remember(door.session, case, found, people, door.now)
