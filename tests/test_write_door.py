"""The write door: all of it or nothing, each key once, numbers without a hole."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from foundation.errors import Forbidden, InvalidInput, Unauthenticated
from models import tables as rows
from models.unit import KeyReused
from models.walls import EVERYTHING
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.access.viewer import ANONYMOUS
from tests.world import World


@dataclass(frozen=True)
class Happened:
    investigation: int
    to: tuple[str, ...]
    kind: str = "INVESTIGATION_PROGRESSED"

    def streams(self) -> tuple[str, ...]:
        return self.to

    def data(self) -> dict[str, Any]:
        return {"investigation_id": self.investigation}


def remark(case: rows.Investigation, words: str, now: datetime) -> rows.Note:
    return rows.Note(investigation_id=case.id, organization_id=case.organization_id, body=words, created_at=now)


async def note(
    op: Operation, case: rows.Investigation, words: str, streams: tuple[str, ...] = ("inv:1",)
) -> dict[str, str]:
    async with op.write(Action.NOTE_ADD, target="INV-1") as door:
        door.add(remark(case, words, door.now))
        door.announce(Happened(1, streams))
        door.answer({"said": words})
    return {"said": words}


async def test_one_write_leaves_row_audit_and_numbered_events(world: World) -> None:
    case = await world.case()
    await note(world.op(), case, "first", ("org:b", "inv:1"))
    await note(world.op(), case, "second", ("inv:1",))
    assert [(e.stream, e.seq, e.kind, e.data) for e in await world.all(rows.Event)] == [
        ("inv:1", 1, "INVESTIGATION_PROGRESSED", {"investigation_id": 1}),
        ("inv:1", 2, "INVESTIGATION_PROGRESSED", {"investigation_id": 1}),
        ("org:b", 1, "INVESTIGATION_PROGRESSED", {"investigation_id": 1}),
    ]
    assert {s.key: (s.head, s.low) for s in await world.all(rows.Stream)} == {"inv:1": (2, 0), "org:b": (1, 0)}
    line = (await world.all(rows.Audit))[0]
    assert (line.action, line.outcome, line.target, line.actor_id, line.request_id, line.at) == (
        "note.add", "done", "INV-1", world.publisher.user_id, "test-request", world.house.clock.now(),
    )  # fmt: skip
    assert world.house.wake.called == [["inv:1", "org:b"], ["inv:1"]]  # type: ignore[attr-defined]


async def test_a_failure_leaves_nothing(world: World) -> None:
    case = await world.case()
    before = await world.counts()
    with pytest.raises(ZeroDivisionError):
        async with world.op().write(Action.NOTE_ADD) as door:
            door.add(
                rows.Note(investigation_id=case.id, organization_id=case.organization_id, body="x", created_at=door.now)
            )
            door.announce(Happened(1, ("inv:1",)))
            raise ZeroDivisionError
    assert await world.counts() == before
    await note(world.op(), case, "after")


async def test_a_refusal_leaves_only_its_own_audit_line(world: World) -> None:
    before = await world.counts()
    with pytest.raises(InvalidInput):
        async with world.op().write(Action.NOTE_ADD, target="INV-9") as door:
            door.announce(Happened(1, ("inv:1",)))
            raise InvalidInput(field="text")
    assert await world.counts() == before | {"audit": before["audit"] + 1}
    line = (await world.all(rows.Audit))[-1]
    assert (line.outcome, line.target, line.details) == ("refused", "INV-9", {"code": "VALIDATION_ERROR"})


async def test_the_gate_denies_by_default(world: World) -> None:
    case = await world.case()
    with pytest.raises(Forbidden):
        await note(world.op(world.viewer), case, "no")
    with pytest.raises(Unauthenticated):
        await note(world.op(ANONYMOUS), case, "no")
    assert await world.all(rows.Note) == []


async def test_concurrent_twins_of_a_key_act_once(world: World) -> None:
    case = await world.case()
    answers = await asyncio.gather(
        *(world.op().once("user:k", "print", lambda op: note(op, case, "once")) for _ in range(8))
    )
    assert answers == [{"said": "once"}] * 8
    assert len(await world.all(rows.Note)) == 1
    assert len(await world.all(rows.Event)) == 1
    with pytest.raises(KeyReused):
        await world.op().once("user:k", "another", lambda op: note(op, case, "once"))


async def test_a_refusal_frees_the_key(world: World) -> None:
    case = await world.case()

    async def refuse(op: Operation) -> None:
        async with op.write(Action.NOTE_ADD):
            raise InvalidInput

    with pytest.raises(InvalidInput):
        await world.op().once("user:k", "print", refuse)
    assert await world.op().once("user:k", "print", lambda op: note(op, case, "now")) == {"said": "now"}


async def test_a_door_inside_a_door_is_an_error(world: World) -> None:
    async with world.op().read(Action.GRAPH_READ):
        with pytest.raises(RuntimeError, match="one door at a time"):
            async with world.op().read(Action.GRAPH_READ):
                pass


async def test_a_cancelled_write_is_all_or_nothing_and_the_writer_lives(world: World) -> None:
    case = await world.case()
    for turns in (0, 1, 2, 4, 8, 16, 32, 64):
        task = asyncio.ensure_future(note(world.op(), case, f"turn {turns}"))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await note(world.op(), case, "last")
    notes, events = await world.all(rows.Note), await world.all(rows.Event)
    assert len(notes) == len(events) == (await world.all(rows.Stream))[0].head
    assert [e.seq for e in events] == list(range(1, len(events) + 1))


async def test_sixteen_writers_number_without_a_hole(world: World) -> None:
    case = await world.case()
    await asyncio.gather(
        *(note(world.op(), case, f"{n}", ("inv:1", f"org:{n % 3}") if n % 2 else ("org:0", "inv:1")) for n in range(16))
    )
    for stream in await world.all(rows.Stream):
        numbers = [e.seq for e in await world.all(rows.Event) if e.stream == stream.key]
        assert numbers == list(range(1, stream.head + 1))


async def test_the_audit_trail_refuses_change(world: World) -> None:
    await note(world.op(), await world.case(), "x")
    for statement in ("UPDATE audit SET action = 'other'", "DELETE FROM audit"):
        with pytest.raises(Exception, match="audit rows are never changed"):
            async with world.house.database.transaction(EVERYTHING) as session:
                await session.execute(text(statement))
