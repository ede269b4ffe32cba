"""Groups: nobody is in one without having agreed, and what two are to each other by themselves goes before it (D11)."""

from typing import Any

from foundation.ids import to_global
from models import tables as rows
from tests.trust.sides import Sides, key, organization
from tests.world import World

GREEN_TRUSTED, GREEN_PUBLIC, GREEN_RESTRICTED = (50, 1, 3), (10, 1, 5), (90, 1, 0)


def all_pairs(right: tuple[int, int, int], *names: str) -> dict[tuple[str, str], tuple[int, int, int]]:
    return {(one, other): right for one in names for other in names if one != other}


async def test_members_are_asked_and_agree_and_a_raised_level_waits_for_all(sides: Sides) -> None:
    ours, theirs = sides.world.publisher, sides.world.stranger
    third = await sides.another("Third")
    made, code = await sides.group(ours, "createTrustGroup", name="Sector", level="TRUSTED", description="Power")
    assert code is None
    id = made["id"]  # noqa: A001

    async def done(who: Any, mutation: str, **given: Any) -> Any:
        told, code = await sides.group(who, mutation, groupId=id, **given)
        assert code is None, (mutation, code)
        return told

    # It is not seen, and cannot be joined, by who was not asked.
    groups = "{ trustGroups { totalCount edges { node { name members { organization { name } isActive } } } } }"
    assert (await sides.graph.ask(theirs, groups))["trustGroups"]["totalCount"] == 0
    assert await sides.group(theirs, "joinTrustGroup", groupId=id) == (None, "ENTITY_NOT_FOUND")
    await done(ours, "inviteToTrustGroup", organizationId=organization(theirs), role="MODERATOR")
    seen = await sides.graph.ask(theirs, groups)
    (edge,) = seen["trustGroups"]["edges"]
    assert sorted(edge["node"]["members"], key=lambda member: str(member["organization"]["name"])) == [
        {"organization": {"name": "Operator"}, "isActive": True},
        {"organization": {"name": "Partner"}, "isActive": False},
    ]
    assert await sides.rights() == {}
    # Who was asked but has not agreed speaks for nobody.
    third_id = organization(third)
    assert await sides.group(theirs, "inviteToTrustGroup", groupId=id, organizationId=third_id) == (None, "FORBIDDEN")
    await done(theirs, "joinTrustGroup")
    assert await sides.rights() == all_pairs(GREEN_TRUSTED, "Operator", "Partner")
    # A moderator asks members in, and gives no more than that.
    as_moderator = {"groupId": id, "organizationId": third_id, "role": "MODERATOR"}
    assert await sides.group(theirs, "inviteToTrustGroup", **as_moderator) == (None, "FORBIDDEN")
    await done(theirs, "inviteToTrustGroup", organizationId=third_id)
    again = {"groupId": id, "organizationId": third_id}
    assert await sides.group(theirs, "inviteToTrustGroup", **again) == (None, "ALREADY_MEMBER")
    await done(third, "joinTrustGroup")
    everybody = ("Operator", "Partner", "Third")
    assert await sides.rights() == all_pairs(GREEN_TRUSTED, *everybody)
    # A higher level waits until each has agreed; a lower one waits for nobody.
    raised = await done(ours, "changeTrustGroup", level="RESTRICTED")
    assert (raised["level"], raised["levelInForce"]) == ({"name": "RESTRICTED"}, {"level": 50})
    await done(theirs, "joinTrustGroup")
    assert await sides.rights() == all_pairs(GREEN_TRUSTED, *everybody)
    raised = await done(third, "joinTrustGroup")
    assert (raised["levelInForce"], await sides.rights()) == ({"level": 90}, all_pairs(GREEN_RESTRICTED, *everybody))
    await done(ours, "changeTrustGroup", level="PUBLIC", name="The sector")
    assert await sides.rights() == all_pairs(GREEN_PUBLIC, *everybody)
    # Its roles, and the last administrator.
    give = {"groupId": id, "organizationId": organization(ours), "role": "MEMBER"}
    assert await sides.group(ours, "changeTrustMember", **give) == (None, "LAST_ADMINISTRATOR")
    assert await sides.group(theirs, "changeTrustMember", **give) == (None, "FORBIDDEN")
    assert await sides.group(theirs, "changeTrustGroup", groupId=id, name="Mine") == (None, "FORBIDDEN")
    remove = {"groupId": id, "organizationId": third_id}
    assert await sides.group(theirs, "leaveTrustGroup", **remove) == (None, "FORBIDDEN")
    await done(ours, "leaveTrustGroup", organizationId=third_id)
    assert await sides.rights() == all_pairs(GREEN_PUBLIC, "Operator", "Partner")
    assert await sides.group(third, "joinTrustGroup", groupId=id) == (None, "ENTITY_NOT_FOUND")
    assert (await sides.graph.ask(third, groups))["trustGroups"]["totalCount"] == 0
    # Who leaves takes nobody's leave: the moderator follows as administrator.
    assert await done(ours, "leaveTrustGroup") is None
    assert await sides.rights() == {}
    left = await done(theirs, "changeTrustGroup", description="")
    assert left["members"] == [
        {"organization": {"name": "Partner"}, "role": "ADMINISTRATOR", "isActive": True, "agreedLevel": "RESTRICTED"}
    ]
    assert await sides.rights() == {}


