"""R38: what each act leaves in the audit trail. The mutations and roots are read off the schema, the routes off the
router, so a new one falls under these tests on the day it is built."""

from typing import Any

import pytest

from foundation.errors import TooMany
from foundation.ids import to_global
from models import tables as rows
from resolvers.operation import Operation
from rules.access.actions import TABLE, Action, Grant, is_administrative, may
from rules.access.viewer import Viewer
from schema.marks import action_of, roots
from tests.graph.asking import SCHEMA, Context, Graph
from tests.security.callers import caller
from tests.security.samples import call
from tests.world import World, at

MUTATIONS = {name: definition for kind, name, definition in roots(SCHEMA._schema) if kind == "mutation"}
QUERIES = {name: definition for kind, name, definition in roots(SCHEMA._schema) if kind == "query"}
OWNED = {name: d for name, d in MUTATIONS.items() if TABLE[action_of(d) or Action.SIGN_IN][0] is not Grant.ANYONE}
"""Mutations of somebody who is signed in; what a stranger may send has tests of its own in tests/identity."""
NAMELESS = {Action.ACTIVITY_INGEST, Action.STIX_IMPORT}  # they touch many things at once, and say how many


async def told(world: World, viewer: Viewer, document: str, variables: dict[str, Any]) -> tuple[str | None, Any]:
    """(the code of the refusal, or None; the answer)."""
    context = Context(Operation(world.house, viewer, request_id="r-38", client="192.0.2.1"), "planned")
    answer = await SCHEMA.execute(document, variables, context)
    codes = [str((error.extensions or {}).get("errorCode")) for error in answer.errors or ()]
    return (codes[0] if codes else None), answer


async def lines(world: World) -> list[tuple[Any, ...]]:
    return [
        (e.actor_id, e.organization_id, e.action, e.outcome, e.target, e.details.get("code"), e.request_id)
        for e in await world.all(rows.Audit)
    ]


async def real_ids(world: World) -> dict[str, str]:
    """Something of each kind that a mutation may name: new ones each time."""
    case = await world.case(entity_value=f"host-{len(await world.all(rows.Investigation))}.example")
    piece = await world.evidence(case)
    return {
        "Investigation": to_global("Investigation", case.id or 0),
        "Evidence": to_global("Evidence", piece.id or 0),
        "User": to_global("User", world.viewer.user_id),
        "Organization": to_global("Organization", world.partner.id),
    }


def with_errors(document: str) -> str:
    return document.replace("{ __typename }", "{ userErrors { code } }")


async def test_a_mutation_leaves_one_line_that_says_how_it_ended(world: World) -> None:
    done = set()
    for name, definition in OWNED.items():
        action, before = action_of(definition), len(await lines(world))
        assert action is not None
        platform = TABLE[action][0] is Grant.PLATFORM_ADMIN
        who = (await caller(world, "platform admin" if platform else "admin")).viewer
        document, variables = call("mutation", name, definition, await real_ids(world))
        code, answer = await told(world, who, with_errors(document), variables)
        if answer.data and answer.data[name]:
            code = next((error["code"] for error in answer.data[name]["userErrors"]), code)
        (line,) = (await lines(world))[before:]
        assert line[:4] == (who.user_id, who.organization_id, str(action), "refused" if code else "done"), name
        assert line[5:] == (code, "r-38"), name
        if code is None:
            assert line[4] or action in NAMELESS, f"{name} names what it touched"
            done.add(name)
    assert {"createInvestigation", "addEvidence", "createApiKey", "logout"} <= done


async def test_a_mutation_that_names_what_is_not_there_leaves_its_refusal(world: World) -> None:
    who = (await caller(world, "platform admin")).viewer
    tried = 0
    for name, definition in OWNED.items():
        document, variables = call("mutation", name, definition)
        if "id" not in str(variables).lower():
            continue
        before, tried = len(await lines(world)), tried + 1
        await told(world, who, document, variables)
        (line,) = (await lines(world))[before:]
        assert (line[0], line[2]) == (who.user_id, str(action_of(definition))), name
    assert tried >= 10


