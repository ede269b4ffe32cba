"""What somebody sees first."""

import strawberry

from resolvers.dashboard import dashboard as of_viewer
from rules.access.actions import Action
from rules.investigation.words import InvestigationStatus
from schema import ties
from schema.marks import acts
from schema.organizations import Organization
from schema.people import User
from schema.planned import Info, planned


@strawberry.type(description="How many cases are in a status.")
class CaseCount:
    status: InvestigationStatus = strawberry.field(description="The status.")
    count: int = strawberry.field(description="How many cases, archived ones left out.")


@strawberry.type(description="What somebody sees first: who it is, and how the cases stand that the viewer may see.")
class Dashboard:
    user: ties.User | None = strawberry.field(description="The person, or the service an API key belongs to.")
    organization: ties.Organization | None = strawberry.field(description="Where the user belongs.")
    cases_by_status: list[CaseCount] = strawberry.field(description="Every status, in the order of the enumeration.")


@strawberry.type(description="What somebody sees first.")
class DashboardQueries:
    @strawberry.field(
        description="What the viewer sees first. `rateLimit` beside it tells what the viewer has left.",
        metadata=acts(Action.GRAPH_READ),
    )
    async def dashboard(self, info: Info) -> Dashboard | None:
        found = await of_viewer(info.context.operation)
        return Dashboard(
            user=planned(info, User, found.account.user.id),
            organization=planned(info, Organization, found.account.organization.id),
            cases_by_status=[CaseCount(status=status, count=count) for status, count in found.cases.items()],
        )
