"""What somebody sees first: who he is, and how the cases stand that he may see."""

from dataclasses import dataclass

from foundation.errors import Unauthenticated
from models.queries import credentials, investigations
from models.queries.credentials import Account
from resolvers import budgets
from resolvers.operation import Operation
from resolvers.personal import personal_of
from rules.access.actions import Action
from rules.access.budgets import Spent
from rules.access.person import Personal
from rules.investigation.words import InvestigationStatus


@dataclass(frozen=True)
class Dashboard:
    """`cases`: every status with the number of cases in it, archived ones left out. `rate`: of the door that asks,
    None where nothing limits it."""

    account: Account
    personal: Personal
    cases: dict[InvestigationStatus, int]
    rate: Spent | None


async def dashboard(op: Operation) -> Dashboard:
    async with op.read(Action.GRAPH_READ) as session:
        account = await credentials.account_of(session, op.viewer.user_id)
        counted = await investigations.count_by_status(session, op.viewer)
    if account is None:
        raise Unauthenticated
    told = budgets.told.get()
    return Dashboard(
        account,
        personal_of(op, account.user),
        {status: counted.get(status, 0) for status in InvestigationStatus},
        told.spent if told is not None else None,
    )
