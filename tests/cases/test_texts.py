"""What characters a text may hold, through the graph."""

from typing import Any

import pytest

from models import tables as rows
from tests.cases.documents import ADD_EVIDENCE, ADD_NOTE, CREATE, RECORD, draft, errors_of
from tests.graph.asking import Graph
from tests.world import World

EVIDENCE = {"domain": "NETWORK", "title": "Seen", "description": "", "strength": 0.7, "source": "agent"}
NOT_IN_A_LINE = ["a\nb", "a\tb", "a\u0007b", "a\u0085b", "a\u2028b", "a\u202eb", "a\u2066b"]


@pytest.mark.parametrize("text", NOT_IN_A_LINE, ids=ascii)
async def test_titles_names_and_values_are_one_plain_line(planned_graph: Graph, world: World, text: str) -> None:
    case = await world.case()
    about: dict[str, Any] = {"investigationId": f"INV-{case.id}"}
    entry = {"action": "TOOL_CALL", "summary": "x"}
    for document, input_, field in (
        (ADD_EVIDENCE, {**about, **EVIDENCE, "title": text}, "title"),
        (ADD_EVIDENCE, {**about, **EVIDENCE, "source": text}, "source"),
        (RECORD, {**about, **entry, "actorName": text}, "actorName"),
        (CREATE, draft(entity={"type": "USER", "value": text}), "entity.value"),
    ):
        errors = await errors_of(planned_graph, world.publisher, document, **input_)
        assert [(error["field"], error["code"]) for error in errors] == [(field, "VALIDATION_ERROR")]
    assert (await world.counts())["evidence"] == 0


@pytest.mark.parametrize("character", ["\u0000", "\u0007", "\u001b", "\r", "\u007f", "\u009b"], ids=ascii)
async def test_texts_hold_no_control_characters(planned_graph: Graph, world: World, character: str) -> None:
    case = await world.case()
    body = {"investigationId": f"INV-{case.id}", "body": f"a{character}b"}
    errors = await errors_of(planned_graph, world.publisher, ADD_NOTE, **body)
    assert [(error["field"], error["code"]) for error in errors] == [("body", "VALIDATION_ERROR")]


async def test_texts_keep_their_lines_and_names_their_script(planned_graph: Graph, world: World) -> None:
    case = await world.case()
    about = {"investigationId": f"INV-{case.id}"}
    for body in ("One\r\ntwo\n\tthree", "שלום \u202bעולם\u202c"):
        told = await planned_graph.ask(world.publisher, ADD_NOTE, input={**about, "body": body})
        assert told["addNote"]["userErrors"] == []
    assert [note.body for note in await world.all(rows.Note)] == ["One\ntwo\n\tthree", "שלום \u202bעולם\u202c"]
    told = await planned_graph.ask(world.publisher, ADD_EVIDENCE, input={**about, **EVIDENCE, "title": "מחשב\u200f 7"})
    assert told["addEvidence"]["evidence"]["title"] == "מחשב\u200f 7"
