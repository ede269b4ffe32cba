"""A launched engine on this test's loop, and the activity of an address that guesses passwords."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from models import tables as rows
from models.walls import EVERYTHING
from resolvers.investigations import Configuration, create_investigation
from resolvers.operation import House
from rules.investigation.explanation import THRESHOLDS
from rules.investigation.words import DomainName, EntityType
from tests.world import World
from workers import runtime, steps

ATTACKER = "203.0.113.7"
PATIENCE_S = 30.0


@pytest.fixture
async def engine(house: House) -> AsyncIterator[runtime.Engine]:
    """The engine, launched; other tests only enqueue."""
    launched = await runtime.start(house)
    yield launched
    await runtime.stop(drain_s=0)


async def until(condition: Callable[[], Awaitable[Any]], patience_s: float = PATIENCE_S) -> Any:
    """Waits until the condition holds, and gives what it said. Fails when it never does."""
    async with asyncio.timeout(patience_s):
        while not (found := await condition()):
            await asyncio.sleep(0.02)
    return found


async def guess_passwords(
    world: World, count: int = 12, ip: str = ATTACKER, owner: rows.Organization | None = None
) -> None:
    """`count` failed sign-ins of one address, ten seconds apart, in the hour before noon."""
    now, organization = world.house.clock.now(), owner or world.operator
    async with world.house.database.transaction(EVERYTHING) as session:
        for n in range(count):
            time = now - timedelta(hours=1) + timedelta(seconds=10 * n)
            record = rows.ActivityRecord(
                organization_id=organization.id,
                kind="login",
                time=time,
                source="sshd",
                identity=f"{ip}#{n}",
                outcome="failure",
                user="root",
                ip=ip,
                ingested_at=now,
            )
            session.add(record)
            await session.flush()
            session.add(
                rows.ActivityEntity(
                    record_id=record.id, type="ip", value=ip, organization_id=organization.id, time=time
                )
            )


async def open_case(world: World, domains: list[DomainName] | None = None, ip: str = ATTACKER, **more: Any) -> int:
    """A case about an address over the last day, created as people do."""
    now = world.house.clock.now()
    return await create_investigation(
        world.op(),
        entity_type=EntityType.IP,
        entity_value=ip,
        window_start=now - timedelta(days=1),
        window_end=now,
        configuration=Configuration(domains=domains or [DomainName.AUTHENTICATION]),
        **more,
    )


async def case_of(world: World, number: int) -> rows.Investigation:
    (found,) = await world.all(rows.Investigation, rows.Investigation.id == number)
    case: rows.Investigation = found
    return case


async def status_is(world: World, number: int, *statuses: str) -> rows.Investigation | None:
    case = await case_of(world, number)
    return case if case.status in statuses else None


async def kinds(world: World, stream: str) -> list[str]:
    """The kinds of a stream's events in order, its numbers having been checked to be 1, 2, 3 ..."""
    events = await world.all(rows.Event, rows.Event.stream == stream)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    return [event.kind for event in events]


COMMAND = ["timeline_event_recorded", "investigation_status_changed"]
OPENED = ["investigation_status_changed", "timeline_event_recorded"]
STEP = ["timeline_event_recorded", "investigation_progressed"]


def undisturbed(score: float) -> list[str]:
    """What a case of a password guesser announces, once each; `score` says which lines it crossed."""
    crossed = ["risk_threshold_breached" for _, line in THRESHOLDS if score >= line]
    return [
        *OPENED,
        *STEP,  # begin
        *STEP,  # collect
        "investigation_progressed",  # the domain begins
        *("evidence_found", "evidence_found", "risk_updated", *crossed, *STEP),
        *STEP,  # review
        "investigation_progressed",  # summary
        *STEP,  # finish
        "investigation_status_changed",
    ]


class Gate:
    """Holds a run at its n-th pause between steps: 1 in data collection, 2 in analysis, 3 to 5 after it."""

    def __init__(self) -> None:
        self.hold_at = 0
        self.passed = 0
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def breathe(self) -> None:
        self.passed += 1
        if self.passed == self.hold_at:
            self.reached.set()
            await self.opened.wait()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate()
    monkeypatch.setattr(steps, "breathe", made.breathe)
    return made
