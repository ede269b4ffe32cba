"""R15: one object is loaded, permitted and written: an id of another kind, or a part of another case, is not found."""

from typing import Any

import pytest
from graphql import is_non_null_type

from foundation.ids import to_global
from models import tables as rows
from schema.marks import roots
from tests.cases.documents import RECORD, VERIFY
from tests.graph.asking import SCHEMA, Graph
from tests.security.samples import call, kind_of
from tests.world import World, at


def ids_in(field: Any) -> list[str]:
    """The required members of a mutation's input that are ids."""
    members = field.args["input"].type.of_type.fields.items() if "input" in field.args else ()
    return [name for name, one in members if is_non_null_type(one.type) and str(one.type) == "ID!"]


WRITES = [(n, field, ids_in(field)) for kind, n, field in roots(SCHEMA._schema) if kind == "mutation" and ids_in(field)]


@pytest.mark.parametrize(("name", "field", "members"), WRITES, ids=[name for name, _, _ in WRITES])
async def test_an_id_of_another_kind_names_nothing(world: World, name: str, field: Any, members: list[str]) -> None:
    """The number of a case is a number of evidence too; what it is the number of is part of the id."""
    case = await world.case()
    await world.evidence(case)
    document, variables = call("mutation", name, field)
    document = document.replace("{ __typename }", "{ userErrors { code } }")
    for member in members:
        wrong = "Evidence" if kind_of(member, name) == "Investigation" else "Investigation"
        variables["input"][member] = to_global(wrong, case.id or 0)
    platform = at(world.admin, is_platform_admin=True)
    before = await world.counts()
    told = await Graph(world.house, "planned").tell(platform, document, **variables)
    said = [error["code"] for error in ((told.data or {}).get(name) or {}).get("userErrors", [])]
    assert len(said) + len(told.codes) == 1, told
    assert all("NOT_FOUND" in code or code == "VALIDATION_ERROR" for code in [*said, *told.codes.values()]), told
    after = await world.counts()
    assert {**after, "audit": before["audit"]} == before


async def test_evidence_of_another_case_is_not_found_in_this_one(world: World) -> None:
    this, other = await world.case(), await world.case(entity_value="198.51.100.1")
    piece = await world.evidence(other)
    foreign = await world.evidence(await world.case(world.stranger))
    graph, before = Graph(world.house, "planned"), await world.counts()
    for one in (piece, foreign):
        ref = f"EV-{one.id}"
        verify = {"evidenceId": ref, "status": "VERIFIED", "reason": "x", "investigationId": f"INV-{this.id}"}
        record = {"investigationId": f"INV-{this.id}", "action": "TOOL_CALL", "summary": "x", "evidence": [ref]}
        for document, given in ((VERIFY, verify), (RECORD, record)):
            told = await graph.tell(world.publisher, document, input=given)
            assert str(told.data).count("EVIDENCE_NOT_FOUND") == 1, told
    assert await world.counts() == {**before, "audit": before["audit"] + 4}
    assert {row.verification_status for row in await world.all(rows.Evidence)} == {"unverified"}
