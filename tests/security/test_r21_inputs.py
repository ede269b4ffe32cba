"""R21: what the server decides is no input anywhere, and an input that nobody declared is refused or has no effect."""

import re

import pytest
from graphql import GraphQLInputObjectType

from cli.snapshot import served
from models import tables as rows
from tests.graph.asking import SCHEMA, Graph
from tests.world import World

DECIDED_HERE = re.compile(
    r"id|uuid|owner|owner_?id|organization_?id|created.*|updated.*|modified.*|risk.*|confidence|log_?odds|quality.*|version"
    r"|is_?[a-z_]+|verif.*|progress|phase|run|digest|secret|seq|sequence|kind_?of_user|platform.*|expires_?at|superseded"
    r"|session|password_?hash|must_change.*|audit.*|tlp",
    re.IGNORECASE,
)
NAMES_WHAT_IS_MEANT = {
    ("RevokeApiKeyInput", "id"),
    ("RevokeDeviceInput", "id"),
    ("RotateApiKeyInput", "id"),
    # Which organisation is meant; who may say so is the resolver's to ask.
    *(
        (f"{name}Input", "organizationId")
        for name in (
            "ChangeTrustMember",
            "DeactivateOrganization",
            "InviteToTrustGroup",
            "LeaveTrustGroup",
            "ReactivateOrganization",
            "UpdateOrganization",
        )
    ),
    # The source's own word about what it tells.
    *(
        (f"{name}Input", said)
        for name in ("CreateIndicator", "ImportIndicators", "UpdateIndicator")
        for said in ("confidence", "tlp")
    ),
    # The platform's administrators alone (test_organizations.py).
    *((f"{name}OrganizationInput", said) for name in ("Create", "Update") for said in ("isPublisher", "isVerified")),
    ("FeedCredentialsInput", "secret"),  # of the remote server
}
"""An id that says which thing is meant, not which id a thing gets."""


def test_no_input_of_the_graph_is_what_the_server_decides() -> None:
    guilty = {
        (name, field)
        for name, type_ in SCHEMA._schema.type_map.items()
        if isinstance(type_, GraphQLInputObjectType) and not name.endswith("Filter")
        for field in type_.fields
        if DECIDED_HERE.fullmatch(field)
    }
    assert guilty == NAMES_WHAT_IS_MEANT


def test_no_body_of_a_route_is_what_the_server_decides() -> None:
    guilty = {
        (endpoint.path, member)
        for contract in served()
        for endpoint in contract.endpoints
        for member in (endpoint.takes or {}).get("properties", {})
        if DECIDED_HERE.fullmatch(member)
    }
    assert guilty == set()


@pytest.mark.parametrize("member", ["riskScore", "organizationId", "createdBy", "id", "__proto__", "confidence"])
async def test_an_undeclared_member_is_refused_before_anything_runs(world: World, member: str) -> None:
    case, before = await world.case(), await world.counts()
    document = (
        "mutation ($input: UpdateInvestigationInput!) { updateInvestigation(input: $input) { userErrors { code } } }"
    )
    given = {"investigationId": f"INV-{case.id}", "priority": "HIGH", member: "x"}
    told = await Graph(world.house, "planned").tell(world.admin, document, input=given)
    assert (told.data, set(told.codes.values())) == (None, {"BAD_USER_INPUT"})
    assert await world.counts() == before
    assert (await world.all(rows.Investigation))[0].priority == case.priority
