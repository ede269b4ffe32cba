"""Organisations are made, kept, put out and let in again; and what becomes of trust meanwhile."""

from typing import Any

from foundation.ids import to_global
from models import tables as rows
from resolvers.indicators import import_stix
from tests.intelligence.objects import bundle, indicator
from tests.security.callers import session_of
from tests.trust.sides import Sides, key, organization, platform

SHOWN = "organization { name domain type website contactEmail isPublisher isVerified isActive }"


async def test_they_are_made_and_kept(sides: Sides) -> None:
    world, root = sides.world, platform(sides.world)

    async def told(who: Any, mutation: str, **given: Any) -> Any:
        return await sides.tell(who, f"{mutation}Organization", SHOWN, **given)

    given = {"name": "Bank", "domain": "Bank.Example.", "type": "GOVERNMENT", "website": "https://bank.example/x"}
    made, code = await told(root, "create", **given, contactEmail="soc@bank.example", isVerified=True)
    assert (made, code) == (
        {
            "name": "Bank", "domain": "bank.example", "type": "GOVERNMENT", "website": "https://bank.example/x",
            "contactEmail": "soc@bank.example",
            "isPublisher": True, "isVerified": True, "isActive": True,
        },
        None,
    )  # fmt: skip
    (stored,) = await world.all(rows.Organization, rows.Organization.name == "Bank")
    assert "soc" not in stored.contact_email
    read = "query ($id: ID!) { organization(id: $id) { contactEmail } }"
    bank = to_global("Organization", stored.id)
    seen = (await sides.graph.ask(world.viewer, read, id=bank))["organization"]
    assert seen == {"contactEmail": None}
    own = organization(world.admin)
    before = await world.counts()
    refused: list[tuple[Any, str, dict[str, Any], str]] = [
        (world.admin, "create", {"name": "Mine"}, "FORBIDDEN"),
        (root, "create", {"name": "bank"}, "NAME_TAKEN"),
        (root, "create", {"name": ""}, "VALIDATION_ERROR"),
        (root, "create", {"name": "B", "domain": "no domain"}, "VALIDATION_ERROR"),
        (root, "create", {"name": "B", "website": "javascript:alert(1)"}, "VALIDATION_ERROR"),
        (root, "create", {"name": "B", "contactEmail": "nobody"}, "VALIDATION_ERROR"),
        (world.publisher, "update", {"organizationId": own, "name": "Ours"}, "FORBIDDEN"),
        (world.admin, "update", {"organizationId": own, "name": "BANK"}, "NAME_TAKEN"),
        (world.admin, "update", {"organizationId": own, "isVerified": True}, "FORBIDDEN"),
        (world.admin, "update", {"organizationId": bank, "name": "Ours"}, "ENTITY_NOT_FOUND"),
        (world.admin, "update", {"organizationId": to_global("Organization", key(own)[::-1])}, "ENTITY_NOT_FOUND"),
        (world.admin, "deactivate", {"organizationId": bank}, "ENTITY_NOT_FOUND"),
        (world.admin, "reactivate", {"organizationId": own}, "FORBIDDEN"),
    ]
    for who, mutation, input_, code in refused:
        assert await told(who, mutation, **input_) == (None, code), (mutation, input_)
    assert await world.counts() == {**before, "audit": before["audit"] + len(refused)}
    # What was verified is the name and the domain.
    await told(root, "update", organizationId=own, isVerified=True, isPublisher=False)
    changed, _ = await told(world.admin, "update", organizationId=own, description="CERT", contactEmail="a@b.example")
    assert (changed["isVerified"], changed["contactEmail"]) == (True, "a@b.example")
    # What it calls its own decides what is masked in what it shares: that is found out anew.
    await import_stix(world.op(), bundle=bundle(indicator(1)))
    await told(world.admin, "update", organizationId=own, domain="ours.example")
    assert [(o.is_due, o.form_from) for o in await world.all(rows.StixObject)] == [(True, 0)]
    renamed, _ = await told(world.admin, "update", organizationId=own, name="Operators", contactEmail="")
    assert (renamed["name"], renamed["isVerified"], renamed["isPublisher"], renamed["contactEmail"]) == (
        "Operators", False, False, None,
    )  # fmt: skip


async def test_who_is_put_out_shows_and_sees_nothing(sides: Sides) -> None:
    world, ours, theirs = sides.world, sides.world.publisher, sides.world.stranger
    third = await sides.another("Third")
    to_them, to_us = await sides.agreed(ours, theirs), await sides.agreed(theirs, ours, "PUBLIC")
    waiting = await sides.propose(third, theirs)
    group, _ = await sides.group(theirs, "createTrustGroup", name="Sector", level="TRUSTED")
    for one in (third, ours):
        await sides.group(theirs, "inviteToTrustGroup", groupId=group["id"], organizationId=organization(one))
    await sides.group(third, "joinTrustGroup", groupId=group["id"])
    (person,) = await world.all(rows.User, rows.User.id == theirs.user_id)
    await session_of(world.house, person)
    assert len(await sides.rights()) == 4
    root = platform(world)
    for _ in range(2):  # twice is no error
        told, code = await sides.tell(
            root, "deactivateOrganization", "organization { isActive }", organizationId=organization(theirs)
        )
        assert (told, code) == ({"isActive": False}, None)
    assert await sides.rights() == {}
    stands = {to_global("TrustRelationship", r.id): r.status for r in await world.all(rows.TrustRelationship)}
    assert stands == {to_them: "suspended", to_us: "suspended", waiting: "revoked"}
    assert [row.end_reason for row in await world.all(rows.LoginSession)] == ["organization_disabled"]
    document = "query ($id: ID!) { organization(id: $id) { name } trustGroups { edges { node { members { role } } } } }"
    seen = await sides.graph.ask(third, document, id=organization(theirs))
    # The one who is left has it; who was asked may still join.
    assert seen["organization"] is None
    members = seen["trustGroups"]["edges"][0]["node"]["members"]
    assert sorted(member["role"] for member in members) == ["ADMINISTRATOR", "MEMBER"]
    propose = {"trusteeId": organization(theirs), "level": "PUBLIC"}
    assert await sides.trust(third, "propose", **propose) == (None, "ENTITY_NOT_FOUND")
    resume = {"relationshipId": to_them, "suspended": False}
    assert await sides.trust(ours, "change", **resume) == (None, "ENTITY_NOT_FOUND")
    await sides.tell(root, "reactivateOrganization", "organization { isActive }", organizationId=organization(theirs))
    assert await sides.rights() == {}  # nothing comes back by itself
    assert (await sides.trust(ours, "change", **resume))[0]["status"] == "ACTIVE"
    assert await sides.rights() == {("Partner", "Operator"): (50, 2, 3)}
