"""Organisations, kept by their administrators and by who looks after the installation."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import strawberry

from resolvers import organizations
from resolvers.organizations import About
from rules.access.actions import Action
from rules.access.words import OrganizationType
from schema.marks import acts
from schema.naming import key_within
from schema.organizations import Organization
from schema.payloads import KEY_SAYS, UserError, attempt
from schema.planned import Info, planned

_STANDS = "The organisation as it stands now; null when nothing was done."
_ERRORS = "Why nothing was done: NAME_TAKEN, ENTITY_NOT_FOUND or others; empty when it was."
_ID = "The id of the organisation."
_PUBLISHES = "Whether it publishes intelligence. For who looks after the whole installation."
_VERIFIED = "Whether it was checked that it is what it says. For who looks after the whole installation."


@strawberry.input(description="An organisation to be made.")
class CreateOrganizationInput:
    name: str = strawberry.field(description="What it is called: 1 to 200 characters.")
    description: str = strawberry.field(default="", description="What it does, in its own words.")
    domain: str = strawberry.field(default="", description="Its internet domain.")
    type: OrganizationType = strawberry.field(
        default=OrganizationType.PRIVATE, description="What kind of organisation it is."
    )
    contact_email: str = strawberry.field(default="", description="The mail address it is reached by.")
    website: str = strawberry.field(default="", description="Its web address.")
    is_publisher: bool = strawberry.field(default=True, description="Whether it publishes intelligence.")
    is_verified: bool = strawberry.field(default=False, description="Whether it was checked that it is what it says.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="What of an organisation is to change. What is left out or null stays.")
class UpdateOrganizationInput:
    organization_id: strawberry.ID = strawberry.field(description=_ID)
    name: str | None = strawberry.field(
        default=None, description="What it is called. One that was verified is to be verified anew."
    )
    description: str | None = strawberry.field(default=None, description="What it does, in its own words.")
    domain: str | None = strawberry.field(
        default=None, description="Its internet domain. One that was verified is to be verified anew."
    )
    type: OrganizationType | None = strawberry.field(default=None, description="What kind of organisation it is.")
    contact_email: str | None = strawberry.field(
        default=None, description="The mail address it is reached by; empty for none."
    )
    website: str | None = strawberry.field(default=None, description="Its web address; empty for none.")
    is_publisher: bool | None = strawberry.field(default=None, description=_PUBLISHES)
    is_verified: bool | None = strawberry.field(default=None, description=_VERIFIED)
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Which organisation is to be put out.")
class DeactivateOrganizationInput:
    organization_id: strawberry.ID = strawberry.field(description=_ID)
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Which organisation is to be let in again.")
class ReactivateOrganizationInput:
    organization_id: strawberry.ID = strawberry.field(description=_ID)
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.type(description="How making an organisation ended.")
class CreateOrganizationPayload:
    organization: Organization | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How changing an organisation ended.")
class UpdateOrganizationPayload:
    organization: Organization | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How putting an organisation out ended.")
class DeactivateOrganizationPayload:
    organization: Organization | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


@strawberry.type(description="How letting an organisation in again ended.")
class ReactivateOrganizationPayload:
    organization: Organization | None = strawberry.field(description=_STANDS)
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)


P = TypeVar("P")


async def _kept(
    info: Info, payload: Callable[..., P], mutation: str, asked: Any, act: Callable[..., Awaitable[str]], *values: Any
) -> P:
    """The payload of a mutation that answers with the organisation it is about."""
    given = getattr(asked, "organization_id", None)
    named = {} if given is None else {"organization_id": key_within("Organization", given)}
    done = await attempt(
        info.context.operation,
        lambda op: act(op, *values, **named),
        mutation=mutation,
        asked=asked,
        key=asked.client_mutation_key,
    )
    shown = planned(info, Organization, done.result) if done.result else None
    return payload(organization=shown, user_errors=done.user_errors)


def _about(given: CreateOrganizationInput | UpdateOrganizationInput) -> About:
    return About(
        name=given.name,
        description=given.description,
        domain=given.domain,
        type=given.type,
        website=given.website,
        contact_email=given.contact_email,
        is_publisher=given.is_publisher,
        is_verified=given.is_verified,
    )


@strawberry.type(description="Organisations.")
class OrganizationMutations:
    @strawberry.mutation(
        description="Makes an organisation, without people. For who looks after the whole installation.",
        metadata=acts(Action.ORGANIZATION_CREATE),
    )
    async def create_organization(
        self, info: Info, input: Annotated[CreateOrganizationInput, strawberry.argument(description="The new one.")]
    ) -> CreateOrganizationPayload | None:
        act = organizations.create_organization
        return await _kept(info, CreateOrganizationPayload, "createOrganization", input, act, _about(input))

    @strawberry.mutation(
        description="Changes the own organisation. For its administrators; who looks after the whole installation may "
        "change any.",
        metadata=acts(Action.ORGANIZATION_UPDATE),
    )
    async def update_organization(
        self,
        info: Info,
        input: Annotated[UpdateOrganizationInput, strawberry.argument(description="What is to change.")],
    ) -> UpdateOrganizationPayload | None:
        act = organizations.update_organization
        return await _kept(info, UpdateOrganizationPayload, "updateOrganization", input, act, _about(input))

    @strawberry.mutation(
        description="Puts an organisation out: its people are signed out, its keys stop to work, streams close, and "
        "nothing it shared is shown to anybody. For its administrators, and for who looks after the whole "
        "installation; twice is no error.",
        metadata=acts(Action.ORGANIZATION_DEACTIVATE),
    )
    async def deactivate_organization(
        self, info: Info, input: Annotated[DeactivateOrganizationInput, strawberry.argument(description="Which.")]
    ) -> DeactivateOrganizationPayload | None:
        act = organizations.deactivate_organization
        return await _kept(info, DeactivateOrganizationPayload, "deactivateOrganization", input, act)

    @strawberry.mutation(
        description="Lets an organisation in again. What it granted and was granted stays suspended until each is "
        "resumed. For who looks after the whole installation; twice is no error.",
        metadata=acts(Action.ORGANIZATION_REACTIVATE),
    )
    async def reactivate_organization(
        self, info: Info, input: Annotated[ReactivateOrganizationInput, strawberry.argument(description="Which.")]
    ) -> ReactivateOrganizationPayload | None:
        act = organizations.reactivate_organization
        return await _kept(info, ReactivateOrganizationPayload, "reactivateOrganization", input, act)
