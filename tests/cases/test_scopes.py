"""A key does what its scopes name, and learns no more than that it was done."""

from models import tables as rows
from rules.access.actions import Scope
from rules.access.viewer import ViewerKind
from tests.graph.asking import Graph
from tests.world import World, at

NOTE = """
mutation ($input: AddNoteInput!) {
  addNote(input: $input) { note { body investigation { evidence { edges { node { title } } } } } userErrors { code } }
}"""


async def test_a_key_that_may_only_write_reads_nothing_by_way_of_a_payload(planned_graph: Graph, world: World) -> None:
    case = await world.case(created_by=world.publisher.user_id)
    await world.evidence(case)
    key = at(world.publisher, kind=ViewerKind.SERVICE, scopes=frozenset({Scope.INVESTIGATION_WRITE}))
    told = await planned_graph.tell(key, NOTE, input={"investigationId": f"INV-{case.id}", "body": "Seen"})
    assert (told.data, told.codes) == ({"addNote": {"note": None, "userErrors": []}}, {})
    assert [note.body for note in await world.all(rows.Note)] == ["Seen"]
