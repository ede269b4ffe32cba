"""What is kept for a time only is forgotten, in pieces; what may still be needed is not."""

from datetime import timedelta

import pytest

from models import tables as rows
from models.queries import events
from resolvers import retention
from resolvers.live import follow_investigation
from resolvers.retention import forget_old
from resolvers.stream_items import Gap, GapReason
from rules.events import investigation_stream
from tests.audit.trail import write
from tests.security.callers import caller
from tests.world import World


async def test_answers_go_after_a_day_and_those_of_steps_stay(world: World) -> None:
    now = world.house.clock.now()
    for key, hours in (("user:a:old", 25), ("user:a:new", 23), ("step:INV-1:1#2", 2500)):
        await world.put(rows.Answer(key=key, fingerprint="f", answer={}, at=now - timedelta(hours=hours)))
    assert (await forget_old(world.house))["answer"] == 1
    assert [answer.key for answer in await world.all(rows.Answer)] == ["step:INV-1:1#2", "user:a:new"]


@pytest.mark.parametrize("piece", [2, 1_000])
async def test_old_events_go_and_who_resumes_is_told_of_the_gap(
    world: World, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PIECE", piece)
    case = await world.case()
    assert case.id is not None
    stream, now = investigation_stream(case.id), world.house.clock.now()
    await world.put(rows.Stream(key=stream, head=5))
    for seq in range(1, 6):
        at = now - timedelta(days=100 if seq <= 3 else 1)
        await world.put(rows.Event(stream=stream, seq=seq, kind="note_added", data={}, at=at))
    rounds = [(await forget_old(world.house))["event"] for _ in range(3)]
    assert rounds == ([2, 1, 0] if piece == 2 else [3, 0, 0])
    async with world.house.database.reading() as session:
        assert await events.extent(session, stream) == (5, 3)
    assert [event.seq for event in await world.all(rows.Event)] == [4, 5]
    cursor = world.house.hub.places.seal(stream, 1)
    who = (await caller(world, "publisher")).viewer
    following = await follow_investigation(world.op(who), investigation_id=case.id, after=cursor)
    gap = await anext(following)
    assert isinstance(gap, Gap) and (gap.first, gap.last, gap.reason) == (2, 3, GapReason.PRUNED)
    await following.aclose()


async def test_the_audit_trail_is_never_forgotten(world: World) -> None:
    await write(world, "a")
    world.house.clock.forward(days=4000)  # type: ignore[attr-defined]
    assert await forget_old(world.house) == {
        "answer": 0,
        "access_log": 0,
        "event": 0,
        "taxii_status": 0,
        "case_watch": 0,
        "job": 0,
    }
    assert len(await world.all(rows.Audit)) == 1
