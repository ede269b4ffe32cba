"""What an organisation says is its own."""

from typing import Annotated

import strawberry

from resolvers.own_things import declare_own_things
from rules.access.actions import Action
from schema.marks import acts
from schema.organizations import Organization
from schema.payloads import KEY_SAYS, UserError, attempt
from schema.planned import Info, planned


@strawberry.input(description="What is the own organisation's. What is left out or null stays as it was.")
class DeclareOwnThingsInput:
    networks: list[str] | None = strawberry.field(
        default=None,
        description="All of its networks on the internet, as CIDR: at most 200, none wider than a /8 (IPv6: /16). "
        "Addresses that no stranger could have, such as 10.0.0.0/8, need not be named.",
    )
    names: list[str] | None = strawberry.field(
        default=None,
        description="All of its internet domains beside the one it is registered with: at most 200. Hosts below them "
        "and mailboxes at them are its own too.",
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.type(description="How saying what is one's own ended.")
class DeclareOwnThingsPayload:
    organization: Organization | None = strawberry.field(
        description="The organisation as it stands now; null when nothing was done."
    )
    user_errors: list[UserError] = strawberry.field(description="Why nothing was done; empty when it was.")


@strawberry.type(description="What an organisation says is its own.")
class OwnThingsMutations:
    @strawberry.mutation(
        description="Says which networks and names are the own organisation's. In what it shares they are shown less "
        "exactly than the adversary's, or not at all; what was shared before is looked through within seconds.",
        metadata=acts(Action.ORGANIZATION_DECLARE),
    )
    async def declare_own_things(
        self, info: Info, input: Annotated[DeclareOwnThingsInput, strawberry.argument(description="What is its own.")]
    ) -> DeclareOwnThingsPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: declare_own_things(op, networks=input.networks, names=input.names),
            mutation="declareOwnThings",
            asked=input,
            key=input.client_mutation_key,
        )
        shown = planned(info, Organization, done.result) if done.result else None
        return DeclareOwnThingsPayload(organization=shown, user_errors=done.user_errors)
