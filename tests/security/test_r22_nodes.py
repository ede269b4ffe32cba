"""R22: an id that is wrong, forged, foreign or of another kind gives null: never an error, never a text of ours."""

import pytest
from graphql import get_named_type, is_leaf_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.ids import new_id, to_global
from rules.nodes import NAMED, NUMBERED, locate
from schema.marks import roots
from tests.graph.asking import SCHEMA, Graph
from tests.world import World

FORGED = [
    "", "x", "INV-0", "INV--1", "INV-99999999999999999999", "EV-1 ", "inv-1x", to_global("Investigation", "1e3"),
    to_global("Investigation", " 1"), to_global("Investigation", "01"), to_global("Evidence", -1),
    to_global("Investigation", 2**63 - 1), to_global("Investigation", 2**63), to_global("CaseHistory", 1),
    to_global("Audit", 1), to_global("RefreshToken", new_id()), to_global("User", "' or 1=1 --"), to_global("", ""),
    to_global("User", "\x00"), to_global("Organization", "%"), "💥", "A" * 5000, "=" * 40, "../../etc/passwd",
    "indicator--00000000-0000-4000-8000-000000000000", "INV-1;DROP TABLE investigation", "__proto__:1",
]  # fmt: skip
BY_ID = [
    (name, field)
    for kind, name, field in roots(SCHEMA._schema)
    if kind == "query" and "id" in field.args and not is_leaf_type(get_named_type(field.type))
]


@pytest.mark.parametrize(("name", "field"), BY_ID, ids=[name for name, _ in BY_ID])
async def test_what_names_nothing_is_null(world: World, name: str, field: object) -> None:
    graph = Graph(world.house, "planned")
    await world.case()
    for id_ in [*FORGED, *(to_global(kind, new_id()) for kind in NAMED), *(to_global(kind, 77) for kind in NUMBERED)]:
        told = await graph.tell(world.viewer, f"query ($id: ID!) {{ {name}(id: $id) {{ __typename }} }}", id=id_)
        assert (told.data, told.codes) == ({name: None}, {}), id_


async def test_many_forged_ids_at_once(world: World) -> None:
    graph = Graph(world.house, "planned")
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }"
    assert (await graph.ask(world.viewer, document, ids=FORGED))["nodes"] == [None] * len(FORGED)


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda b: b.decode("latin-1")))
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
def test_no_text_makes_an_id_raise(text: str) -> None:
    found = locate(text)
    assert found is None or found[0] in NAMED | NUMBERED


def test_every_kind_reads_back_what_it_wrote() -> None:
    for kind in NUMBERED:
        assert locate(to_global(kind, 12)) == (kind, 12)
    for kind in NAMED:
        key = new_id()
        assert locate(to_global(kind, key)) == (kind, key)
