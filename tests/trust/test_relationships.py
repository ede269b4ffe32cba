"""A relationship from its proposal to its end, by the graph; and what the other side may see at each step."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from foundation.clock import FixedClock
from foundation.errors import Forbidden
from foundation.ids import to_global
from foundation.times import to_text
from models import tables as rows
from resolvers import relationships
from resolvers.relationships import Terms
from rules.trust_refusals import InvalidTrustLevel
from tests.conftest import NOON
from tests.trust.sides import Sides, key, organization
from tests.world import at
from workers.upkeep import upkeep

# reader, producer: the partner sees of the operator
SEES = ("Partner", "Operator")
PUBLIC, TRUSTED, RESTRICTED = (10, 2, 5), (50, 2, 3), (90, 2, 0)


async def test_a_whole_life(sides: Sides) -> None:
    """Proposed, agreed to, raised, narrowed, put on hold, resumed, taken back, and begun again."""
    ours, theirs = sides.world.publisher, sides.world.stranger
    made, code = await sides.trust(ours, "propose", trusteeId=organization(theirs), level="TRUSTED", approve=False)
    assert (made["status"], made["level"], code) == ("PENDING", {"name": "TRUSTED"}, None)
    id = made["id"]  # noqa: A001

    async def ours_do(mutation: str, **given: Any) -> Any:
        told, code = await sides.trust(ours, mutation, relationshipId=id, **given)
        assert code is None
        return told

    async def theirs_do(mutation: str, **given: Any) -> Any:
        told, code = await sides.trust(theirs, mutation, relationshipId=id, **given)
        assert code is None
        return told

    # Either side may agree first; one alone opens nothing.
    answered = await theirs_do("answer", approve=True)
    assert (answered["status"], answered["approvals"]) == ("PENDING", [{"answer": "PENDING"}, {"answer": "APPROVED"}])
    assert await sides.rights() == {}
    assert (await ours_do("answer", approve=True))["status"] == "ACTIVE"
    assert await sides.rights() == {SEES: TRUSTED}
    await ours_do("change", level="RESTRICTED")
    assert await sides.rights() == {SEES: RESTRICTED}
    await ours_do("change", policy={"requireAnonymization": True, "maxTlp": "GREEN"})
    assert await sides.rights() == {SEES: (90, 1, 2)}
    await ours_do("change", policy={}, level="PUBLIC")
    assert await sides.rights() == {SEES: PUBLIC}
    await ours_do("change", accessLevel="NONE")
    assert await sides.rights() == {}
    await ours_do("change", accessLevel="FULL", metadata={"ticket": 7})
    assert (await ours_do("change", suspended=True))["status"] == "SUSPENDED"
    assert await sides.rights() == {}
    assert (await ours_do("change", suspended=False))["status"] == "ACTIVE"
    assert await sides.rights() == {SEES: PUBLIC}
    assert (await ours_do("revoke"))["status"] == "REVOKED"
    assert (await ours_do("revoke"))["status"] == "REVOKED"  # twice is no error
    assert await sides.rights() == {}
    # The same one begins anew, with both sides asked again.
    anew, _ = await sides.trust(ours, "propose", trusteeId=organization(theirs), level="TRUSTED")
    assert (anew["id"], anew["status"]) == (id, "PENDING")
    assert await sides.rights() == {}
    told = await theirs_do("answer", approve=True)
    assert await sides.rights() == {SEES: TRUSTED}
    assert [line["action"] for line in told["history"]] == [
        "RELATIONSHIP_CREATED", "RELATIONSHIP_APPROVED", "RELATIONSHIP_APPROVED", "RELATIONSHIP_ACTIVATED",
        "TRUST_LEVEL_MODIFIED", "RELATIONSHIP_MODIFIED", "TRUST_LEVEL_MODIFIED", "RELATIONSHIP_MODIFIED",
        "RELATIONSHIP_MODIFIED", "RELATIONSHIP_MODIFIED", "RELATIONSHIP_SUSPENDED", "RELATIONSHIP_ACTIVATED",
        "RELATIONSHIP_REVOKED", "RELATIONSHIP_CREATED", "RELATIONSHIP_APPROVED", "RELATIONSHIP_ACTIVATED",
    ]  # fmt: skip
    # Who agreed may take it back.
    assert (await theirs_do("answer", approve=False))["status"] == "REVOKED"
    assert await sides.rights() == {}
    lines = await sides.world.all(rows.Audit, rows.Audit.outcome == "done")
    assert {line.target for line in lines} == {id} and len(lines) == 15


async def test_who_may_and_what_is_refused(sides: Sides) -> None:
    world, ours, theirs = sides.world, sides.world.publisher, sides.world.stranger
    third = await sides.another("Third")
    whom = organization(theirs)
    id = await sides.propose(ours, theirs)  # noqa: A001
    nowhere, unknown = to_global("TrustRelationship", world.operator.id), to_global("Organization", key(id))
    before = await world.counts()
    refused: list[tuple[Any, str, dict[str, Any], str]] = [
        (world.viewer, "propose", {"trusteeId": whom, "level": "PUBLIC"}, "FORBIDDEN"),
        (ours, "propose", {"trusteeId": whom, "level": "PUBLIC"}, "RELATIONSHIP_EXISTS"),
        (ours, "propose", {"trusteeId": organization(ours), "level": "PUBLIC"}, "VALIDATION_ERROR"),
        (ours, "propose", {"trusteeId": unknown, "level": "PUBLIC"}, "ENTITY_NOT_FOUND"),
        (ours, "propose", {"trusteeId": id, "level": "PUBLIC"}, "ENTITY_NOT_FOUND"),
        (third, "propose", {"trusteeId": whom, "level": "PUBLIC", "validUntil": to_text(NOON)}, "VALIDATION_ERROR"),
        (third, "propose", {"trusteeId": whom, "level": "PUBLIC", "metadata": []}, "VALIDATION_ERROR"),
        (third, "propose", {"trusteeId": whom, "level": "PUBLIC", "policy": {"maxAgeDays": 0}}, "VALIDATION_ERROR"),
        (
            third, "propose", {"trusteeId": whom, "level": "PUBLIC", "policy": {"blockedTypes": ["malwear"]}},
            "VALIDATION_ERROR",
        ),
        (third, "answer", {"relationshipId": id, "approve": True}, "ENTITY_NOT_FOUND"),
        (ours, "answer", {"relationshipId": nowhere, "approve": True}, "ENTITY_NOT_FOUND"),
        (theirs, "change", {"relationshipId": id, "level": "RESTRICTED"}, "FORBIDDEN"),
        (theirs, "revoke", {"relationshipId": id}, "FORBIDDEN"),
        (third, "change", {"relationshipId": id, "level": "RESTRICTED"}, "ENTITY_NOT_FOUND"),
        (third, "revoke", {"relationshipId": id}, "ENTITY_NOT_FOUND"),
        (ours, "change", {"relationshipId": id, "suspended": True}, "TRUST_STATUS"),
        (world.viewer, "answer", {"relationshipId": id, "approve": True}, "FORBIDDEN"),
    ]  # fmt: skip
    for who, mutation, given, code in refused:
        assert await sides.trust(who, mutation, **given) == (None, code), (mutation, given)
    assert await world.counts() == {**before, "audit": before["audit"] + len(refused)}
    assert (await sides.trust(theirs, "answer", relationshipId=id, approve=False))[0]["status"] == "REVOKED"
    for mutation, given in (("answer", {"approve": True}), ("answer", {"approve": False}), ("change", {})):
        assert await sides.trust(ours, mutation, relationshipId=id, **given) == (None, "TRUST_STATUS")
    assert await sides.rights() == {}
    op = world.op()
    with pytest.raises(InvalidTrustLevel):
        await relationships.propose_trust(op, trustee_id=theirs.organization_id, terms=Terms(level="total"))
    with pytest.raises(Forbidden):
        await relationships.propose_trust(
            op, trustor_id=third.organization_id, trustee_id=theirs.organization_id, terms=Terms(level="public")
        )


async def test_two_sides_see_it_and_nobody_else(sides: Sides) -> None:
    ours, theirs = sides.world.publisher, sides.world.stranger
    third = await sides.another("Third")
    to_them = await sides.agreed(ours, theirs)
    to_us = await sides.propose(theirs, ours, "PUBLIC")
    document = """
    query ($other: ID!, $own: ID!, $filter: TrustFilter) {
      trustRelationships(filter: $filter) { totalCount edges { node { id history { organization { name } } } } }
      other: organization(id: $other) { trustFromViewer { id trustor { name } trustee { name } } }
      own: organization(id: $own) { trustFromViewer { id } }
      organizations { edges { node { name trustFromViewer { level { level } } } } }
    }"""

    async def asked(who: Any, other: Any, **conditions: Any) -> Any:
        for_all = [
            await type(sides.graph)(sides.world.house, reading).ask(
                who, document, other=organization(other), own=organization(who), filter=conditions
            )
            for reading in ("planned", "plain", "reference")
        ]
        assert for_all[0] == for_all[1] == for_all[2]
        return for_all[0]

    seen = await asked(ours, theirs)
    assert {edge["node"]["id"] for edge in seen["trustRelationships"]["edges"]} == {to_them, to_us}
    assert seen["other"]["trustFromViewer"] == {
        "id": to_them, "trustor": {"name": "Operator"}, "trustee": {"name": "Partner"},
    }  # fmt: skip
    assert seen["own"] == {"trustFromViewer": None}
    assert [edge["node"] for edge in seen["organizations"]["edges"]] == [
        {"name": "Operator", "trustFromViewer": None},
        {"name": "Partner", "trustFromViewer": {"level": {"level": 50}}},
        {"name": "Third", "trustFromViewer": None},
    ]
    one = await asked(ours, theirs, trusteeId=organization(ours), status=["PENDING"], level=["PUBLIC"])
    assert [edge["node"]["id"] for edge in one["trustRelationships"]["edges"]] == [to_us]
    later = await asked(ours, theirs, updatedSince=to_text(NOON + timedelta(seconds=1)))
    assert later["trustRelationships"]["totalCount"] == 0
    none = await asked(third, theirs)
    assert (none["trustRelationships"]["totalCount"], none["other"]["trustFromViewer"]) == (0, None)
    nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert await sides.graph.ask(third, nodes, ids=[to_them, to_us]) == {"nodes": [None, None]}


async def test_it_begins_and_ends_at_the_moment_it_says(sides: Sides, clock: FixedClock) -> None:
    """No round of upkeep runs here: who reads first carries out what is due."""
    ours, theirs = sides.world.publisher, sides.world.stranger
    begins, ends = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    id = await sides.agreed(ours, theirs, validFrom=to_text(begins), validUntil=to_text(ends))  # noqa: A001
    status = "query ($id: ID!) { trustRelationship(id: $id) { status history { action } } }"
    steps = [
        (begins - timedelta(microseconds=1), "ACTIVE", {}),
        (begins, "ACTIVE", {SEES: TRUSTED}),
        (ends - timedelta(microseconds=1), "ACTIVE", {SEES: TRUSTED}),
        (ends, "EXPIRED", {}),
    ]
    for moment, stands, rights in steps:
        clock.at = moment
        seen = await sides.graph.ask(theirs, status, id=id)
        assert (seen["trustRelationship"]["status"], await sides.rights()) == (stands, rights)
    assert [line["action"] for line in seen["trustRelationship"]["history"]][-2:] == [
        "RELATIONSHIP_ACTIVATED", "RELATIONSHIP_EXPIRED",
    ]  # fmt: skip
    # Another process knows by a look, and an end that was put off is no end.
    anew = await sides.agreed(ours, theirs, validUntil=to_text(ends + timedelta(hours=1)))
    await sides.trust(ours, "change", relationshipId=anew, validUntil=None)
    clock.at = ends + timedelta(hours=2)
    sides.world.house.look(None)
    assert (await sides.graph.ask(theirs, status, id=id))["trustRelationship"]["status"] == "ACTIVE"
    assert await sides.rights() == {SEES: TRUSTED}
    # Where nobody reads, upkeep does it.
    await sides.trust(ours, "change", relationshipId=anew, validUntil=to_text(clock.at + timedelta(hours=1)))
    clock.forward(hours=1)
    assert await sides.rights() == {SEES: TRUSTED}
    async with upkeep(sides.world.house, working=False):
        assert await sides.rights() == {}
    turns = await sides.world.all(rows.Audit, rows.Audit.actor_name == "engine")
    assert [(line.action, line.target, line.organization_id) for line in turns] == [
        ("trust.turn", id, ours.organization_id)
    ] * 3


async def test_of_two_who_propose_at_once_one_is_told_that_it_exists(sides: Sides) -> None:
    ours, theirs = sides.world.publisher, sides.world.stranger
    given = {"trusteeId": organization(theirs), "level": "TRUSTED"}
    told = await asyncio.gather(*(sides.trust(who, "propose", **given) for who in (ours, sides.world.admin, ours)))
    assert sorted(str(code) for _, code in told) == ["None", "RELATIONSHIP_EXISTS", "RELATIONSHIP_EXISTS"]
    assert len(await sides.world.all(rows.TrustRelationship)) == len(await sides.world.all(rows.TrustEvent)) == 1


async def test_an_answer_and_its_end_at_once_leave_nothing_open(sides: Sides) -> None:
    ours, theirs = sides.world.publisher, sides.world.stranger
    for _ in range(4):
        id = await sides.propose(ours, theirs)  # noqa: A001
        (_, answered), (ended, code) = await asyncio.gather(
            sides.trust(theirs, "answer", relationshipId=id, approve=True),
            sides.trust(ours, "revoke", relationshipId=id),
        )
        assert (ended["status"], code) == ("REVOKED", None) and answered in (None, "TRUST_STATUS")
        assert await sides.rights() == {}


async def test_a_repeated_request_is_told_what_the_first_one_was(sides: Sides) -> None:
    ours, theirs = sides.world.publisher, sides.world.stranger
    given = {"trusteeId": organization(theirs), "level": "TRUSTED", "clientMutationKey": "once"}
    first, again = await sides.trust(ours, "propose", **given), await sides.trust(ours, "propose", **given)
    assert first == again and first[1] is None
    assert await sides.trust(ours, "propose", **{**given, "level": "PUBLIC"}) == (None, "VALIDATION_ERROR")
    assert await sides.trust(at(ours, scopes=frozenset()), "propose", **given) == (None, "FORBIDDEN")
