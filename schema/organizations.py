"""Organisations: the tenants."""

from datetime import datetime

import strawberry

from models import tables as rows
from models.reading.filters import among, at_least, contains, equals
from models.reading.origins import Spot
from models.reading.trust import granted_by_viewer, metrics
from rules.access.actions import Action
from rules.access.organizations import shown_contact
from rules.access.words import OrganizationType
from rules.nodes import locate
from rules.own_things import shown_names, shown_networks
from schema import ties
from schema.conditions import condition
from schema.faces import Connection, Node, batch, column, connection, face, one_found, one_of, rule
from schema.identity import global_id
from schema.orders import OrganizationOrder
from schema.people import API_KEY_FILTERS, USER_FILTERS, ApiKeyFilter, UserFilter


@face(rows.Organization)
class Organization(Node):
    """An organisation: it owns what its people and services bring in, and nothing leaves it unless it is shared."""

    id: strawberry.ID = global_id("Organization")
    name: str = column("What it is called.")
    description: str = column("What it does, in its own words.")
    domain: str = column("Its internet domain.")
    networks: list[str] | None = rule(
        shown_networks, "The networks it says are its own, as CIDR; null to others than its own people."
    )
    names: list[str] | None = rule(
        shown_names, "The domains it says are its own, beside its internet domain; null to others than its own people."
    )
    type: OrganizationType = column("What kind of organisation it is.")
    is_publisher: bool = column("Whether it publishes intelligence.")
    is_verified: bool = column("Whether the platform checked that it is what it says.")
    is_active: bool = column("Whether its people may sign in.")
    website: str = column("Its web address.")
    contact_email: str | None = rule(
        shown_contact, "The mail address it is reached by; null to others than its own people."
    )
    trust_from_viewer: ties.TrustRelationship | None = one_found(
        granted_by_viewer,
        "What the viewer's organisation grants it, or proposed to; null: nothing ever.",
        needs=("id",),
    )
    trust_metrics: ties.TrustMetrics | None = batch(
        metrics,
        "What the viewer's organisation learnt of it; null where the two have nothing to do with each other.",
        needs=("id",),
    )
    users: Connection[ties.User] = connection(
        "Its people and services: all of them for its own members; for others only those they meet in a case. Who "
        "asked to join and waits for an answer is shown to its admins.",
        by="organization_id",
        default=("name", False),
        filter=UserFilter,
        filters=USER_FILTERS,
    )
    api_keys: Connection[ties.ApiKey] = connection(
        "Its API keys: all of them for its admins; for its other members those they made; none for others.",
        by="organization_id",
        default=("created_at", True),
        filter=ApiKeyFilter,
        filters=API_KEY_FILTERS,
    )
    created_at: datetime = column("When it was registered.")
    updated_at: datetime = column("When it last changed.")


@strawberry.input(description="Which organisations. What is left out or null is no condition; all must hold.")
class OrganizationFilter:
    search: str | None = condition("Whose name or internet domain contains this text, in upper or lower case.")
    type: list[OrganizationType] | None = condition("Of one of these types.")
    is_publisher: bool | None = condition("That publish intelligence, or do not.")
    is_verified: bool | None = condition("That were checked, or were not.")
    updated_since: datetime | None = condition("Only those that changed at this time or after it.")


ORGANIZATION_FILTERS = {
    "search": contains("name", "domain"),
    "type": among("type"),
    "is_publisher": equals("is_publisher"),
    "is_verified": equals("is_verified"),
    "updated_since": at_least("updated_at"),
}


def locate_organization(id: strawberry.ID) -> Spot | None:
    """Where an organisation is, by its global id."""
    found = locate(id)
    return found if found is not None and found[0] == "Organization" else None


@face(None)
class OrganizationQueries:
    """Reading organisations."""

    organization: Organization | None = one_of(
        locate_organization,
        "One organisation; null when there is none, or none that the viewer may see.",
        argument=True,
        action=Action.GRAPH_READ,
        arguments={"id": "Its global id."},
    )
    organizations: Connection[Organization] | None = connection(
        "The organisations of this installation: trust is proposed to those one can find.",
        order=OrganizationOrder,
        filter=OrganizationFilter,
        filters=ORGANIZATION_FILTERS,
        action=Action.GRAPH_READ,
    )