async def test_who_may_not_leaves_a_refusal_and_nothing_else(world: World) -> None:
    ids = await real_ids(world)
    who = (await caller(world, "key read")).viewer
    for name, definition in OWNED.items():
        action = action_of(definition)
        assert action is not None and not may(who, action)
        before, counted = len(await lines(world)), await world.counts()
        await told(world, who, *call("mutation", name, definition, ids))
        assert await world.counts() == {**counted, "audit": counted["audit"] + 1}, name
        ((actor, owner, *line),) = (await lines(world))[before:]
        assert (actor, owner) == (who.user_id, who.organization_id)
        assert [*line[:2], *line[3:]] == [str(action), "refused", "FORBIDDEN", "r-38"], name


@pytest.mark.parametrize("reading", ["planned", "reference"])
async def test_a_read_that_is_refused_is_written_down(world: World, reading: str) -> None:
    who = (await caller(world, "key activity:write")).viewer
    for name, definition in QUERIES.items():
        context = Context(Operation(world.house, who, request_id="r-38"), reading)
        answer = await SCHEMA.execute(*call("query", name, definition), context)
        assert answer.errors, name
    assert [(line[0], *line[2:6]) for line in await lines(world)] == [
        (who.user_id, str(action_of(definition)), "refused", None, "FORBIDDEN") for definition in QUERIES.values()
    ]


@pytest.mark.parametrize("reading", ["planned", "reference"])
async def test_what_only_administrators_read_is_written_down_and_other_reads_are_not(
    world: World, reading: str
) -> None:
    who = (await caller(world, "platform admin")).viewer
    for name, definition in QUERIES.items():
        action, before = action_of(definition), len(await lines(world))
        assert action is not None
        context = Context(Operation(world.house, who, request_id="r-38"), reading)
        document, variables = call("query", name, definition)
        answer = await SCHEMA.execute(document.replace("__typename", first_of(definition)), variables, context)
        new = (await world.all(rows.Audit))[before:]
        expected = [(str(action), "done", name)] if is_administrative(action) and not answer.errors else []
        assert [(e.action, e.outcome, e.details.get("field")) for e in new] == expected, name
    assert is_administrative(Action.AUDIT_READ)


def first_of(definition: Any) -> str:
    """Something to ask a root for that makes it read."""
    type_ = getattr(definition.type, "of_type", definition.type)
    return "edges { cursor }" if "edges" in getattr(type_, "fields", {}) else "__typename"


async def test_one_who_asks_too_often_does_not_make_us_write(world: World) -> None:
    with pytest.raises(TooMany):
        async with world.op().write(Action.NOTE_ADD):
            raise TooMany(retry_after_s=9)
    assert await lines(world) == []


async def test_a_retried_mutation_is_one_act(world: World) -> None:
    case = await world.case()
    graph = Graph(world.house, "planned")
    document = (
        'mutation($id: ID!) { updateInvestigation(input: {investigationId: $id, notes: "once", '
        'clientMutationKey: "k"}) { userErrors { code } } }'
    )
    for _ in range(3):
        await graph.ask(world.publisher, document, id=f"INV-{case.id}")
    assert [line[2:5] for line in await lines(world)] == [("investigation.update", "done", f"INV-{case.id}")]


async def test_two_refusals_of_one_request_are_two_lines(world: World) -> None:
    graph = Graph(world.house, "planned")
    document = """mutation {
      one: archiveInvestigation(input: {investigationId: "INV-404", reason: "none"}) { userErrors { code } }
      two: verifyEvidence(input: {evidenceId: "EV-404", status: VERIFIED, reason: "none"}) { userErrors { code } }
    }"""
    await graph.ask(at(world.publisher), document)
    assert [line[2:4] for line in await lines(world)] == [
        ("investigation.archive", "refused"),
        ("evidence.verify", "refused"),
    ]