async def test_what_two_are_to_each_other_goes_before_a_group(sides: Sides) -> None:
    ours, theirs = sides.world.publisher, sides.world.stranger
    made, _ = await sides.group(ours, "createTrustGroup", name="Sector", level="TRUSTED")
    await sides.group(ours, "inviteToTrustGroup", groupId=made["id"], organizationId=organization(theirs))
    await sides.group(theirs, "joinTrustGroup", groupId=made["id"])
    both = all_pairs(GREEN_TRUSTED, "Operator", "Partner")
    to_them, to_us = ("Partner", "Operator"), ("Operator", "Partner")
    # A proposal says nothing yet; refused, neither.
    refused = await sides.propose(ours, theirs, "PUBLIC")
    assert await sides.rights() == both
    await sides.trust(theirs, "answer", relationshipId=refused, approve=False)
    assert await sides.rights() == both
    pair = await sides.agreed(ours, theirs, "PUBLIC")
    assert await sides.rights() == {to_them: (10, 2, 5), to_us: GREEN_TRUSTED}
    # What was in force and is no longer is made up for by no group, in this direction.
    await sides.trust(ours, "change", relationshipId=pair, suspended=True)
    assert await sides.rights() == {to_us: GREEN_TRUSTED}
    await sides.trust(ours, "revoke", relationshipId=pair)
    await sides.group(ours, "leaveTrustGroup", groupId=made["id"])
    assert await sides.rights() == {}
    again = await sides.agreed(ours, theirs, "RESTRICTED")
    assert (again, await sides.rights()) == (pair, {to_them: (90, 2, 0)})


async def test_groups_of_others_are_as_good_as_absent(sides: Sides, world: World) -> None:
    ours, theirs = world.publisher, world.stranger
    one, _ = await sides.group(ours, "createTrustGroup", name="Sector", level="PUBLIC")
    other, code = await sides.group(theirs, "createTrustGroup", name="Sector", level="PUBLIC")
    assert code is None and other["id"] != one["id"]  # a name that is taken would tell of it
    nobody = to_global("TrustGroup", key(organization(ours)))
    before = await world.counts()
    for id in (one["id"], nobody):  # noqa: A001
        for mutation, given in (
            ("changeTrustGroup", {"level": "RESTRICTED"}),
            ("inviteToTrustGroup", {"organizationId": organization(theirs)}),
            ("joinTrustGroup", {}),
            ("leaveTrustGroup", {}),
            ("leaveTrustGroup", {"organizationId": organization(ours)}),
            ("changeTrustMember", {"organizationId": organization(ours), "role": "MEMBER"}),
        ):
            assert await sides.group(theirs, mutation, groupId=id, **given) == (None, "ENTITY_NOT_FOUND")
    for given in ({"organizationId": nobody}, {"organizationId": to_global("Organization", key(one["id"]))}):
        told = await sides.group(ours, "inviteToTrustGroup", groupId=one["id"], **given)
        assert told == (None, "ENTITY_NOT_FOUND")
    assert await world.counts() == {**before, "audit": before["audit"] + 14}
    assert len(await world.all(rows.TrustMember)) == 2
